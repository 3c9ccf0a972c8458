"""Makes and models: what a device of each family calls itself, and how its ports are named.

Object identifiers stand in the vendors' own branches (Huawei 2011, H3C 25506, Ruijie 4881, net-snmp 8072); descriptions
follow the style of real ones.
"""

from dataclasses import dataclass

from simulator.district.device import Family, Port

GIGABIT = 1_000_000_000
MEGABIT = 1_000_000


@dataclass(frozen=True)
class Model:
    """One model. `firmware` is listed oldest first."""

    family: Family
    vendor: str
    name: str
    sys_object_id: str
    firmware: tuple[str, ...]
    serial_prefix: str


@dataclass(frozen=True)
class Publisher:
    """A model that publishes about itself instead of answering SNMP."""

    vendor: str
    name: str
    firmware: str


GATEWAYS = {
    Family.HUAWEI: Model(Family.HUAWEI, "Huawei", "AR6280", "1.3.6.1.4.1.2011.2.224.279",
                         ("V300R019C10SPC300", "V300R021C00SPC100"), "2102353T"),
    Family.H3C: Model(Family.H3C, "H3C", "MSR3640-X1", "1.3.6.1.4.1.25506.1.1597",
                      ("Release 6728P15", "Release 6749P21"), "219801A2"),
    Family.RUIJIE: Model(Family.RUIJIE, "Ruijie", "RG-RSR20-X-28", "1.3.6.1.4.1.4881.1.2.1.1.80",
                         ("RSR_3.0(1)B11P2", "RSR_3.0(2)B12"), "G1QH"),
}  # fmt: skip
OLD_GATEWAY = Model(Family.HUAWEI, "Huawei", "AR1220E", "1.3.6.1.4.1.2011.2.224.67", ("V200R009C00SPC500",), "2102350D")
SWITCHES = {
    Family.HUAWEI: Model(Family.HUAWEI, "Huawei", "S5735-L24P4X-A1", "1.3.6.1.4.1.2011.2.23.1097",
                         ("V200R021C00SPC600", "V200R022C00SPC500"), "2102359576"),
    Family.H3C: Model(Family.H3C, "H3C", "S5130S-28P-EI", "1.3.6.1.4.1.25506.1.2125",
                      ("Release 6318P01", "Release 6357P06"), "219801A0"),
    Family.RUIJIE: Model(Family.RUIJIE, "Ruijie", "RG-S2910-24GT4XS-E", "1.3.6.1.4.1.4881.1.1.10.1.172",
                         ("S29XX_RGOS 11.4(1)B12P24", "S29XX_RGOS 11.4(1)B74"), "G1MW"),
}  # fmt: skip
ACCESS_POINTS = {
    Family.HUAWEI: Model(Family.HUAWEI, "Huawei", "AP7060DN", "1.3.6.1.4.1.2011.2.240.17",
                         ("V200R019C00SPC912", "V200R021C10SPC200"), "2102353V"),
    Family.H3C: Model(Family.H3C, "H3C", "WA6320", "1.3.6.1.4.1.25506.1.2094",
                      ("Release 2442P03", "Release 2464P01"), "219801A3"),
    Family.RUIJIE: Model(Family.RUIJIE, "Ruijie", "RG-AP820-L(V3)", "1.3.6.1.4.1.4881.1.1.10.1.349",
                         ("AP_RGOS 11.9(5)W2B1", "AP_RGOS 11.9(6)W3B3"), "G1RL"),
}  # fmt: skip
CORE = Model(Family.HUAWEI, "Huawei", "S6730-H48X6C", "1.3.6.1.4.1.2011.2.23.801", ("V200R021C10SPC600",), "2102352U")
UPS = Model(Family.UPS, "SANTAK", "C3KS", "1.3.6.1.4.1.935.10.1.1", ("2.14",), "83422")
PRINTER = Model(Family.PRINTER, "Pantum", "BM5100ADW", "1.3.6.1.4.1.40093.1.1", ("3.1.0.7",), "CQ9")
SERVER = Model(Family.SERVER, "Inspur", "NF5280M6", "1.3.6.1.4.1.8072.3.2.10", ("5.10.0-28-amd64",), "")
BOARDS = (
    Publisher("Seewo", "SB-86", "3.2.1"),
    Publisher("Seewo", "SB-75", "3.1.8"),
    Publisher("Hitevision", "HD-I8690E", "5.0.4"),
)
PROJECTORS = (Publisher("Epson", "CB-L630U", "1.08"), Publisher("NEC", "NP-PA703W", "2.11"))
CAMERAS = (Publisher("Hikvision", "DS-2CD3T46", "5.7.12"), Publisher("Dahua", "IPC-HFW4443", "2.840"))
IP_CAMERAS = {
    Family.HIKVISION: (Publisher("Hikvision", "DS-2CD2T47G2-L", "V5.7.3 build 220112"),),
    Family.DAHUA: (Publisher("Dahua", "IPC-HFW2439S-SA-LED-S2", "2.800.0000000.29.R,build:2022-08-10"),),
}
RECORDERS = (Publisher("Hikvision", "DS-7808N-K2/8P", "V4.30.085 build 200916"),)
KITCHEN_MONITORS = (Publisher("Hikvision", "DS-KITCHEN-4", "1.4.2"),)
GATES = (Publisher("Hikvision", "DS-K3B530X", "2.3.0"),)


def port_name(family: Family, speed_bps: int, number: int) -> tuple[str, str]:
    """(ifName, ifDescr) of the `number`-th port, as the family writes them.

    >>> port_name(Family.RUIJIE, GIGABIT, 3), port_name(Family.H3C, 10 * GIGABIT, 25)
    (('Gi0/3', 'GigabitEthernet 0/3'), ('Ten-GigabitEthernet1/0/25', 'Ten-GigabitEthernet1/0/25'))
    """
    fast = speed_bps >= 10 * GIGABIT
    if family is Family.RUIJIE:
        return (
            (f"Te0/{number}", f"TenGigabitEthernet 0/{number}")
            if fast
            else (f"Gi0/{number}", f"GigabitEthernet 0/{number}")
        )
    if family is Family.H3C:
        name = f"{'Ten-' if fast else ''}GigabitEthernet1/0/{number}"
    else:
        name = f"{'X' if fast else ''}GigabitEthernet0/0/{number}"
    return name, name


def make_port(family: Family, number: int, speed_bps: int, alias: str = "", *, plugged: bool = True) -> Port:
    """A port in the family's naming; its ifIndex is its number."""
    name, description = port_name(family, speed_bps, number)
    return Port(number, name, description, speed_bps, alias, plugged)


def describe(family: Family, model: str, firmware: str) -> str:
    """The sysDescr of a device, in its vendor's style."""
    match family:
        case Family.HUAWEI:
            maker = "" if model.startswith("S") else "Huawei "
            return (
                f"{maker}{model} Huawei Versatile Routing Platform Software\r\nVRP (R) software, Version 5.170 "
                f"({model} {firmware})\r\nCopyright (C) Huawei Technologies Co., Ltd."
            )
        case Family.H3C:
            return (
                f"H3C Comware Platform Software, Software Version 7.1.070, {firmware}\r\nH3C {model}\r\n"
                "Copyright (c) New H3C Technologies Co., Ltd. All rights reserved."
            )
        case Family.RUIJIE:
            return f"Ruijie Networks switch ({model}) by Ruijie Networks"
        case Family.UPS:
            return f"{model} network card, version {firmware}"
        case Family.PRINTER:
            return f"{model} series printer"
        case _:
            return f"Linux {model.lower()} {firmware} #1 SMP Debian x86_64"
