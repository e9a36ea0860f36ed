"""The command behind notebook 11's cache: its parts, and that the cache is what it computes."""

import runpy
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parent.parent
tool = runpy.run_path(str(ROOT / "tools" / "train_recall.py"))
RNG = np.random.default_rng


def test_recall_shows_the_bit_once():
    x, bit = tool["recall"](RNG(0), 7, 0.0, batch=5)
    assert x.shape == (7, 5, 1) and set(bit.ravel()) == {-1.0, 1.0}
    assert np.array_equal(x[0], bit) and not x[1:].any()
    noisy, _ = tool["recall"](RNG(0), 500, 0.3)
    assert abs(noisy[1:].std() - 0.3) < 0.01


@pytest.mark.parametrize("kind, norm", [("identity", 1), ("0.9 I", 0.9), ("orthogonal", 1)])
def test_start_has_the_named_W_h(kind, norm):
    W_h = tool["start"](RNG(1), kind).W_h
    assert np.allclose(W_h @ W_h.T, norm**2 * np.eye(len(W_h)))


def test_random_starts_differ_in_size_alone():
    tiny, usual = (tool["start"](RNG(2), kind) for kind in ("0.01 randn", "gaussian"))
    assert abs(tiny.W_h.std() / 0.01 - 1) < 0.1
    assert np.allclose(tiny.W_h / 0.01, usual.W_h * np.sqrt(len(usual.W_h)))
    assert np.array_equal(tiny.W_x, usual.W_x)


def test_only_the_last_step_has_a_loss():
    params = tool["start"](RNG(3), "gaussian")
    x, bit = tool["recall"](RNG(4), 6, 0.1, batch=3)
    y, gradient = tool["backward"](params, x, bit)
    assert np.allclose(gradient.b_y, (y - bit).mean(0))


def test_adam_moves_every_entry_by_its_rate_at_first():
    params = tool["start"](RNG(5), "identity")
    gradient = params._replace(W_h=1e-4 * np.ones_like(params.W_h))
    moved, memory = tool["adam"](params, gradient, 0.01, None)
    assert np.allclose(params.W_h - moved.W_h, 0.01, rtol=1e-3)
    assert memory[0] == 1


def test_the_cache_is_what_the_command_computes():
    data = np.load(tool["OUT"])
    names = list(tool["SETTINGS"])
    shape = len(names), len(tool["LENGTHS"]), len(tool["STARTS"]), len(tool["SEEDS"])
    for name in "noise 0.1", "noise 0.1, Adam":
        run, _ = tool["train"]("identity", 10, 1, *tool["SETTINGS"][name])
        place = names.index(name), tool["LENGTHS"].index(10), tool["STARTS"].index("identity"), 1
        for field, value in run._asdict().items():
            assert data[field].shape == shape
            assert value == pytest.approx(data[field][place], abs=1e-3)
    assert data["patient"].shape == (len(tool["SEEDS"]), len(tool["Run"]._fields))
