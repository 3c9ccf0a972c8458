"""`campanile controller rules ...`: the rules that ship, as pages."""

from pathlib import Path

import click


@click.group()
def rules() -> None:
    """The alert rules that ship."""


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
