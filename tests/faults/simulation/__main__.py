"""Executes many seeds, or one of them again: `python -m tests.faults.simulation --seeds 100000`.

It goes on where it stopped, as long as `--state` names the same file; what broke is printed with the command that
replays it.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter
from pathlib import Path

import msgspec

from tests.faults.simulation.history import History
from tests.faults.simulation.journal import Fault
from tests.faults.simulation.mutations import MUTATIONS
from tests.faults.simulation.simulation import Outcome, simulate

_SAY_AFTER = 500


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.faults.simulation", description=__doc__)
    parser.add_argument("--seeds", type=int, default=1000, help="execute the seeds from --first on, so many")
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--state", type=Path, help="a file that keeps how far it has come")
    parser.add_argument("--seed", type=int, help="execute this seed alone, and show what happened")
    parser.add_argument("--mutation", choices=[one.name for one in MUTATIONS], help="with this fault put in")
    given = parser.parse_args()
    if given.seed is not None:
        return _replay(given.seed, given.mutation)
    return _execute_many(given.first, given.seeds, given.state)


def _replay(seed: int, mutation_name: str | None) -> int:
    mutation = next((one for one in MUTATIONS if one.name == mutation_name), None)
    outcome = simulate(seed, mutation)
    for entry in outcome.history.journal:
        told = ", ".join(f"{name}={_short(getattr(entry, name))}" for name in entry.__struct_fields__ if name != "at")
        print(f"{entry.at:8.3f}  {type(entry).__name__}: {told}")
    for run in outcome.history.runs.values():
        print(f"\nrun {run.run_id} of {run.run['pipeline_name']}: {run.run['status']}")
        for event in run.events:
            print(f"  {event['number']:3}  {event['kind']} {event['step_key'] or ''} {event['attempt'] or ''}")
    print(f"\n{outcome}\nIts history: {outcome.history.digest}")
    return 1 if outcome.broken else 0


def _short(value: object) -> str:
    text = str(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _execute_many(first: int, count: int, state_file: Path | None) -> int:
    figures: Counter[str] = Counter()
    broken: list[str] = []
    done = 0
    if state_file is not None and state_file.exists():
        state = json.loads(state_file.read_text())
        first, done, broken = state["first"], state["done"], state["broken"]
        figures.update(state["figures"])
    while done < count:
        began = time.monotonic()
        outcome = simulate(first + done)
        figures["milliseconds"] += int((time.monotonic() - began) * 1000)
        figures.update(_figures(outcome))
        done += 1
        if outcome.broken:
            broken.append(str(outcome))
            print(outcome, flush=True)
        if done % _SAY_AFTER == 0 or done == count:
            print(f"{done} seeds, {len(broken)} of them with a broken promise", flush=True)
            if state_file is not None:
                state = {"first": first, "done": done, "broken": broken, "figures": figures}
                state_file.write_text(json.dumps(state))
    for name, number in sorted(figures.items()):
        print(f"{number:>12,}  {name}")
    print(*broken, sep="\n")
    return 1 if broken else 0


def _figures(outcome: Outcome) -> Counter[str]:
    history: History = outcome.history
    found: Counter[str] = Counter()
    found["virtual seconds"] = int(outcome.virtual_seconds)
    found["switches of threads"] = outcome.switches
    found["runs"] = len(history.runs)
    for fault in history.of(Fault):
        found[f"fault: {fault.kind}"] += 1
    for run in history.runs.values():
        found[f"runs ended {run.run['status']}"] += 1
        for event in run.events:
            found["runs taken over"] += event["kind"] == "RUN_CLAIMED" and event["data"].get("is_taken_over", False)
        for attempts in run.attempts.values():
            found["attempts"] += len(attempts)
            found["attempts lost"] += sum(one["status"] == "LOST" for one in attempts)
            for one in attempts:
                error = msgspec.json.decode(one["error"] or "{}")
                found["steps lost too often"] += error.get("class_name") == "WorkerLostError"
    return found


if __name__ == "__main__":
    sys.exit(main())
