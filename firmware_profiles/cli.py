"""`campanile profiles`: list, show and check device profiles."""

import json
import sys
from pathlib import Path

import click

from campus.errors import ConfigError

_EXTRA = click.option(
    "--extra", type=click.Path(exists=True, file_okay=False, path_type=Path), help="A folder with profiles of your own."
)
_JSON = click.option("--json", "as_json", is_flag=True, help="Machine-readable output.")


@click.group()
def profiles() -> None:
    """List and check device profiles: the YAML files that say how a device is recognised and read.

    \b
    Examples:
      campanile profiles list
      campanile profiles show huawei/vrp
      campanile profiles check my-profiles/acme/box.yaml
    """


@profiles.command("list")
@_EXTRA
@_JSON
def list_profiles(extra: Path | None, *, as_json: bool) -> None:
    """Name every family, what it is and how it is recognised."""
    from firmware_profiles.load import load_catalogue
    from firmware_profiles.show import matched_by

    rows = [
        {
            "name": name,
            "title": p.title,
            "kind": str(p.kind),
            "matched_by": matched_by(p),
            "fragment": p.is_fragment,
            "unverified": p.unverified,
            "sources": p.sources,
        }
        for name, p in load_catalogue(extra).profiles.items()
    ]
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False))
        return
    for row in rows:
        mark = ", unverified" if row["unverified"] else ""
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
def check(paths: tuple[Path, ...], *, as_json: bool) -> None:
    """Say what is wrong with profiles, with file, line and advice. Exit code 1 when anything is.

    PATHS are files or folders with vendor/family.yaml in them; without any, the shipped profiles are checked. Includes may
    name shipped profiles.
    """
    from firmware_profiles.examine import examine

    verdict = examine(paths)
    if as_json:
        click.echo(
            json.dumps(
                {"checked": verdict.checked, "findings": [finding.as_json() for finding in verdict.findings]},
                ensure_ascii=False,
            )
        )
    else:
        for finding in verdict.findings:
            click.echo(str(finding))
        errors = len(verdict.findings)
        click.echo(
            f"{verdict.checked} profiles checked, {f'{errors} errors' if errors else 'all right'}", err=bool(errors)
        )
    if verdict.findings:
        sys.exit(1)
