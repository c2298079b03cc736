"""What a step costs in process, against the plain loop: a chain and a fan of 200, whole and from failure.

Bar: at most 5 times the plain loop. Both are measured in turns, in the same run and on the same disk.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from plain_loop import PlainLoop
from shapes import FAILING, Shape, chain, fan

from dalsegno import Instance, execute_pipeline, reexecute_pipeline

BAR = 5.0  # times the plain loop
ROUNDS = 6
# Where a folder lies on the disk decides what a new file in it costs, for the plain loop as for us: several are tried.
FOLDERS = 4


def timed(work: Callable[[], object]) -> float:
    """Milliseconds."""
    begin = time.perf_counter()
    work()
    return (time.perf_counter() - begin) * 1000.0


def measure(shape: Shape, folder: Path) -> dict[str, tuple[list[float], list[float]]]:
    """What is measured -> milliseconds of the plain loop, and ours."""
    found: dict[str, tuple[list[float], list[float]]] = {"whole": ([], []), "from failure": ([], [])}
    plain = PlainLoop(folder, shape.plain)
    # The fan runs the failing element and the one that takes all; the chain everything from the failing step on.
    if shape.name == "fan":
        again = PlainLoop.__new__(PlainLoop)
        again.__dict__.update(plain.__dict__)
        again.steps = [*shape.plain[: shape.failing_place], shape.plain[shape.failing_place], shape.plain[-1]]
        loaded = {key for key, _, _ in shape.plain} - {shape.failing_key}
        assert loaded
    else:
        again = plain
    with Instance.open(f"sqlite:///{folder}/ours.db", storage_url=str(folder / "ours")) as instance:
        for turn in range(ROUNDS + 2):  # two to warm up
            FAILING["key"] = ""
            took_plain = timed(plain.run)
            took_ours = timed(lambda: check(execute_pipeline(shape.pipeline, instance=instance).success))
            stored = f"run-{plain.runs}"
            again.runs = plain.runs
            again_plain = timed(lambda stored=stored: again.run(shape.failing_place, stored))
            plain.runs = again.runs
            FAILING["key"] = shape.failing_key
            failed = execute_pipeline(shape.pipeline, instance=instance)
            check(not failed.success)
            FAILING["key"] = ""
            again_ours = timed(
                lambda failed=failed: check(
                    reexecute_pipeline(
                        shape.pipeline, failed.run_id, strategy="FROM_FAILURE", instance=instance
                    ).success
                )
            )
            if turn >= 2:
                found["whole"][0].append(took_plain)
                found["whole"][1].append(took_ours)
                found["from failure"][0].append(again_plain)
                found["from failure"][1].append(again_ours)
    plain.close()
    return found


def measured_in_new_folder(shape: Shape) -> dict[str, tuple[list[float], list[float]]]:
    """As `measure`."""
    with tempfile.TemporaryDirectory() as folder:
        return measure(shape, Path(folder))


def check(holds: bool) -> None:
    """What is measured must have happened."""
    if not holds:
        raise AssertionError("the measured run did not end as it should")


def main() -> int:
    """Print the figures; 1 where a bar is missed."""
    missed = False
    print(f"{'':22}{'plain loop':>14}{'dalsegno':>14}{'ratio':>8}   bar {BAR:g}")
    for shape in (chain(), fan()):
        measured = [measured_in_new_folder(shape) for _ in range(FOLDERS)]
        for what in measured[0]:
            plain = statistics.median(one for found in measured for one in found[what][0])
            ours = statistics.median(one for found in measured for one in found[what][1])
            ratio = ours / plain
            missed = missed or ratio > BAR
            told = "missed" if ratio > BAR else "held"
            print(f"{shape.name + ', ' + what:22}{plain:11.2f} ms{ours:11.2f} ms{ratio:8.2f}   {told}")
    return int(missed)


if __name__ == "__main__":
    sys.exit(main())
