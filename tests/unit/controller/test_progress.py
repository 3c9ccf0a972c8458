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
