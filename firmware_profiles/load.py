"""Files to a `Catalogue`: found, read strictly, includes joined, checked."""

from collections.abc import Sequence
from pathlib import Path

from campus.errors import ConfigError
from firmware_profiles.catalogue import SHIPPED, Catalogue
from firmware_profiles.check import Finding, check_profiles
from firmware_profiles.files import ProfileFile, find_profiles
from firmware_profiles.include import joined


def load_catalogue(extra: Path | None = None) -> Catalogue:
    """Read every shipped profile and those in `extra` (``vendor/family.yaml``; the same name replaces the shipped one).

    `ConfigError` with file, line and advice when one is broken: an agent must not start on half its knowledge.
    """
    files, findings = read_profiles([SHIPPED, *([extra] if extra else [])])
    if not findings:
        findings = check_profiles(files)
    if findings:
        more = f"\n({len(findings) - 1} more: `campanile profiles check`)" if len(findings) > 1 else ""
        raise ConfigError(f"{findings[0]}{more}")
    return catalogue_of(files)


def read_profiles(roots: Sequence[Path]) -> tuple[dict[str, ProfileFile], list[Finding]]:
    """Read all profiles under `roots`; a later root's file replaces an earlier one of the same name.

    The second value tells the files that could not even be read.
    """
    files: dict[str, ProfileFile] = {}
    findings: list[Finding] = []
    for root in roots:
        for path in find_profiles(root):
            try:
                file = ProfileFile.read(path)
            except ConfigError as error:
                findings.append(Finding.from_error(path, error))
            else:
                files[file.name] = file
    return files, findings


def catalogue_of(files: dict[str, ProfileFile]) -> Catalogue:
    """Join the includes of checked files."""
    raw = {name: file.profile for name, file in files.items()}
    return Catalogue({name: joined(name, raw) for name in sorted(raw)})
