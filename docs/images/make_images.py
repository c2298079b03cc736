"""Makes the sheet of screenshots: every page in every state, light and dark, wide and narrow.

It goes to build/images, with an index.html to look through; the two pictures that README shows go to this folder.
"""

from __future__ import annotations

import argparse
import html
import shutil
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from tests.browser.chromium import FLAGS, chromium_path  # noqa: E402 - the repository's root must be on the path
from tests.browser.gallery import Gallery, broken_service_in, empty_service_in, gallery_in, guarded_service_in  # noqa: E402
from tests.browser.pages import PAGES, PageShown  # noqa: E402
from tests.browser.ui import Ui  # noqa: E402

SHEET = ROOT / "build" / "images"
SIZES = {"1440": {"width": 1440, "height": 900}, "390": {"width": 390, "height": 844}}
SCHEMES = ("light", "dark")
README_PAGES = {"run-mended": "run.png", "run-plan": "plan.png"}


def main() -> None:
    """All pages, or those named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help="pages by the beginning of their names; default: all")
    names = tuple(parser.parse_args().names) or ("",)
    wanted = [shown for shown in PAGES if shown.name.startswith(names)]
    SHEET.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as folder,
        tempfile.TemporaryDirectory() as other,
        tempfile.TemporaryDirectory() as third,
        tempfile.TemporaryDirectory() as fourth,
        gallery_in(Path(folder)) as gallery,
        empty_service_in(Path(other)) as empty_url,
        broken_service_in(Path(third)) as broken_url,
        guarded_service_in(Path(fourth)) as guarded_url,
        sync_playwright() as playwright,
    ):
        urls = {"full": gallery.url, "empty": empty_url, "broken": broken_url, "guarded": guarded_url}
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=FLAGS)
        for shown in wanted:
            print(shown.name, flush=True)
            for size in SIZES:
                for scheme in SCHEMES:
                    _picture(browser, shown, gallery, urls[shown.on], size, scheme)
        browser.close()
    _write_index()
    for name, file in README_PAGES.items():
        if (SHEET / f"{name}.1440.light.png").exists():
            shutil.copyfile(SHEET / f"{name}.1440.light.png", Path(__file__).parent / file)
    print(f"{SHEET.relative_to(ROOT)}/index.html")


def _picture(browser: Browser, shown: PageShown, gallery: Gallery, url: str, size: str, scheme: str) -> None:
    context = browser.new_context(
        base_url=url,
        viewport=SIZES[size],
        color_scheme=scheme,
        reduced_motion="reduce",
        device_scale_factor=1,
    )
    page = context.new_page()
    shown.show(Ui(page), gallery)
    page.evaluate("document.fonts.ready")
    # A page is as long as it is; what lies over it is as the window.
    has_layer = page.locator("[role=dialog], [role=menu]").count() > 0
    page.screenshot(path=SHEET / f"{shown.name}.{size}.{scheme}.png", full_page=not has_layer)
    context.close()


def _write_index() -> None:
    pictures = sorted(SHEET.glob("*.png"))
    rows = "\n".join(
        f'<figure><a href="{html.escape(one.name)}"><img loading="lazy" src="{html.escape(one.name)}" alt=""></a>'
        f"<figcaption>{html.escape(one.stem)}</figcaption></figure>"
        for one in pictures
    )
    style = "body{font:14px system-ui;display:flex;flex-wrap:wrap;gap:16px}figure{margin:0}img{height:360px}"
    (SHEET / "index.html").write_text(f'<!doctype html><meta charset="utf-8"><style>{style}</style>\n{rows}\n')


if __name__ == "__main__":
    main()
