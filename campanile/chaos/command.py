"""`campanile simulate chaos`: the command line of the bench. Everything heavy is imported when it is called."""

import click

AGENT_ENTRY = "campanile.chaos.agent_process"


@click.command(short_help="Stage faults on real processes, then reconcile every row.")
@click.option(
    "--seed", type=int, help="The same seed gives the same sequence of faults.  [default: a new one, printed]"
)
@click.option("--faults", default=200, show_default=True, type=click.IntRange(0), help="How many faults.")
@click.option("--agents", default=4, show_default=True, type=click.IntRange(1, 20), help="How many schools.")
@click.option(
    "--broker", type=click.Choice(["mosquitto", "embedded", "nats"]), help="Only this one.  [default: all take turns]"
)
@click.option("--within", type=click.FloatRange(0, min_open=True), help="Stage no more faults after so many seconds.")
@click.option("--hours", type=click.FloatRange(0, min_open=True), help="Go on for so long, and watch memory and files.")
@click.option("--json", "as_json", is_flag=True, help="End with one line of JSON.")
@click.option(
    "--entry", default=AGENT_ENTRY, hidden=True, help="The module that runs an agent: a sabotaged one in tests."
)
def chaos(
    *,
    seed: int | None,
    faults: int,
    agents: int,
    broker: str | None,
    within: float | None,
    hours: float | None,
    as_json: bool,
    entry: str,
) -> None:
    """Stage faults on real agents, a real broker and a real controller, then compare every row that an agent took with every
    row that is stored.

    Ends with code 0 when nothing was lost, duplicated or corrupted, 1 when something was, and 2 when the bench itself could
    not go on. Unless all is well the folder with all logs, spools and the store stays, and the last lines say where.

    \b
    Examples:
      campanile simulate chaos
      campanile simulate chaos --seed 7 --faults 500
      campanile simulate chaos --broker mosquitto --faults 50 --json
      campanile simulate chaos --hours 8
    """
    from campanile.libraries import require_all

    require_all("the chaos bench")
    from campanile.chaos.session import Wanted, run_session

    raise SystemExit(run_session(Wanted(seed, faults, agents, broker, within, hours, as_json, entry), click.echo))
