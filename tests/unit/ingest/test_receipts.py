"""MQTT wants acknowledgements in the order of the messages, whatever order the work ends in."""

from hypothesis import given
from hypothesis import strategies as st

from controller.ingest.subscriber import _Receipt, _Receipts


@given(st.permutations(range(12)), st.integers(1, 5))
def test_receipts_come_back_in_order_and_once(order: list[int], at_a_time: int) -> None:
    receipts = _Receipts()
    for message in range(12):
        receipts.note(_Receipt(1, message, 1))
    given_back = []
    for start in range(0, 12, at_a_time):
        settled = set(order[: start + at_a_time])
        given_back += receipts.settle(_Receipt(1, message, 1) for message in order[start : start + at_a_time])
        assert {receipt.message for receipt in given_back} <= settled
    assert [receipt.message for receipt in given_back] == list(range(12))


def test_a_new_connection_forgets_the_last_ones_receipts() -> None:
    receipts = _Receipts()
    receipts.note(_Receipt(1, 7, 1))
    receipts.begin()
    receipts.note(_Receipt(2, 7, 1))
    assert receipts.settle([_Receipt(2, 7, 1)]) == [_Receipt(2, 7, 1)]
