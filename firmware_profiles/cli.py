"""`campanile profiles`: list, show, check and draft device profiles. `record` and `test` are guests, of `campanile.devices`."""

import json
import sys
from pathlib import Path

import click

from campus.errors import ConfigError
from firmware_profiles.proof import Proof

_EXTRA = click.option(
    "--extra", type=click.Path(exists=True, file_okay=False, path_type=Path), help="A folder with profiles of your own."
)
_JSON = click.option("--json", "as_json", is_flag=True, help="Machine-readable output.")

_PROVEN = {
    Proof.RECORDING: ", by a recording",
    Proof.OWN: ", our own format",
    Proof.DOCUMENTS: ", unverified",
}


@click.group()
def profiles() -> None:
    """Device profiles: the YAML files that say how a device is recognised and read.

    \b
    From an unknown device to a profile (docs/20-add-a-device.md):
      campanile profiles record 10.20.1.9 -o box.snmprec
      campanile profiles new --from-walk box.snmprec -o my-profiles/acme/box.yaml
      campanile profiles check my-profiles
      campanile profiles test my-profiles/acme/box.yaml --recording box.snmprec

    \b
    What there is:
      campanile profiles list
      campanile profiles show huawei/vrp
    """


@profiles.command("list")
@_EXTRA
@_JSON
def list_profiles(extra: Path | None, *, as_json: bool) -> None:
    """Name every family, what it is, how it was verified and how it is recognised."""
    from firmware_profiles.load import load_catalogue
    from firmware_profiles.proof import proof_of
    from firmware_profiles.show import matched_by

    rows = [
        {
            "name": name,
            "title": p.title,
            "kind": str(p.kind),
            "matched_by": matched_by(p),
            "fragment": p.is_fragment,
            "unverified": p.unverified,
            "proof": str(proof_of(p)),
            "sources": p.sources,
        }
        for name, p in load_catalogue(extra).profiles.items()
    ]
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False))
        return
    for row in rows:
        mark = "" if row["fragment"] else _PROVEN[Proof(str(row["proof"]))]
        click.echo(f"{row['name']:24} {row['kind']:16} {row['title']}{mark}\n{'':24} {row['matched_by']}")


@profiles.command()
@click.argument("name")
@_EXTRA
@_JSON
def show(name: str, extra: Path | None, *, as_json: bool) -> None:
    """Show one family whole, includes joined. NAME is vendor/family, such as huawei/vrp."""
    from campus.document import nearest
    from firmware_profiles.load import load_catalogue
    from firmware_profiles.show import as_plain, described

    known = load_catalogue(extra).profiles
    if name not in known:
        raise ConfigError(f"there is no profile {name!r}.{nearest(name, list(known))}")
    click.echo(json.dumps(as_plain(known[name]), ensure_ascii=False) if as_json else described(name, known[name]))


@profiles.command()
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@_JSON
@click.option("--gaps", is_flag=True, help="Of the shipped profiles too, say what they lack.")
def check(paths: tuple[Path, ...], *, as_json: bool, gaps: bool) -> None:
    """Say what is wrong with profiles, with file, line and advice. Exit code 1 when anything is.

    Told as well: what a right one lacks to be complete, such as facts, what people ask first of its kind, sources.

    PATHS are files or folders with vendor/family.yaml in them; without any, the shipped profiles are checked. Includes may
    name shipped profiles.
    """
    from firmware_profiles.examine import examine

    verdict = examine(paths)
    if as_json:
        click.echo(
            json.dumps(
                {
                    "checked": verdict.checked,
                    "findings": [finding.as_json() for finding in verdict.findings],
                    "gaps": verdict.gaps,
                },
                ensure_ascii=False,
            )
        )
    else:
        for finding in verdict.findings:
            click.echo(str(finding))
        if paths or gaps:
            for name, lines in verdict.gaps.items():
                click.echo("\n".join([f"{name} could be more complete:", *(f"  - {line}" for line in lines)]))
        errors = len(verdict.findings)
        found = f"{errors} error{'s' * (errors > 1)}" if errors else "all right"
        click.echo(f"{verdict.checked} profile{'s' * (verdict.checked != 1)} checked, {found}", err=bool(errors))
    if verdict.findings:
        sys.exit(1)


@profiles.command(short_help="Draft a profile from a walk.")
@click.option(
    "--from-walk",
    "walk_file",
    required=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A recording (.snmprec), or what `snmpbulkwalk -On` printed.",
)
@click.option("--vendor", default="", help="Who made the device, for people.")
@click.option("--family", default="", help="What the vendor calls the family, for people.")
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Where to, such as my-profiles/acme/box.yaml.",
)
@_EXTRA
def new(walk_file: Path, vendor: str, family: str, output: Path | None, extra: Path | None) -> None:
    """Draft a profile of an unknown device from a walk of it.

    The draft matches the device, includes what shipped profiles already know of it, and lists the vendor's own objects that
    nobody reads yet, with samples and a guess. It passes `profiles check` as it is.

    \b
    Examples:
      campanile profiles new --from-walk box.snmprec --vendor Acme --family ClimateBox -o my-profiles/acme/climate-box.yaml
      snmpbulkwalk -v2c -c public -On 10.20.1.9 .1 > box.txt; campanile profiles new --from-walk box.txt
    """
    from firmware_profiles.catalogue import SHIPPED
    from firmware_profiles.draft import draft
    from firmware_profiles.load import read_profiles
    from firmware_profiles.walk import read_walk

    if output and output.exists():
        raise ConfigError(f"{output} is there already: choose another name, or remove it")
    files, findings = read_profiles([SHIPPED, *([extra] if extra else [])])
    if findings:
        raise ConfigError(str(findings[0]))
    text = draft(read_walk(walk_file), files, vendor.strip(), family.strip())
    if output is None:
        click.echo(text, nl=False)
        return
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_text(text, encoding="utf-8")
    click.echo(f"{output}: drafted. Next: read it, then `campanile profiles check {output}`", err=True)
