"""What the controller has still to hear of each device."""

from agent.facts import REPEAT_AFTER_MS, FactsBook, Plate
from campus.ids import DeviceId
from campus.samples import DeviceFacts, DeviceKind

BOARD = DeviceId("board-101")
AT = 1_790_000_000_000


def facts(**said: str) -> DeviceFacts:
    return DeviceFacts(BOARD, DeviceKind.BOARD, AT, profile="acme/board", **said)  # type: ignore[arg-type]


def test_facts_are_told_when_new_and_when_changed_and_otherwise_daily() -> None:
    book = FactsBook({})
    book.learn(facts(firmware="1"))
    assert [each.firmware for each in book.take_untold(AT)] == ["1"]
    book.learn(facts(firmware="1"))
    assert book.take_untold(AT + 1) == []
    book.learn(facts(firmware="2"))
    assert [each.firmware for each in book.take_untold(AT + 2)] == ["2"]
    assert book.take_untold(AT + 1 + REPEAT_AFTER_MS) == []
    assert len(book.take_untold(AT + 2 + REPEAT_AFTER_MS)) == 1


def test_a_message_that_tells_a_part_does_not_take_the_rest_away() -> None:
    book = FactsBook({})
    book.learn(facts(model="IB-86", serial="7"))
    book.take_untold(AT)
    book.learn(facts(firmware="2"))
    (told,) = book.take_untold(AT)
    assert (told.model, told.serial, told.firmware) == ("IB-86", "7", "2")
    book.learn(facts())
    assert book.take_untold(AT) == []


def test_the_configuration_overrides_what_the_device_says() -> None:
    book = FactsBook({BOARD: Plate("一（1）班大屏", "r101", DeviceKind.PROJECTOR)})
    book.learn(facts(name="android-7", model="IB-86"))
    (told,) = book.take_untold(AT)
    assert (told.name, told.room, told.kind, told.model) == ("一（1）班大屏", "r101", DeviceKind.PROJECTOR, "IB-86")


def test_a_device_is_introduced_by_its_configuration_until_it_speaks() -> None:
    book = FactsBook({BOARD: Plate("大屏", "r101")})
    book.introduce(BOARD, AT)
    assert [(each.name, each.kind) for each in book.take_untold(AT)] == [("大屏", DeviceKind.OTHER)]
    book.introduce(BOARD, AT)
    assert book.take_untold(AT) == []
    book.learn(facts())
    assert [each.kind for each in book.take_untold(AT)] == [DeviceKind.BOARD]


def test_what_was_recalled_and_what_a_new_connection_needs_is_told_again() -> None:
    book = FactsBook({BOARD: Plate("大屏")})
    book.recall([facts(name="old name", firmware="2")])
    assert [(each.name, each.firmware) for each in book.take_untold(AT)] == [("大屏", "2")]
    book.tell_all_again()
    assert len(book.take_untold(AT)) == 1
    assert len(book) == 1
    assert BOARD in book
