"""What happens when far more comes than usual, and when one agent knows no measure.

    python -m benchmarks.overload [--quick] [--json] [--agents 800] [--factor 10] [--flood 50] [--seconds 60]

The district of `benchmarks.large_tier`: a real broker, a real controller, agents that keep each frame until it is
acknowledged, have at most 32 of them under way and send nothing while they are asked to hold.

    overload   every agent measures `--factor` times as much for a while, then as usual again. Told are the samples taken
               in a second, the controller's highest memory, what the agents were asked to hold, and how long after the
               overload an acknowledgement still came more than 2 s after its frame was sealed. Every sample is counted:
               none may be lost, none may be there twice.
    flood      21 agents; one of them begins to send `--flood` times as many frames, with no window and no ear for a hold.
               The other twenty's acknowledgements may come at most twice as late as before at the 99th percentile.

The last line is one JSON object. Latencies are in milliseconds.
"""

import argparse
import json
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks.fleet import Phase
from benchmarks.large_tier import AGENTS, LOOK_EVERY_S, MEBIBYTE, Stage, Use, run_district

HONEST = 20
RULES = 200
SEAL_S = 1.5


def main(arguments: Sequence[str] | None = None) -> None:
    """Run and report."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.overload", description=__doc__.partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="a tenth of the district, 10 seconds each")
    parser.add_argument("--json", action="store_true", help="print nothing but the JSON object")
    parser.add_argument("--agents", type=int, help="schools (800, with --quick 80)")
    parser.add_argument("--factor", type=float, default=10.0, help="times the usual rate")
    parser.add_argument("--flood", type=float, default=50.0, help="times the usual frames of the agent that floods")
    parser.add_argument("--seconds", type=float, help="length of the overload (60, with --quick 10)")
    options = parser.parse_args(arguments)
    say: Callable[[str], None] = (lambda text: None) if options.json else (lambda text: print(text, flush=True))
    agents = options.agents or (AGENTS // 10 if options.quick else AGENTS)
    seconds = options.seconds or (10.0 if options.quick else 60.0)
    print(
        json.dumps(overload(agents, options.factor, seconds, say) | {"flood": flood(options.flood, seconds / 2, say)})
    )


def overload(agents: int, factor: float, seconds: float, say: Callable[[str], None]) -> dict[str, object]:
    """The first part."""
    phases = [Phase("usual", seconds / 3), Phase("overload", seconds, factor), Phase("after", seconds / 2)]
    with tempfile.TemporaryDirectory(prefix="campanile-benchmark-") as name:
        ran = run_district(Path(name), agents, RULES, SEAL_S, phases, _watch, say)
    ran.check()
    usual, pressed, after = ran.account.phases
    return {
        "agents": agents,
        "series": ran.series,
        "factor": factor,
        "offered_per_s": round(pressed.samples / seconds),
        "taken_per_s": round(pressed.acknowledged / seconds),
        **ran.seen,
        "sealed_to_acknowledged_ms": {phase.name: phase.sealed_to_ack_ms for phase in (usual, pressed, after)},
        "highest_hold_s": pressed.highest_hold_s,
        "highest_hold_backlog_s": pressed.highest_hold_backlog_s,
        "most_samples_waiting": pressed.most_waiting,
        "caught_up_s": after.caught_up_s,
        "frames_resent": ran.account.frames_resent,
        "samples_sent": ran.account.samples,
        "lost": max(0, ran.account.samples - ran.stored),
        "duplicated": max(0, ran.stored - ran.account.samples),
    }


def flood(times: float, seconds: float, say: Callable[[str], None]) -> dict[str, object]:
    """The second part: latencies of the honest agents before and meanwhile."""
    phases = [Phase("warm-up", seconds / 2), Phase("before", seconds), Phase("flooded", seconds, flood=times)]
    with tempfile.TemporaryDirectory(prefix="campanile-benchmark-") as name:
        ran = run_district(Path(name), 1 + HONEST, RULES, SEAL_S, phases, _watch, say)
    acknowledged = ran.account.samples - ran.account.unacknowledged
    if not acknowledged <= ran.stored <= ran.account.samples:
        raise RuntimeError(f"{ran.stored} samples are stored, {acknowledged} acknowledged, {ran.account.samples} sent")
    _, before, flooded = ran.account.phases
    return {
        "times": times,
        "frames_per_s": round(flooded.frames / seconds),
        "before_ms": before.sealed_to_ack_ms,
        "flooded_ms": flooded.sealed_to_ack_ms,
        "p99_ratio": round(flooded.sealed_to_ack_ms["p99"] / before.sealed_to_ack_ms["p99"], 2),
        "highest_hold_s": flooded.highest_hold_s,
    }


def _watch(stage: Stage) -> dict[str, object]:
    use = Use(stage.centre.process)
    while stage.load.poll() is None:
        use.look()
        time.sleep(LOOK_EVERY_S)
    return {"controller_highest_mib": round(use.rss_bytes / MEBIBYTE), "controller_cores": use.cores()}


if __name__ == "__main__":
    main()
