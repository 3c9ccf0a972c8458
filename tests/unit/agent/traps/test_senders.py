"""Whose address is whose."""

import asyncio
import socket

import pytest

from agent.traps.senders import Senders
from campus.ids import DeviceId

GW, SW = DeviceId("gw-1"), DeviceId("sw-1")


def test_a_device_may_have_several_addresses_in_any_spelling() -> None:
    senders = Senders({GW: ["10.0.0.1", "10.9.0.1", "fd00::0:1"], SW: ["10.0.0.2"]})
    assert [senders.device_of(each) for each in ("10.0.0.1", "10.9.0.1", "fd00::1", "::ffff:10.0.0.1")] == [GW] * 4
    assert senders.device_of("10.0.0.2") == SW
    assert [senders.device_of(each) for each in ("10.0.0.3", "", "nonsense")] == [None] * 3


def test_an_address_of_two_devices_is_nobodys() -> None:
    senders = Senders({GW: ["127.0.0.1"], SW: ["127.0.0.1"]})
    assert senders.device_of("127.0.0.1") is None


def test_names_are_looked_up_and_those_nobody_knows_do_no_harm() -> None:
    senders = Senders({GW: ["localhost"], SW: ["no-such-name.invalid"]})
    assert senders.device_of("127.0.0.1") is None
    asyncio.run(senders.resolve())
    assert senders.device_of("127.0.0.1") == GW


def test_a_name_that_moves_takes_its_addresses_along_and_keeps_them_while_nobody_knows_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    senders = Senders({GW: ["gw.example", "10.9.0.1"], SW: ["10.0.0.2"]})

    async def scripted(*found: str) -> None:
        """One look-up, which finds these addresses; none is a name nobody knows."""
        loop = asyncio.get_running_loop()

        async def lookup(*_: object, **__: object) -> list[tuple[int, int, int, str, tuple[str, int]]]:
            if not found:
                raise socket.gaierror
            return [(2, 2, 17, "", (address, 0)) for address in found]

        monkeypatch.setattr(loop, "getaddrinfo", lookup)
        await senders.resolve()

    def owners() -> list[DeviceId | None]:
        return [senders.device_of(each) for each in ("10.0.0.1", "10.0.0.3", "10.9.0.1", "10.0.0.2")]

    asyncio.run(scripted("10.0.0.1"))
    assert owners() == [GW, None, GW, SW]
    asyncio.run(scripted("10.0.0.3"))
    assert owners() == [None, GW, GW, SW]
    asyncio.run(scripted())
    assert owners() == [None, GW, GW, SW]
