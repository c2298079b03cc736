"""Pipelines that together show everything that a step can come to."""

from __future__ import annotations

import base64
import os
import signal
import struct
import sys
import time
import zlib
from pathlib import Path

from pydantic import BaseModel, Field

from dalsegno import DynamicOut, DynamicOutput, Out, Output, RetryPolicy, StepContext, pipeline, step

# While this file is there, the calendar is broken.
BROKEN = Path(os.environ.get("GALLERY_BROKEN", "broken"))
# A run waits until this file is there.
GO_ON = Path(os.environ.get("GALLERY_GO_ON", "go-on"))
STORAGE = Path(os.environ.get("DALSEGNO_STORAGE_URL", "storage"))


def bars_png(heights: list[int]) -> str:
    """A drawing of bars, as base64 of a PNG: made by hand, so that this file needs no library."""
    tall, wide = max(heights) + 4, 14
    rows = []
    for level in range(tall, 0, -1):
        shades = (b"\x4f\x46\xc8" if height >= level else b"\xf4\xf4\xfa" for height in heights)
        rows.append(b"\0" + b"".join(b"\xff\xff\xff" * 4 + shade * (wide - 4) for shade in shades))

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", wide * len(heights), tall, 8, 2, 0, 0, 0)
    png = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"".join(rows))) + chunk(b"IEND", b"")
    return base64.b64encode(b"\x89PNG\r\n\x1a\n" + png).decode("ascii")


class ReadConfig(BaseModel):
    """Which orders are read."""

    days: int = Field(default=7, ge=1, description="How many days back.")
    region: str = Field(default="eu", description="Whose orders.")


@step(config=ReadConfig, tags={"team": "sales"})
def read_web_orders(context: StepContext) -> list:
    """Orders of the web shop."""
    context.log.info("reading %d days of %s", context.config.days, context.config.region)
    print("read 100 orders of the web shop")
    time.sleep(0.2)
    return list(range(100))


@step
def read_store_orders() -> list:
    """Orders of the stores."""
    time.sleep(0.35)
    return list(range(50))


@step(out={"refunds": Out(list, is_required=False)})
def read_refunds(context: StepContext):
    """Refunds; on most days there are none."""
    context.log.warning("no refunds today")
    if BROKEN.is_dir():
        yield Output([], "refunds")


@step
def match_refunds(refunds: list) -> list:
    """Finds what each refund is for."""
    return refunds


@step(retry_policy=RetryPolicy(max_retries=2, delay=0.1))
def join_orders(context: StepContext, web: list, store: list) -> list:
    """One list of all orders."""
    time.sleep(0.15)
    if context.attempt == 1:
        raise ConnectionError("the warehouse did not answer within 500 ms")
    context.add_output_metadata({"orders": len(web) + len(store), "sources": ["web", "store"]})
    return web + store


@step(tags={"cost": "high"})
def value_orders(context: StepContext, orders: list) -> float:
    """What all orders are worth."""
    time.sleep(0.5)
    context.add_output_metadata(
        {"share by day": {"media_type": "image/png", "data": bars_png([62, 40, 71, 55, 80, 96, 34])}}
    )
    return float(sum(orders))


@step
def forecast(orders: list) -> float:
    """What to expect next week."""
    time.sleep(0.1)
    seasons = {} if BROKEN.exists() else {"2026-W48": 1.2}
    try:
        return len(orders) * seasons["2026-W48"]
    except KeyError as error:
        raise ValueError("the calendar has no season for 2026-W48") from error


@step
def report(value: float, expected: float) -> str:
    """A sentence for the morning."""
    return f"Orders are worth {value:.0f}; {expected:.0f} are expected."


@pipeline(tags={"team": "sales"})
def daily_orders():
    """What was ordered, what it is worth, and what to expect."""
    orders = join_orders(read_web_orders(), read_store_orders())
    match_refunds(read_refunds())
    report(value_orders(orders), forecast(orders))


class FitConfig(BaseModel):
    """How a model is fitted."""

    weight: float = Field(default=0.5, description="How much the newest orders count.")


@step(out=DynamicOut())
def split_regions():
    """One region after the other."""
    for region in ("eu", "us", "asia"):
        yield DynamicOutput(region, region)


@step(config=FitConfig, tags={"cost": "high"})
def fit_region(context: StepContext, region: str) -> float:
    """Fits the model of one region."""
    time.sleep(0.1)
    if region == "us" and BROKEN.exists():
        raise ValueError("the calendar has no season for us")
    return len(region) * context.config.weight


@step
def score_region(model: float) -> float:
    """How well it does."""
    return model * 2


@step
def summarise(scores: list[float]) -> float:
    """The mean of all regions."""
    return sum(scores) / len(scores)


@pipeline
def regional_models():
    """A model for each region, and how well they do."""
    summarise(split_regions().map(lambda region: score_region(fit_region(region))).collect())


@step
def open_gate() -> int:
    """Begins at once."""
    return 1


@step
def wait_for_file(number: int) -> int:
    """Goes on when it is told to."""
    while not GO_ON.exists():
        time.sleep(0.02)
    return number


@pipeline
def nightly_backup():
    """Copies what was changed today, once the other system says that it may."""
    wait_for_file(open_gate())


@step(retry_policy=RetryPolicy(max_retries=2, delay=600))
def ask_partner():
    """Asks for what the partner has changed."""
    time.sleep(0.2)
    raise ConnectionError("the partner did not answer within 200 ms")


@step
def apply_changes(changes: list) -> list:
    """Does here what was done there."""
    return changes


@pipeline
def partner_sync():
    """Waits for as long as the partner does not answer."""
    apply_changes(ask_partner())


@step
def read_inbox() -> list:
    """The letters of the last hour."""
    return ["a", "b", "c"]


@step
def parse_letters(letters: list) -> list:
    """Reads them with a library in C."""
    print(f"letter 2 of {len(letters)}: 0xfeff", file=sys.stderr, flush=True)
    os.kill(os.getpid(), signal.SIGSEGV)
    return letters


@pipeline(tags={"dalsegno/max_retries": "1"})
def hourly_import():
    """What has come by mail; tried once more by itself."""
    parse_letters(read_inbox())


@step
def collect_numbers() -> list:
    """The numbers of the week."""
    return list(range(7))


@step
def clean_up(context: StepContext, numbers: list) -> int:
    """Deletes more than it should."""
    made = list((STORAGE / context.run_id).glob("collect_numbers.*"))
    for file in made:
        file.unlink()
    return len(made)


@step
def write_digest(numbers: list, cleaned: int) -> str:
    """The week in a sentence."""
    return f"{len(numbers)} numbers, {cleaned} files deleted"


@pipeline
def weekly_digest():
    """One of its outputs is gone before it is read."""
    numbers = collect_numbers()
    write_digest(numbers, clean_up(numbers))


@step(out={"year": Out(int, is_required=False)})
def close_year():
    """Tells which year is over; on most days none is."""
    if BROKEN.is_dir():
        yield Output(2025, "year")


@step
def archive(year: int) -> int:
    """Copies one day of the year."""
    return year


@pipeline
def yearly_archive():
    """A step for each day, once a year is over."""
    year = close_year()
    for day in range(1, 366):
        archive.alias(f"archive_day_{day:03}")(year)


@pipeline
def yearly_review():
    """It has not run yet."""
    archive(close_year())
