"""What a long command shows of itself."""

import io

from controller.progress import Progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_bar_with_share_rate_and_time_left() -> None:
    clock = iter([0.0, 10.0, 40.0])
    screen = Terminal()
    progress = Progress("samples", 4000, screen, lambda: next(clock))
    progress.advance(1000)
    progress.advance(3000)
    first, second = screen.getvalue().removeprefix("\r").replace("\x1b[K", "").split("\r")
    assert first == "████████░░░░░░░░░░░░░░░░░░░░░░  25%  1,000 samples, 100/s, 0:30 left"
    assert second == "██████████████████████████████ 100%  4,000 samples, 100/s, 0:40 in all"


def test_a_log_gets_a_line_now_and_then_and_an_unknown_total_no_bar() -> None:
    clock = iter([0.0, 1.0, 2.0, 6.0, 8.0])
    log = io.StringIO()
    progress = Progress("samples", None, log, lambda: next(clock))
    for _ in range(3):
        progress.advance(100)
    progress.finish()
    assert log.getvalue() == "300 samples, 50/s\n300 samples, 38/s\n"


def test_a_second_bar_begins_where_the_first_has_ended() -> None:
    clock = iter([0.0, 10.0, 10.0, 12.0])
    screen = Terminal()
    samples = Progress("samples", 10, screen, lambda: next(clock))
    samples.done = 10
    days = samples.followed_by("days closed", 4)
    days.advance(1)
    first, second = screen.getvalue().replace("\r", "").replace("\x1b[K", "").split("\n")
    assert first == "██████████████████████████████ 100%  10 samples, 1/s, 0:10 in all"
    assert second == "████████░░░░░░░░░░░░░░░░░░░░░░  25%  1 days closed, 0/s, 0:06 left"
