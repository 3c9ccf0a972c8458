"""A line that can be hurt, and is whole when it heals."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from campanile.chaos.held_port import LOOPBACK
from campanile.chaos.relay import Relay, Way
from tests.support.eventually import until

Talk = Callable[[Relay, asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while said := await reader.read(1_000):
            writer.write(said)
            await writer.drain()
    except OSError:
        pass
    finally:
        writer.close()


@asynccontextmanager
async def line() -> AsyncIterator[Relay]:
    server = await asyncio.start_server(echo, LOOPBACK, 0)
    relay = Relay("test", server.sockets[0].getsockname()[1])
    await relay.start()
    try:
        yield relay
    finally:
        await relay.close()
        server.close()


def over_a_line(talk: Talk) -> None:
    async def run() -> None:
        async with line() as relay:
            reader, writer = await asyncio.open_connection(LOOPBACK, relay.port)
            try:
                await talk(relay, reader, writer)
            finally:
                writer.close()

    asyncio.run(run())


async def answered(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, said: bytes = b"hello") -> bytes:
    writer.write(said)
    return await reader.readexactly(len(said))


def test_a_whole_line_carries_both_ways() -> None:
    async def talk(_relay: Relay, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        assert await answered(reader, writer, b"x" * 50_000) == b"x" * 50_000

    over_a_line(talk)


def test_a_cut_ends_what_runs_and_refuses_what_comes_until_it_is_mended() -> None:
    async def talk(relay: Relay, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await answered(reader, writer)
        port = relay.port
        await relay.cut()
        with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
            await reader.readexactly(1)
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection(LOOPBACK, port)
        await relay.heal()
        assert relay.port == port
        again, out = await asyncio.open_connection(LOOPBACK, port)
        assert await answered(again, out) == b"hello"
        out.close()

    over_a_line(talk)


def test_a_reset_comes_in_the_middle_of_what_is_said() -> None:
    async def talk(relay: Relay, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        relay.reset_within(Way.THERE, 3)
        writer.write(b"hello")
        with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
            await reader.readexactly(5)
        assert relay.counts["bytes"] < 5
        assert relay.counts["resets"] == 1

    over_a_line(talk)


def test_a_deaf_direction_lets_nothing_through_and_then_all_of_it() -> None:
    async def talk(relay: Relay, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        relay.hold(Way.BACK)
        writer.write(b"hello")
        await until(lambda: relay.counts["bytes"] == 5, "the way there")
        relay.release(Way.BACK)
        assert await reader.readexactly(5) == b"hello"
        assert relay.counts["bytes"] == 10

    over_a_line(talk)


def test_a_slow_and_late_line_still_carries_everything_in_order() -> None:
    async def talk(relay: Relay, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        relay.delay_s, relay.rate_bytes_per_s = 0.01, 100_000.0
        text = bytes(range(250)) * 20
        assert await answered(reader, writer, text) == text

    over_a_line(talk)


def test_two_faults_that_end_at_once_open_a_line_once() -> None:
    async def talk(relay: Relay, _reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        await relay.cut()
        await asyncio.gather(*(relay.start() for _ in range(3)))
        reader, writer = await asyncio.open_connection(LOOPBACK, relay.port)
        assert await answered(reader, writer) == b"hello"
        writer.close()

    over_a_line(talk)


def test_the_port_of_a_cut_line_refuses_connections_and_is_nobody_elses() -> None:
    async def talk(relay: Relay, _reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        await relay.cut()
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection(LOOPBACK, relay.port)
        with socket.socket() as other, pytest.raises(OSError, match="in use"):
            other.bind((LOOPBACK, relay.port))

    over_a_line(talk)
