"""What `campanile profiles check` judges: the files a person names, in the company of the shipped ones."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from campus.errors import ConfigError
from firmware_profiles.catalogue import SHIPPED
from firmware_profiles.check import check_profiles
from firmware_profiles.files import find_profiles
from firmware_profiles.finding import Finding
from firmware_profiles.gaps import gaps
from firmware_profiles.load import catalogue_of, read_profiles


class Verdict(NamedTuple):
    """How many of the named files were looked at, every error in them, and what the right ones lack to be complete."""

    checked: int
    findings: list[Finding]
    gaps: dict[str, list[str]]


def examine(paths: Sequence[Path]) -> Verdict:
    """Check the named files or folders, or all shipped profiles; `ConfigError` when a path is not there or holds none.

    Errors in files that were not named are left out: the shipped ones have their own run.
    """
    named: set[Path] = set()
    for path in paths or [SHIPPED]:
        found = find_profiles(path) if path.exists() else []
        if not found:
            raise ConfigError(f"{path}: no profile there: name a file, or a folder with vendor/family.yaml in it")
        named.update(file.resolve() for file in found)
    files, findings = read_profiles([SHIPPED, *paths])
    findings += check_profiles(files)
    mine = [finding for finding in findings if Path(finding.path).resolve() in named]
    whole = {} if findings else catalogue_of(files).profiles
    lacking = {name: gaps(whole[name]) for name in whole if files[name].path.resolve() in named}
    return Verdict(len(named), mine, {name: lines for name, lines in lacking.items() if lines})
