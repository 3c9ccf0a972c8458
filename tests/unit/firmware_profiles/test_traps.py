"""What the checker says of traps, and that those of a fragment come behind the profile's own."""

from pathlib import Path

import pytest

from firmware_profiles.check import check_profiles
from firmware_profiles.load import catalogue_of, read_profiles

BOX = """\
title: box
match: {sys_object_id: [1.3.6.1.4.1.99999]}
include: [acme/part]
facts: {model: [{text: box}]}
points: [{metric: uptime_s, oid: 1.3.6.1.2.1.1.3.0, type: timeticks}]
traps:
  - oid: 1.3.6.1.4.1.99999.0.1
    kind: door_open
    severity: minor
    read_as: door_state
    instance: {varbind: 1.3.6.1.4.1.99999.2, form: index}
    values: {who: 1.3.6.1.4.1.99999.3}
    where: [{varbind: 1.3.6.1.4.1.99999.4, any_of: [1]}]
    en: "{who} opened {instance}"
    zh: "{who} 打开 {instance}"
"""
PART = "title: part\ntraps: [{oid: 1.3.6.1.4.1.99999.0.1, kind: door_moved, en: moved, zh: 动}]\n"


def written(folder: Path, box: str) -> Path:
    (folder / "acme").mkdir()
    (folder / "acme" / "box.yaml").write_text(box)
    (folder / "acme" / "part.yaml").write_text(PART)
    return folder


def test_own_traps_are_asked_before_included_ones(tmp_path: Path) -> None:
    files, findings = read_profiles([written(tmp_path, BOX)])
    assert [*findings, *check_profiles(files)] == []
    assert [trap.kind for trap in catalogue_of(files).profiles["acme/box"].traps] == ["door_open", "door_moved"]


MISTAKES = [
    ("kind: door_open", "kind: Door open", "traps[0].kind", "snake_case"),
    ("oid: 1.3.6.1.4.1.99999.0.1", "oid: .1.3.6.1.4.1.99999.0.1", "traps[0].oid", "begins with a dot"),
    ("read_as: door_state", "read_as: door_stat", "traps[0].read_as", "Did you mean 'door_state'?"),
    ("varbind: 1.3.6.1.4.1.99999.2", "varbind: door", "traps[0].instance.varbind", "is not an OID"),
    ("{who: 1.3.6.1.4.1.99999.3}", "{who: name}", "traps[0].values.who", "is not an OID"),
    ("any_of: [1]", "any_of: []", "traps[0].where[0]", "never met"),
    ('en: "{who} opened', 'en: "{whom} opened', "traps[0].en", "Did you mean 'who'?"),
    ('en: "{who} opened', 'en: "{who opened', "traps[0].en", "without its fellow"),
    ('zh: "{who} 打开 {instance}"', 'zh: " "', "traps[0].zh", "without words"),
]


@pytest.mark.parametrize(("right", "wrong", "place", "advice"), MISTAKES)
def test_a_mistake_in_a_trap_is_told(tmp_path: Path, right: str, wrong: str, place: str, advice: str) -> None:
    assert right in BOX
    files, findings = read_profiles([written(tmp_path, BOX.replace(right, wrong, 1))])
    assert findings == []
    (finding,) = check_profiles(files)
    assert finding.place == place
    assert advice in str(finding)
