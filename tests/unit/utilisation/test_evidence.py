"""The masks of boards: weighed, packed, cut."""

import numpy as np

from controller.store.port import Level, Window
from controller.utilisation.evidence import Evidence, Seats, weigh

OFF, STANDBY, ON = 0.0, 1.0, 2.0
STEP = 300_000


def window(*rows: tuple[int, int, float]) -> Window:
    """Rows of series, bucket and value."""
    number, bucket, value = (np.array(column) for column in zip(*sorted(rows), strict=True))
    value = value.astype(np.float64)
    return Window(
        Level.FIVE_MINUTES, number.astype(np.int32), bucket * STEP, np.ones(len(rows), np.int64), *[value] * 4
    )


def test_on_alone_is_not_use_and_touching_a_dark_board_is_none() -> None:
    power, touch, screen, other = 0, 1, 2, 3
    seats = Seats(2, np.array([0, -1, -1, 1]), np.array([-1, 0, 0, -1]))
    found = weigh(
        window(
            *((power, bucket, value) for bucket, value in enumerate((ON, ON, STANDBY, ON))),
            *((touch, bucket, 6.0) for bucket in (1, 2)),
            (touch, 0, 0.0),
            *((screen, bucket, 1.0) for bucket in (3, 4)),
            (other, 2, OFF),
        ),
        seats,
        0,
        5,
    )
    assert found.is_known.tolist() == [[True] * 4 + [False], [False, False, True, False, False]]
    assert found.is_on.tolist() == [[True, True, False, True, False], [False] * 5]
    assert found.is_used.tolist() == [[False, True, False, True, False], [False] * 5]


def test_packed_rows_are_the_same_masks_in_any_order() -> None:
    bits = np.random.default_rng(1).random((3, 4, 300)) < 0.5
    evidence = Evidence(*bits)
    rows = evidence.rows()
    assert {len(row) for row in rows} == {113}
    again = Evidence.of_rows([rows[2], rows[0]], 300)
    for mask, before in zip((again.is_known, again.is_on, again.is_used), bits, strict=True):
        assert (mask == before[[2, 0]]).all()


def test_nothing_is_known_outside_the_span() -> None:
    found = Evidence(*np.ones((3, 1, 6), np.bool_)).between(2, 4)
    assert found.is_known.tolist() == [[False, False, True, True, False, False]]
    assert Evidence(*np.ones((3, 1, 2), np.bool_)).between(-3, 1).is_used.tolist() == [[True, False]]
