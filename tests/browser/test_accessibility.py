"""No page breaks the rules that axe knows, in light and dark, wide and narrow."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import new_profile
from tests.browser.gallery import Gallery, broken_service_in, empty_service_in, guarded_service_in
from tests.browser.pages import PAGES, PageShown

NARROW = {"width": 390, "height": 844}


@pytest.fixture(scope="module")
def profiles(browser, gallery, tmp_path_factory):
    """By the kind of service that a page is shown on. They are kept, and with them what a browser has in its cache."""
    with (
        empty_service_in(tmp_path_factory.mktemp("empty")) as empty,
        broken_service_in(tmp_path_factory.mktemp("broken")) as broken,
        guarded_service_in(tmp_path_factory.mktemp("guarded")) as guarded,
    ):
        urls = {"full": gallery.url, "empty": empty, "broken": broken, "guarded": guarded}
        yield {kind: new_profile(browser, url, reduced_motion="reduce") for kind, url in urls.items()}


@pytest.mark.parametrize("shown", PAGES, ids=lambda shown: shown.name)
def test_every_page_can_be_read_by_everybody(browsing, gallery: Gallery, profiles, shown: PageShown):
    ui = browsing.open_in(profiles[shown.on])
    shown.show(ui, gallery)
    assert ui.violations() == [], "in light colours"
    ui.page.emulate_media(color_scheme="dark")
    # The same page, in other colours.
    assert ui.violations(of_colours=True) == [], "in dark colours"
    ui.page.set_viewport_size(NARROW)
    expect(ui.page.locator("body")).to_have_css("width", f"{NARROW['width']}px")
    assert ui.violations() == [], "on a telephone"
    assert ui.page.evaluate("document.documentElement.scrollWidth") <= NARROW["width"], "wider than a telephone"
    # How a browser tells of a token that was refused.
    browsing.expects("401 (Unauthorized)")
