"""`campanile spec`: read the data-access specification, write it anew, and hold a publisher to it."""

import json
from pathlib import Path

import click

from campus.errors import Poison
from campus.ids import parse_agent_id, parse_site_id
from campus.spec.check.command import check
from campus.spec.read import read
from campus.topics import Address, Leg


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def spec() -> None:
    """The data-access specification; check a publisher against it.

    \b
    campanile spec show | less                 read it
    campanile spec topic no-3-primary acme     where to publish
    campanile spec check frame.json            is this frame right?
    campanile spec read dead-letters.frames    what do these frames say?
    campanile spec check --broker 127.0.0.1:1883 --topic 'campus/1/+/+/acme/#' --for 60
    """


@spec.command()
@click.argument("directory", type=click.Path(file_okay=False, path_type=Path))
def write(directory: Path) -> None:
    """Write all of it below DIRECTORY: two pages, schemas, AsyncAPI, metrics.

    \b
    campanile spec write docs
    """
    from campus.spec.files import write_specification

    changed = write_specification(directory)
    for path in changed:
        click.echo(f"wrote {path}")
    if not changed:
        click.echo("nothing changed")


@spec.command()
@click.option(
    "--format",
    "form",
    type=click.Choice(["md", "json-schema", "frame-schema", "asyncapi", "metrics"]),
    default="md",
    help="md: the page. json-schema: the JSON form. frame-schema: the packed form.",
)
@click.option("--lang", "language", type=click.Choice(["en", "zh"]), default="en", help="Language of the page.")
def show(form: str, language: str) -> None:
    """Print one part of it.

    \b
    campanile spec show --lang zh
    campanile spec show --format json-schema > samples.schema.json
    """
    from campus.spec.files import PAGES, specification

    name = {
        "md": PAGES[language],
        "json-schema": "spec/samples.schema.json",
        "frame-schema": "spec/frame.schema.json",
        "asyncapi": "spec/asyncapi.yaml",
        "metrics": "spec/metrics.json",
    }[form]
    click.echo(specification()[name], nl=False)


@spec.command()
@click.argument("site")
@click.argument("agent")
@click.option("--json", "as_json", is_flag=True, help="For scripts.")
def topic(site: str, agent: str, as_json: bool) -> None:  # noqa: FBT001 - click gives flags as booleans
    """Print the topics of one publisher.

    \b
    campanile spec topic no-3-primary acme-fridges
    """
    try:
        address = Address(parse_site_id(site), parse_agent_id(agent))
    except Poison as error:
        raise click.UsageError(str(error)) from error
    if as_json:
        click.echo(json.dumps({leg.value: address.topic(leg) for leg in Leg}))
        return
    said = {Leg.UP: "publish frames here", Leg.DOWN: "acknowledgements come here", Leg.STATE: "retained: online or not"}
    for leg in Leg:
        click.echo(f"{address.topic(leg)}  {said[leg]}")


spec.add_command(check)
spec.add_command(read)
