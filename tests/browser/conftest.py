"""One JupyterLab and one browser for all browser tests.

Without Chromium or Chrome these tests are skipped; where CI is set they fail.
"""

import importlib.util
import os

import pytest
from lab import FOLDER, Lab, browser, find_browser


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
    with browser(pixel_ratio=2) as window:
        yield window
