"""`campanile dashboards`: write them to files, put them into a Grafana, see what somebody changed there."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from campus.errors import CampusError, ConfigError
from dashboards.cli_options import (
    CONSOLE,
    DATASOURCE,
    FILE,
    FOLDER,
    GRAFANA,
    LANGUAGE,
    TIMEZONE,
    DataSourceOptions,
    GrafanaOptions,
    text_of,
)
from dashboards.grafana.address import Address, Plain
from dashboards.grafana.kind import Kind
from dashboards.grafana.model import Json
from dashboards.words import Language

if TYPE_CHECKING:
    from dashboards.grafana.pushing import Push
    from dashboards.target import Grafana

MAJORS: Final = ("10", "11", "12")
"""Of Grafana; these are said here again lest help need the libraries."""
_DIFFERENT: Final = 1
_NOT_COMPARED: Final = 2


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def dashboards() -> None:
    """Grafana dashboards of the whole district: as files, or put into a running Grafana.

    \b
    campanile dashboards render out                                     the JSON, to look at or to import
    campanile dashboards push --url https://grafana.example --token-file token --datasource campanile \\
      --datasource-url https://campanile.example --datasource-token-file reader
    campanile dashboards diff --url https://grafana.example --token-file token
    """


@dashboards.command(short_help="Write the JSON, and Grafana's provisioning files.")
@click.argument("directory", type=FOLDER)
@LANGUAGE
@click.option("--grafana", type=click.Choice(MAJORS), default=MAJORS[-1], show_default=True, help="Its major version.")
@CONSOLE
@TIMEZONE
@click.option("--provisioning", type=FOLDER, help="Write Grafana's provisioning files below this folder too.")
@DATASOURCE
@click.option(
    "--secret-file", default="", help="The data source's secret as Grafana's machine finds it; else a variable."
)
@click.option("--authority-file", default="", help="The authority of the data source's certificate, likewise.")
@click.option("--dashboards-dir", default="", help="DIRECTORY as Grafana's machine finds it, where that is another.")
def render(
    directory: Path,
    language: Language,
    grafana: str,
    console_url: str,
    timezone: str,
    provisioning: Path | None,
    kind: Kind | None,
    datasource_url: str,
    database: str,
    datasource_user: str,
    secret_file: str,
    authority_file: str,
    dashboards_dir: str,
) -> None:
    """Write each dashboard's JSON to DIRECTORY, and delete files of ours there that are no dashboard any more.

    \b
    With --provisioning, Grafana finds data source and dashboards by itself when it starts:
      campanile dashboards render /etc/grafana/campanile --provisioning /etc/grafana/provisioning \\
        --datasource influxdb1 --datasource-url http://127.0.0.1:8086 --datasource-user grafana
    """
    from dashboards.board import UID_PREFIX
    from dashboards.provisioning import Provisioning, write_provisioning
    from dashboards.writing import write_dashboards

    if provisioning is not None and (kind is None or not datasource_url):
        raise ConfigError("--provisioning: say with --datasource and --datasource-url who answers the queries")
    boards = _rendered(language, _major(grafana), console_url, timezone)
    # What Grafana reads by itself is one folder of one language; files to look at may be of both.
    write_dashboards(boards, directory, _uid_pattern(language) if provisioning is None else f"{UID_PREFIX}-*")
    click.echo(f"{directory}: {len(boards)} dashboards for Grafana {grafana}")
    if provisioning is None or kind is None:
        return
    files = Provisioning(
        kind,
        datasource_url.rstrip("/"),
        *_folder(language),
        database=database,
        user=datasource_user,
        dashboards_dir=dashboards_dir or str(directory.resolve()),
        secret_file=secret_file,
        authority_file=authority_file,
    )
    for path in write_provisioning(files, provisioning):
        click.echo(f"wrote {path}")
    if not secret_file and (kind is not Kind.INFLUXDB1 or datasource_user):
        click.echo(f"Grafana needs the data source's secret in its environment: {kind.secret_variable}")


@dashboards.command(short_help="Put them into a running Grafana.")
@GRAFANA
@LANGUAGE
@CONSOLE
@TIMEZONE
@DATASOURCE
@click.option("--datasource-password-file", type=FILE, help="Of InfluxDB 1.")
@click.option("--datasource-token-file", type=FILE, help="Of InfluxDB 2, or of `campanile controller token create`.")
@click.option("--datasource-ca-file", type=FILE, help="The authority (PEM) that signed its certificate.")
@click.option("--renew-secret", is_flag=True, help="Give Grafana the data source's secret anew even if it works.")
@click.option(
    "--wall-token-file", type=FILE, help="Make an account for a wall screen that may only look; its token goes here."
)
@click.option("--prune", is_flag=True, help="Delete dashboards of ours that are no longer part of Campanile.")
@click.option("--yes", is_flag=True, help="Do not ask before deleting.")
@click.option("--dry-run", is_flag=True, help="Say what would be done, change nothing.")
def push(
    *,
    url: str,
    token_file: Path | None,
    ca_file: Path | None,
    insecure_http: bool,
    language: Language,
    console_url: str,
    timezone: str,
    kind: Kind | None,
    datasource_url: str,
    database: str,
    datasource_user: str,
    datasource_password_file: Path | None,
    datasource_token_file: Path | None,
    datasource_ca_file: Path | None,
    renew_secret: bool,
    wall_token_file: Path | None,
    prune: bool,
    yes: bool,
    dry_run: bool,
) -> None:
    """Put folder, data source and dashboards into a Grafana. A second time changes nothing and says so.

    What is not ours is never touched. What somebody changed in our dashboards is overwritten (`diff` shows it before);
    Grafana keeps it in its history of versions. Secrets come from files, or from the environment: CAMPANILE_GRAFANA_TOKEN,
    CAMPANILE_DATASOURCE_TOKEN, CAMPANILE_DATASOURCE_PASSWORD.
    """
    from dashboards.board import TAG
    from dashboards.grafana.pushing import Mode, Outcome, Push, Secrets, Wanted
    from dashboards.grafana.wall import ensure_wall

    way = GrafanaOptions(url, token_file, ca_file, insecure_http=insecure_http)
    source = DataSourceOptions(kind, datasource_url, database, datasource_user).source(
        way.plain, datasource_password_file, datasource_token_file, text_of(datasource_ca_file, "--datasource-ca-file")
    )
    with way.door() as door:
        wanted = Wanted(
            *_folder(language),
            dashboards=_rendered(language, _major(door.version()), console_url, timezone),
            tag=TAG,
            uid_pattern=_uid_pattern(language),
            datasource=source,
            secrets=Secrets.ANEW if renew_secret else Secrets.IF_NEEDED,
        )
        run = Push(door, wanted, Mode.DRY_RUN if dry_run else Mode.WRITE, lambda done: click.echo(done.sentence()))
        run.run()
        if wall_token_file is not None:
            ensure_wall(run, wall_token_file)
        _prune(run, ask=not (yes or dry_run), prune=prune)
    counts = ", ".join(f"{number} {outcome}" for outcome, number in run.counted.items())
    click.echo(f"{'a dry run, nothing was written; would be: ' if dry_run else ''}{counts}")
    if Outcome.FAILED in run.counted:
        sys.exit(1)


@dashboards.command(short_help="Show what somebody changed in Grafana.")
@GRAFANA
@LANGUAGE
@CONSOLE
@TIMEZONE
def diff(
    *,
    url: str,
    token_file: Path | None,
    ca_file: Path | None,
    insecure_http: bool,
    language: Language,
    console_url: str,
    timezone: str,
) -> None:
    """Show what somebody changed in Grafana against ours: dashboard: panel: field ours -> theirs.

    Exit code 0: nothing, 1: something, 2: it could not be compared. Say the language, console address and time zone you
    pushed with.
    """
    from dashboards.board import TAG
    from dashboards.grafana.comparing import compare

    try:
        with GrafanaOptions(url, token_file, ca_file, insecure_http=insecure_http).door() as door:
            boards = _rendered(language, _major(door.version()), console_url, timezone)
            lines = compare(door, boards, TAG, _uid_pattern(language))
    except CampusError as error:  # with exit code 1 it would seem that they differ
        click.echo(f"campanile: {error}", err=True)
        sys.exit(_NOT_COMPARED)
    for line in lines:
        click.echo(line)
    if lines:
        sys.exit(_DIFFERENT)
    click.echo(f"all {len(boards)} dashboards are as they were pushed")


@dashboards.command(short_help="Write the page of all panels and queries anew.")
@click.argument("directory", type=FOLDER)
def write(directory: Path) -> None:
    """Write the page of all panels and their queries into DIRECTORY, with the times that were measured, if they lie there.

    \b
    campanile dashboards write docs
    """
    from dashboards.page import PAGE, write_page

    click.echo(f"wrote {directory / PAGE}" if write_page(directory) else "nothing changed")


def _prune(run: "Push", *, ask: bool, prune: bool) -> None:
    """Delete what is no longer part of Campanile, or say that it is there."""
    gone = run.gone()
    if not gone:
        return
    names = ", ".join(f"{title} ({uid})" for uid, title in gone.items())
    if not prune:
        click.echo(f"no longer part of Campanile, --prune deletes it: {names}")
    elif not ask or click.confirm(f"No longer part of Campanile: {names}. Delete it from Grafana?"):
        run.prune(gone)


def _rendered(language: Language, grafana: "Grafana", console_url: str, timezone: str) -> Sequence[Json]:
    """All dashboards."""
    from dashboards.boards import BOARDS
    from dashboards.rendering import render as text_of_board

    console = str(Address.of(console_url, "--console-url", Plain.ALLOWED)).rstrip("/")  # no secret is sent there
    return [json.loads(text_of_board(board, language, grafana, console, timezone)) for board in BOARDS]


def _folder(language: Language) -> tuple[str, str]:
    """Uid and title of the folder they stand in; one for each language, so that both have room in one Grafana."""
    from dashboards.board import uid_of

    return uid_of("dashboards", language), "Campanile 中文" if language is Language.CHINESE else "Campanile"


def _uid_pattern(language: Language) -> str:
    """What the uids of a language's dashboards look like, as a shell's pattern."""
    from dashboards.board import uid_of

    return uid_of("*", language)


def _major(version: str) -> "Grafana":
    """Which one to render for: a Grafana's own major, or the newest we know for a newer one; `ConfigError` for an older one."""
    from dashboards.target import Grafana

    number = version.partition(".")[0]
    if not number.isdecimal() or int(number) < min(Grafana):
        raise ConfigError(f"Grafana {version} is too old: the dashboards need {min(Grafana):d}.0 or newer")
    return Grafana(min(int(number), max(Grafana)))
