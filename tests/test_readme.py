"""What the README says, done."""

import re
from pathlib import Path

import numpy as np
import pytest
from lesson_rows import NOTEBOOKS

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text("utf-8")
LINKS = sorted(set(re.findall(r"\]\((?!https?:)([^)#]+)", README)))


@pytest.mark.parametrize("link", LINKS)
def test_links_resolve(link):
    assert (ROOT / link).exists()


def test_every_notebook_is_listed_in_order():
    listed = re.findall(r"^\| \[.*?\]\(notebooks/(\w+)\.ipynb\)", README, re.M)
    assert listed == NOTEBOOKS


@pytest.mark.parametrize("module", sorted(set(re.findall(r"`test_(\w+)`", README))))
def test_tests_named_there_exist(module):
    assert (ROOT / "tests" / f"test_{module}.py").exists()


def test_the_training_loop_runs_and_learns():
    (loop,) = re.findall(r"```python\n(.*?)```", README, re.S)
    names = {}
    exec(loop, names)
    assert names["trajectory"].x.shape == (20, 1)
    start = names["init_params"](np.random.default_rng(0), 1, 8, 1)
    before, after = (
        names["bptt"](params, names["forward"](params, names["x"]), names["targets"]).loss
        for params in (start, names["params"])
    )
    assert after < 0.8 * before
