"""Spreadsheets: Excel reads them, no cell is a formula, gaps are empty."""

import csv
import io

from controller.api.sheet import Cell, sheet


def test_cells_come_back_as_they_were_meant() -> None:
    rows: list[list[Cell]] = [
        ["一（1）班", 'say "hi", you', 1.23456, float("nan"), None],
        ["=cmd()", "+1", "-2", "@x", 7],
    ]
    answer = sheet("boards", ("a", "b", "c", "d", "e"), rows)
    assert answer.headers["content-disposition"] == 'attachment; filename="boards.csv"'
    assert bytes(answer.body).startswith(b"\xef\xbb\xbf")
    read = list(csv.reader(io.StringIO(bytes(answer.body).decode("utf-8-sig"))))
    assert read == [
        ["a", "b", "c", "d", "e"],
        ["一（1）班", 'say "hi", you', "1.235", "", ""],
        ["'=cmd()", "'+1", "'-2", "'@x", "7"],
    ]
