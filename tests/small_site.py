"""A small site for the tests, built once: some notebooks, few places of each slider."""

import atexit
import os
import shutil
import tempfile
from functools import cache
from pathlib import Path

import book

STEMS = "02_unrolled_graph", "05_worked_example", "06_total_gradient", "08_quiz"
MOST = dict(most=5, grid_most=20)


@cache
def small_site():
    """Its folder; or the one that the variable SITE names, whose pages are tried instead."""
    if os.environ.get("SITE"):
        return Path(os.environ["SITE"]).resolve()
    folder = Path(tempfile.mkdtemp(prefix="site-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    paths = [book.NOTEBOOKS / f"{stem}.ipynb" for stem in STEMS]
    book.build(paths, folder / "site", folder / "work", **MOST)
    return folder / "site"


def pages():
    return sorted(path.name for path in small_site().glob("*.html"))
