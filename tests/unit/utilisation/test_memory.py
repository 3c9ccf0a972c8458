"""The memory of settled days: by number, bounded, the newest days first."""

from campus.ids import DeviceId, SiteId
from controller.localtime import DAY_MS
from controller.utilisation.memory import EvidenceMemory

ONE, TWO, THREE = ((SiteId("no-1"), DeviceId(f"board-{n}")) for n in (1, 2, 3))


def test_rows_come_back_in_the_order_asked() -> None:
    memory = EvidenceMemory()
    memory.keep(0, 7, [ONE, TWO], [b"1", b"2"])
    memory.keep(0, 7, [THREE], [b"3"])
    assert memory.recall(0, 7, [THREE, ONE]) == [b"3", b"1"]
    assert memory.recall(DAY_MS, 7, [ONE]) is None
    assert len(memory) == 3


def test_a_day_with_another_number_is_forgotten() -> None:
    memory = EvidenceMemory()
    memory.keep(0, 7, [ONE, TWO], [b"1", b"2"])
    assert memory.recall(0, 8, [ONE]) is None
    memory.keep(0, 8, [ONE], [b"x"])
    assert memory.recall(0, 8, [ONE]) == [b"x"]
    assert memory.recall(0, 8, [ONE, TWO]) is None
    assert memory.recall(0, 7, [ONE]) is None
    assert len(memory) == 1


def test_the_newest_days_have_the_room_there_is() -> None:
    memory = EvidenceMemory(max_board_days=4)
    for day in (1, 2, 3, 0):
        memory.keep(day * DAY_MS, 1, [ONE, TWO], [b"1", b"2"])
    assert [memory.recall(day * DAY_MS, 1, [ONE]) is not None for day in range(4)] == [False, False, True, True]
    memory.keep(3 * DAY_MS, 1, [THREE], [b"3"])  # makes room by forgetting an older day
    assert memory.recall(2 * DAY_MS, 1, [ONE]) is None
    assert memory.recall(3 * DAY_MS, 1, [ONE, TWO, THREE]) == [b"1", b"2", b"3"]
    assert len(memory) == 3
