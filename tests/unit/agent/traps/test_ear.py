"""The socket: everything that came is taken or counted, and answers go back to where a datagram came from."""

import asyncio
import socket

from agent.address import HostPort
from agent.traps.ear import Answer, Ear
from tests.support.eventually import until

HERE = HostPort("127.0.0.1", 0)
FLOOD = 4_000


def test_what_the_system_has_no_room_for_is_counted() -> None:
    taken: list[bytes] = []
    lost: list[int] = []

    async def main() -> None:
        ear = Ear(HERE, lambda datagram, _host, _answer: taken.append(datagram), lost.append)
        place = ear.open()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as device:
            sent = [device.sendto(bytes(1400), place) for _ in range(FLOOD)]

            def are_all_known() -> bool:
                if len(taken) + sum(lost) == len(sent):
                    return True
                sent.append(device.sendto(b"more", place))  # with which the system tells what it dropped before
                return False

            await until(are_all_known, "what became of each")
        ear.close()
        ear.close()

    asyncio.run(main())
    assert sum(lost) > 0


def test_an_answer_goes_back_and_one_that_comes_too_late_nowhere() -> None:
    async def main() -> None:
        heard: list[tuple[bytes, str, Answer]] = []
        ear = Ear(HERE, lambda *datagram: heard.append(datagram), lambda _lost: None)
        place = ear.open()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as device:
            device.sendto(b"inform", place)
            await until(lambda: bool(heard), "the datagram")
            ((datagram, host, answer),) = heard
            assert (datagram, host) == (b"inform", "127.0.0.1")
            answer(b"kept")
            device.settimeout(5)
            assert device.recv(100) == b"kept"
        ear.close()
        answer(b"too late")

    asyncio.run(main())
