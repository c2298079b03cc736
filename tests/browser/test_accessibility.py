"""No page breaks the rules that axe knows, in light and dark, wide and narrow."""

from __future__ import annotations

import pytest

from tests.browser.gallery import Gallery, broken_service_in, empty_service_in, gallery_in
from tests.browser.pages import PAGES, PageShown

NARROW = {"width": 390, "height": 844}


@pytest.fixture(scope="module")
def gallery(tmp_path_factory):
    with gallery_in(tmp_path_factory.mktemp("gallery")) as gallery:
        yield gallery


@pytest.fixture(scope="module")
def urls(gallery, tmp_path_factory):
    """By the kind of service that a page is shown on."""
    with (
        empty_service_in(tmp_path_factory.mktemp("empty")) as empty,
        broken_service_in(tmp_path_factory.mktemp("broken")) as broken,
    ):
        yield {"full": gallery.url, "empty": empty, "broken": broken}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("shown", PAGES, ids=lambda shown: shown.name)
def test_no_page_breaks_a_rule_of_accessibility(browsing, gallery: Gallery, urls, shown: PageShown, scheme):
    ui = browsing.open(urls[shown.on], color_scheme=scheme, reduced_motion="reduce")
    shown.show(ui, gallery)
    assert ui.violations() == []


@pytest.mark.parametrize("shown", PAGES, ids=lambda shown: shown.name)
def test_no_page_is_wider_than_a_telephone(browsing, gallery: Gallery, urls, shown: PageShown):
    ui = browsing.open(urls[shown.on], viewport=NARROW)
    shown.show(ui, gallery)
    assert ui.page.evaluate("document.documentElement.scrollWidth") <= NARROW["width"]
