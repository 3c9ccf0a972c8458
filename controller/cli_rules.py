"""`campanile controller rules ...`: the rules that ship, as pages; how rules stand, and what places decided about them."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from campus.errors import ConfigError, file_trouble
from campus.ids import SiteId
from controller.cli_backup import config_option

if TYPE_CHECKING:
    from controller.rulings.model import Place

_CONFIG = config_option()
_SITE = click.option("--site", help="This school (its id).")
_ORGANISATION = click.option("--organisation", help="This organisation (its id).")


@click.group()
def rules() -> None:
    """The alert rules: those that ship, and what bureau, districts and schools decided about them.

    Levels above set the least that holds; a level below may make it stricter, and looser only by an exception that a level
    above grants on the console (`/rules`), with a reason and a last day.
    """


@rules.command()
@click.argument("directory", type=click.Path(file_okay=False, exists=True, path_type=Path))
def write(directory: Path) -> None:
    """Write the pages of all shipped rules into DIRECTORY, in English and Chinese.

    \b
    campanile controller rules write docs
    """
    from controller.alerts.handbook import write_pages

    changed = write_pages(directory)
    for path in changed:
        click.echo(f"wrote {path}")
    if not changed:
        click.echo("nothing changed")


def _place(site: str | None, organisation: str | None) -> "Place | None":
    from controller.rulings.model import Place

    if site and organisation:
        raise click.UsageError("name a school or an organisation, not both")
    if site:
        return Place.school(SiteId(site))
    return Place.organisation(organisation) if organisation else None


@rules.command("list", short_help="Say how the rules stand at a place.")
@_CONFIG
@_SITE
@_ORGANISATION
@click.option("--changed", is_flag=True, help="Only those that somebody decided something about.")
def list_command(config_path: Path, site: str | None, organisation: str | None, *, changed: bool) -> None:
    """Print every rule as it stands at a school, at an organisation, or, without either, at the top of the tree.

    One rule a line: id, severity (or off), in which hours, and the place that decided last; tabs between them.

    \b
      campanile controller rules list --config controller.yaml --site no-3-primary --changed
    """
    from controller.cli import registry_of
    from controller.identity.scope import SYSTEM
    from controller.rulings.model import When

    with registry_of(config_path) as opened:
        place = _place(site, organisation) or opened.rulings.home(SYSTEM)
        effects = opened.rulings.effects(SYSTEM, place)
    for effect in effects:
        rule, steps = effect.known, effect.steps
        if steps or not changed:
            severity = rule.severity.value if effect.rule is not None else "off"
            hours = (rule.only or When.ALWAYS).value
            click.echo("\t".join((rule.id, severity, hours, str(steps[-1].ruling.place) if steps else "shipped")))


@rules.command(short_help="Say what is wrong with a file of rules or of decisions.")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
def check(file: Path) -> None:
    """Read FILE as a controller would, and say what is wrong: which line, and what to do.

    A list of rules is what `alerts: {rules_dir}` of controller.yaml takes. A mapping is what a place decided, as `export`
    prints it and the console's page of rules imports it:

    \b
      changed:                     # by the id of the rule; what is not named stays as the level above has it
        freezer-warm: {level: -16, hold_s: 1800}
        hot-holding-cold: {when: always, severity: critical}
      own:                         # rules of the place's own
      - id: library-damp
        metric: humidity_percent
        condition: {type: threshold, comparison: above, level: 70, clear_level: 65, hold_s: 600}
        severity: minor
        title_en: The library is damp
        title_zh: 图书馆湿度过高
        advice_en: Open the windows, then tell the caretaker.
        advice_zh: 请开窗通风，并告知管理员。
        count: {one_en: 1 library is damp, many_en: "{n} libraries are damp", zh: "{n} 个图书馆湿度过高"}
    """
    from controller.alerts.rulebook import read_rules
    from controller.rulings.sheet import check_sheet, read_sheet

    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{file}: cannot be read: {file_trouble(error)}") from error
    lines = (line for line in text.splitlines() if line.strip() and not line.lstrip().startswith(("#", "---")))
    if next(lines, "").startswith("-"):
        click.echo(f"{file}: good, {len(read_rules(str(file), text))} rules")
        return
    sheet = read_sheet(str(file), text)
    check_sheet(str(file), sheet)
    click.echo(f"{file}: good, {len(sheet.changed)} changes and {len(sheet.own)} rules of its own")


@rules.command(short_help="Print what a place decided, as YAML.")
@_CONFIG
@_SITE
@_ORGANISATION
def export(config_path: Path, site: str | None, organisation: str | None) -> None:
    """Print what a school or an organisation (without either: the top of the tree) decided about rules.

    Exceptions are not its own decision and are left out. The console's page of rules takes the file back.

    \b
      campanile controller rules export --config controller.yaml --organisation north-town > north-town.yaml
    """
    from controller.cli import registry_of
    from controller.identity.scope import SYSTEM
    from controller.rulings.sheet import write_sheet

    with registry_of(config_path) as opened:
        place = _place(site, organisation) or opened.rulings.home(SYSTEM)
        click.echo(write_sheet(opened.rulings.sheet(SYSTEM, place)), nl=False)
