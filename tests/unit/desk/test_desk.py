"""The desk's socket: who may reach it, what is told over it, what becomes of work nobody waits for."""

import os
import socket
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest

from campus.errors import Transient
from controller.desk.model import SOCKET
from controller.desk.service import Desk, Tell
from controller.desk.visit import is_running, visit
from tests.servers.daemon import wait_until


class Bench:
    """A service that can be held up, and notes what it lived through."""

    def __init__(self) -> None:
        self.began = threading.Event()
        self.go_on = threading.Event()
        self.cleared = threading.Event()
        self.go_on.set()

    @contextmanager
    def serve(self, tell: Tell) -> Iterator[dict[str, Any]]:
        self.began.set()
        try:
            tell(1, 2)
            assert self.go_on.wait(20)
            tell(2, 2)
            yield {"folder": "stage"}
        finally:
            self.cleared.set()


def refuse(_tell: Tell) -> AbstractContextManager[dict[str, Any]]:
    raise Transient("the disk is full: make room")


@pytest.fixture
def bench() -> Bench:
    return Bench()


@pytest.fixture
def desk(tmp_path: Path, bench: Bench) -> Iterator[Path]:
    one = Desk(tmp_path / SOCKET, {"work": bench.serve, "refuse": refuse})
    one.start()
    yield tmp_path
    bench.go_on.set()
    one.stop()


def ignore(_done: int, _total: int) -> None:
    return


def test_a_wish_is_done_told_and_cleared_up(desk: Path, bench: Bench) -> None:
    heard: list[tuple[int, int]] = []
    with visit(desk, "work", lambda done, total: heard.append((done, total))) as said:
        assert said == {"folder": "stage"}
        assert not bench.cleared.is_set()
    assert heard == [(1, 2), (2, 2)]
    assert bench.cleared.wait(10)


def test_only_the_owner_reaches_it_and_it_goes_with_the_controller(tmp_path: Path) -> None:
    one = Desk(tmp_path / SOCKET, {})
    one.start()
    assert (tmp_path / SOCKET).stat().st_mode & 0o777 == 0o600
    assert is_running(tmp_path)
    one.stop()
    assert list(tmp_path.iterdir()) == []
    assert not is_running(tmp_path)


def test_what_a_killed_controller_left_counts_as_none_and_is_taken_over(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as left:
        left.bind(str(tmp_path / SOCKET))
    assert not is_running(tmp_path)
    with visit(tmp_path, "work", ignore) as said:
        assert said is None
    one = Desk(tmp_path / SOCKET, {})
    one.start()
    assert is_running(tmp_path)
    one.stop()


def test_a_folder_with_a_very_long_name_has_one_too(tmp_path: Path, bench: Bench) -> None:
    folder = tmp_path / ("long" * 50)
    folder.mkdir()
    assert len(os.fsencode(folder / SOCKET)) > 200
    one = Desk(folder / SOCKET, {"work": bench.serve})
    one.start()
    with visit(folder, "work", ignore) as said:
        assert said == {"folder": "stage"}
    one.stop()


def test_where_no_socket_can_be_had_the_controller_does_without(tmp_path: Path) -> None:
    one = Desk(tmp_path / "nowhere" / SOCKET, {})
    one.start()
    assert not is_running(tmp_path / "nowhere")
    one.stop()


def test_a_refusal_and_an_unknown_wish_are_told_in_a_sentence(desk: Path) -> None:
    with pytest.raises(Transient, match="the disk is full: make room"), visit(desk, "refuse", ignore):
        pass
    with pytest.raises(Transient, match="does not know how to 'dance'"), visit(desk, "dance", ignore):
        pass


def test_work_for_a_visitor_who_has_left_is_broken_off(desk: Path, bench: Bench) -> None:
    bench.go_on.clear()
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as visitor:
        visitor.connect(str(desk / SOCKET))
        visitor.sendall(b'{"wish": "work"}\n')
        assert bench.began.wait(10)
    bench.go_on.set()
    assert bench.cleared.wait(10)
    with visit(desk, "work", ignore) as said:
        assert said is not None


def test_nonsense_does_not_end_it(desk: Path) -> None:
    for nonsense in (b"", b"what?\n", b"x" * 10_000, b'{"wish": 7}\n'):
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as visitor:
            visitor.connect(str(desk / SOCKET))
            visitor.sendall(nonsense)
    with visit(desk, "work", ignore) as said:
        assert said is not None


def test_a_stop_breaks_off_what_is_under_way(tmp_path: Path, bench: Bench) -> None:
    one = Desk(tmp_path / SOCKET, {"work": bench.serve})
    one.start()
    bench.go_on.clear()
    failures: list[str] = []

    def ask() -> None:
        try:
            with visit(tmp_path, "work", ignore):
                pass
        except Transient as error:
            failures.append(str(error))

    asking = threading.Thread(target=ask)
    asking.start()
    assert bench.began.wait(10)
    stopping = threading.Thread(target=one.stop)
    stopping.start()
    wait_until(lambda: one._stopping.is_set(), "the stop")
    bench.go_on.set()
    stopping.join(20)
    asking.join(20)
    assert bench.cleared.is_set()
    assert failures == ["the controller stopped meanwhile: try again when it runs"]
