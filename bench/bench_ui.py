"""How soon the page of a run of 2,000 steps shows its Gantt chart, and how smoothly that scrolls, pans and zooms.

Measured beside a blank page of the same service in the same browser. Bars, generous ones: 5 s until the chart is
there, 20 frames a second. Needs Chromium.
"""

from __future__ import annotations

import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from shapes import fan

from dalsegno import Instance, execute_pipeline

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from tests.browser.chromium import FLAGS, chromium_path  # noqa: E402 - as above
from tests.end_to_end.service_processes import Processes  # noqa: E402

STEPS = 2000
ROUNDS = 5
VISIBLE_BAR_MS = 5000.0
FRAMES_BAR = 20.0  # a second
MOVED_MS = 3000
# One frame of 60 a second, and half of the next: later than this, one was dropped.
DROPPED_MS = 1.5 * 1000 / 60
BLANK = "/favicon.svg"
FRAMES = (Path(__file__).parent / "ui" / "frames.js").read_text().strip().removesuffix(";")


@contextmanager
def service() -> Iterator[tuple[str, str]]:
    """The address of a service, and the id of the run that it holds."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        database, storage = f"sqlite:///{folder}/dalsegno.db", folder / "storage"
        with Instance.open(database, storage_url=str(storage)) as instance:
            run_id = execute_pipeline(fan(STEPS - 2).pipeline, instance=instance).run_id
        processes = Processes(folder, database, storage_url=storage, tokens="")
        try:
            yield processes.serve(), run_id
        finally:
            processes.close()


def blank(page: Page) -> None:
    """The least that a browser can ask the service for."""
    page.goto(BLANK)


def chart(page: Page, run_id: str) -> None:
    """The run's page, once a bar is there."""
    page.goto(f"/runs/{run_id}")
    page.get_by_role("region", name="Gantt chart").get_by_role("button", name=re.compile("success")).first.wait_for()


def measure_opening(browser: Browser, url: str, run_id: str) -> bool:
    """Print how long it takes to open each page with nothing in the browser's cache; whether the bar was missed."""
    took: dict[str, list[float]] = {"a blank page": [], f"{STEPS:,} steps": []}
    for turn in range(ROUNDS + 1):  # one to warm up
        for what, times in took.items():
            with opened(browser, url) as context:
                page = context.new_page()
                began = time.perf_counter()
                blank(page) if what == "a blank page" else chart(page, run_id)
                if turn:
                    times.append((time.perf_counter() - began) * 1000)
    least, most = (statistics.median(times) for times in took.values())
    missed = most > VISIBLE_BAR_MS
    for what, times in took.items():
        print(f"{what:16}{statistics.median(times):8.0f} ms until it is visible")
    print(f"{'':16}{most / least:8.1f} x a blank page   bar {VISIBLE_BAR_MS:g} ms: {'missed' if missed else 'held'}")
    return missed


def measure_movement(browser: Browser, url: str, run_id: str) -> bool:
    """Print how many frames are drawn in a second of each movement; whether a bar was missed."""
    missed = False
    with opened(browser, url) as context:
        page = context.new_page()
        blank(page)
        least = rate(page.evaluate(FRAMES, ["nothing", MOVED_MS]))
        print(f"{'':16}{'frames/s':>10}{'of blank':>10}{'p95':>12}{'dropped':>10}")
        print(f"{'a blank page':16}{least:10.1f}")
        chart(page, run_id)
        page.wait_for_load_state("networkidle")
        for movement in ("nothing", "scroll", "pan", "zoom"):
            frames = page.evaluate(FRAMES, [movement, MOVED_MS])
            dropped = sum(frame > DROPPED_MS for frame in frames) / len(frames)
            p95 = statistics.quantiles(frames, n=20)[-1]
            told = "held"
            if rate(frames) < FRAMES_BAR:
                missed, told = True, "missed"
            print(
                f"{movement:16}{rate(frames):10.1f}{rate(frames) / least:10.2f}{p95:9.1f} ms{dropped:10.1%}"
                f"   bar {FRAMES_BAR:g}: {told}"
            )
    return missed


def rate(frames: list[float]) -> float:
    """Frames a second."""
    return 1000 * len(frames) / sum(frames)


@contextmanager
def opened(browser: Browser, url: str) -> Iterator[BrowserContext]:
    """A browser that has seen nothing yet."""
    context = browser.new_context(base_url=url, viewport={"width": 1440, "height": 900})
    try:
        yield context
    finally:
        context.close()


def main() -> int:
    """Print the figures; 1 where a bar is missed."""
    subprocess.run([sys.executable, str(ROOT / "backend" / "hatch_build.py")], check=True)
    with service() as (url, run_id), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=FLAGS)
        missed = [measure_opening(browser, url, run_id), measure_movement(browser, url, run_id)]
        browser.close()
    return int(any(missed))


if __name__ == "__main__":
    sys.exit(main())
