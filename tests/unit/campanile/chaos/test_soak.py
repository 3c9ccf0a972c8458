"""A leak is told from noise."""

import os
from pathlib import Path

from campanile.chaos.soak import Usage, levels, usage_of


def growing(per_look: int, looks: int = 50) -> list[list[Usage]]:
    return [[Usage("controller", 100_000_000 + per_look * look, 40, 12)] for look in range(looks)]


def test_what_stays_level_is_level() -> None:
    assert all(level.is_level for level in levels(growing(0)))


def test_a_leak_is_found_and_only_there() -> None:
    leaking = [level.figure for level in levels(growing(1_000_000)) if not level.is_level]
    assert leaking == ["rss_bytes"]


def test_warming_up_is_no_leak() -> None:
    looks = [[Usage("agent", 10_000_000 if look < 5 else 20_000_000, 10, 3)] for look in range(50)]
    assert all(level.is_level for level in levels(looks))


def test_one_file_more_is_no_leak_and_many_are() -> None:
    def with_files(last: int) -> bool:
        looks = [[Usage("agent", 1_000, 10, 3 if look < 40 else last)] for look in range(50)]
        return all(level.is_level for level in levels(looks))

    assert with_files(4)
    assert not with_files(6)


def test_a_connection_more_of_a_pool_is_no_leak_and_one_for_each_fault_is() -> None:
    def with_open(last: int) -> bool:
        looks = [[Usage("controller", 1_000, 23 if look < 40 else last, 3)] for look in range(50)]
        return all(level.is_level for level in levels(looks))

    assert with_open(25)
    assert not with_open(30)


def test_a_process_is_looked_at(tmp_path: Path) -> None:
    (tmp_path / "a").touch()
    usage = usage_of("me", os.getpid(), tmp_path)
    assert usage.rss_bytes > 1_000_000
    assert usage.open_files >= 3
    assert usage.files == 1
