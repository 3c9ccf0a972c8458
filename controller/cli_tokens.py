"""`campanile controller token ...`: secrets by which a Grafana reads."""

from datetime import UTC, datetime
from pathlib import Path

import click

from controller.cli_backup import config_option

_CONFIG = config_option()


@click.group()
def token() -> None:
    """Let a program, such as a Grafana, read what a place may see.

    The controller answers InfluxQL at /query for whoever sends a token; with one nothing can be changed.

    \b
      campanile controller token create grafana --config controller.yaml
      campanile controller token create wall-no-3 --site no-3-primary --config controller.yaml
      campanile controller token revoke grafana --config controller.yaml
    """


@token.command("create", short_help="Make a token; its secret is printed once.")
@_CONFIG
@click.argument("name")
@click.option("--site", help="Only this school (its id).")
@click.option("--organisation", help="Only what is under this organisation (its id).")
def create(config_path: Path, name: str, site: str | None, organisation: str | None) -> None:
    """Make a token called NAME and print its secret, once: the controller keeps no more than its hash.

    It is for the whole district unless a school or an organisation is named. Send it as `Authorization: Token SECRET`, as
    `Authorization: Bearer SECRET`, or as the password of HTTP Basic with any user name.
    """
    from campus.ids import SiteId
    from controller.cli import registry_of

    with registry_of(config_path) as opened:
        secret = opened.access_tokens.create(name, opened.clock(), organisation, SiteId(site) if site else None)
    click.echo(secret)


@token.command("list", short_help="Which tokens there are, for what, and when each was last used.")
@_CONFIG
def list_tokens(config_path: Path) -> None:
    """Show all tokens there are and were, without their secrets."""
    from controller.cli import registry_of

    with registry_of(config_path) as opened:
        tokens = opened.access_tokens.tokens()
    for each in tokens:
        place = each.site or each.organisation or "whole district"
        used = f"last used {_told(each.last_used_at)}" if each.last_used_at else "never used"
        revoked = f", revoked {_told(each.revoked_at)}" if each.revoked_at else ""
        click.echo(f"{each.name}\t{place}\tcreated {_told(each.created_at)}, {used}{revoked}")
    if not tokens:
        click.echo("there are no tokens: `campanile controller token create NAME` makes one")


@token.command("revoke", short_help="End a token at once.")
@_CONFIG
@click.argument("name")
def revoke(config_path: Path, name: str) -> None:
    """End the token called NAME: the next request with it is refused."""
    from controller.cli import registry_of

    with registry_of(config_path) as opened:
        opened.access_tokens.revoke(name, opened.clock())
    click.echo(f"{name}: revoked")


def _told(at: int) -> str:
    return datetime.fromtimestamp(at / 1000, UTC).strftime("%Y-%m-%d %H:%M UTC")
