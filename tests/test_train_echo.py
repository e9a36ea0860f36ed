"""The command behind notebook 10's cache: its parts, and that the cache is what it computes."""

import json
import runpy
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parent.parent
tool = runpy.run_path(str(ROOT / "tools" / "train_echo.py"))


def test_best_readout_finds_what_is_in_the_states_and_nothing_else():
    rng = np.random.default_rng(0)
    h = rng.standard_normal((400, 3, 5))
    assert tool["best_readout"](h, np.sign(h[..., :1] + 0.5)) > 0.9
    assert 0.4 < tool["best_readout"](h, rng.choice([-1.0, 1.0], (400, 3, 1))) < 0.6


@pytest.mark.parametrize("lag, K, frozen", [(8, 8, False), (8, 9, True), (4, 16, False)])
def test_the_cache_is_what_the_command_computes(lag, K, frozen):
    data = np.load(tool["OUT"])
    sizes = len(tool["LAGS"]), len(tool["KS"]), 2, len(tool["SEEDS"])
    assert data["accuracy"].shape == data["best_readout"].shape == sizes
    place = data["lags"].tolist().index(lag), data["K"].tolist().index(K), int(frozen), 2
    accuracy, best = tool["train"](2, lag, K, frozen)
    assert accuracy == pytest.approx(data["accuracy"][place], abs=0.02)
    assert best == pytest.approx(data["best_readout"][place], abs=0.02)


def test_a_chunk_shorter_than_the_lag_does_not_learn_it():
    accuracy, _ = tool["train"](2, 8, 7)
    assert accuracy < 0.9


@pytest.mark.parametrize("frozen", [False, True])
def test_the_notebook_trains_as_the_command_does(frozen):
    path = ROOT / "notebooks" / "10_what_truncation_costs.ipynb"
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    (cell,) = ["".join(c["source"]) for c in cells if "def train_echo(" in "".join(c["source"])]
    shown = dict(tool)  # the same imports
    exec(cell, shown)
    assert shown["train_echo"](3, 8, 5, frozen, 300) == tool["train"](3, 8, 5, frozen, 300)[0]
