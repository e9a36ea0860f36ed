"""One JupyterLab and one browser for all browser tests.

Without Chromium or Chrome these tests are skipped; where CI is set they fail.
"""

import importlib.util
import os

import pytest
from lab import FOLDER, NOTEBOOKS, Lab, browser, find_browser


@pytest.fixture(scope="session")
def _usable():
    missing = ""
    if importlib.util.find_spec("playwright") is None:
        missing = "playwright is not installed"
    elif find_browser() is None:
        missing = "no Chromium or Chrome was found"
    if missing and os.environ.get("CI", "").lower() in ("", "0", "false"):
        pytest.skip(f"browser tests: {missing}")
    assert not missing, f"browser tests: {missing}"


@pytest.fixture(scope="session")
def server(_usable, tmp_path_factory):
    with Lab(tmp_path_factory.mktemp("lab"), FOLDER) as server:
        yield server


@pytest.fixture(scope="session")
def window(_usable):
    """A small laptop with a sharp screen."""
    with browser(pixel_ratio=2, width=1366, height=768) as window:
        yield window


@pytest.fixture(scope="session", params=NOTEBOOKS)
def page(server, window, request):
    """A notebook beside the file browser, after Run All: run once for all that is asked of it.

    Of before: ``fresh``, what a fresh clone shows; of after: ``start``, the first pictures.
    """
    with server.open(window, request.param, "lab/tree") as page:
        page.page.locator(".jp-DirListing-item").first.wait_for()
        page.fresh = page.stored()
        page.run_all()
        page.start = [explorer.picture() for explorer in page.explorers()]
        yield page


@pytest.fixture
def explorers(page):
    """The explorers at their starting values; afterwards none may have complained."""
    found = page.explorers()
    if not found:
        pytest.skip("no explorer in this notebook")
    for explorer, picture in zip(found, page.start, strict=True):
        if explorer.picture() != picture:  # a test that failed left it so
            explorer.reset()
    yield found
    assert [explorer.status() for explorer in found] == [""] * len(found)
    assert page.failures() == []
