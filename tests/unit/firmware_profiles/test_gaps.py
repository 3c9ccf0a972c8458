"""What a right profile lacks, as `profiles check` says it."""

import json
from pathlib import Path

from click.testing import CliRunner

from campanile.cli import main
from firmware_profiles.gaps import FACTS, HEALTH, gaps
from firmware_profiles.load import load_catalogue

BARE = """title: Acme UPS
kind: ups
match: {sys_object_id: [1.3.6.1.4.1.99999.7]}
facts: {model: [{text: Box}]}
points:
  - {metric: battery_percent, oid: 1.3.6.1.4.1.99999.7.2.0}
"""


def test_facts_metrics_and_sources_that_are_missing_are_said_and_are_no_error(tmp_path: Path) -> None:
    path = tmp_path / "acme" / "ups.yaml"
    path.parent.mkdir()
    path.write_text(BARE)
    result = CliRunner().invoke(main, ["profiles", "check", str(path), "--json"])
    verdict = json.loads(result.output)
    assert result.exit_code == 0
    facts, metrics, sources = verdict["gaps"]["acme/ups"]
    assert facts.startswith("nothing tells its vendor, serial, firmware")
    assert "load_percent" in metrics
    assert "battery_percent" not in metrics
    assert "sources" in sources
    assert "acme/ups could be more complete" in CliRunner().invoke(main, ["profiles", "check", str(path)]).output


def test_the_families_that_schools_have_most_of_lack_nothing_but_what_the_device_does_not_tell() -> None:
    known = load_catalogue().profiles
    assert [
        name for name in ("huawei/vrp", "h3c/comware", "cisco/ios", "apc/ups", "hp/printer") if gaps(known[name])
    ] == []
    assert gaps(known["generic/lldp"]) == []


def test_every_kind_is_asked_for_metrics_that_there_are() -> None:
    from campus.metrics import catalogue

    assert {metric for groups in HEALTH.values() for group in groups for metric in group} <= set(catalogue())
    assert len(FACTS) == 4
