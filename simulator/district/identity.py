"""Serial numbers and MAC addresses: looking like the vendor's, repeating by seed."""

from simulator.district.device import Family
from simulator.district.dice import dice

_OUI = {
    Family.HUAWEI: "00e0fc",
    Family.H3C: "74504e",
    Family.RUIJIE: "58696c",
    Family.UPS: "000cb4",
    Family.PRINTER: "20a171",
    Family.SERVER: "6c92bf",
}
_LETTERS = "0123456789ABCDEFGHJKLMNPQRSTUVWXYZ"


def serial_number(seed: int, site: str, device: str, prefix: str, length: int = 8) -> str:
    """`prefix` and `length` more characters."""
    chance = dice(seed, site, device, "serial")
    return prefix + "".join(chance.choice(_LETTERS) for _ in range(length))


def mac_address(seed: int, site: str, device: str, family: Family) -> bytes:
    """Six octets, the first three the vendor's; the last is a multiple of 32, so that ports can count up from it."""
    tail = dice(seed, site, device, "mac").getrandbits(24) & 0xFFFFE0
    return bytes.fromhex(_OUI.get(family, "0c1105")) + tail.to_bytes(3, "big")
