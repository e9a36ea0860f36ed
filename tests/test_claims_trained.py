"""Claims that rest on training, on seeds that no notebook shows; and over ranges what is stored.

The trainers are those of the commands in tools/, which other tests hold against the package.
"""

from pathlib import Path

import numpy as np
import pytest
import train_memory as memory

from scenes import long_memory

DATA = Path(__file__).resolve().parent.parent / "notebooks" / "scenes" / "data"
SEEDS = range(3, 7)
RATES = 0.01, 0.03, 0.1, 0.3


def learned(start, T, noise, rule, rate, updates=400):
    """Of four networks that are not stored, how many recall the bit."""
    found = memory.train(start, T, noise, rule, rate, seeds=SEEDS, updates=updates)
    return int((found.recalled >= 0.9).sum())


# 13: start, step size, rule


def test_twenty_steps_are_a_matter_of_start_and_rule():
    assert learned("uniform", 10, 0.1, "sgd", 0.03) == 4
    assert learned("uniform", 20, 0.1, "sgd", 0.03, 300) <= 1
    assert learned("uniform", 20, 0.1, "adam", 0.01) >= 3
    for start in "gaussian", "orthogonal":
        assert learned(start, 20, 0.1, "sgd", 0.03) == 4


def test_plain_1_is_too_far_for_good_starts():
    near, far = (
        [learned(start, 20, 0.1, "sgd", rate, 200) for start in ("identity", "0.9 I")]
        for rate in (0.03, 1.0)
    )
    assert near == [4, 4] and sum(far) <= 5


def test_the_noise_alone_decides_at_the_same_start():
    quiet, loud = (learned("tiny", 20, noise, "adam", 0.003) for noise in (0.001, 0.1))
    assert quiet == 4 and loud == 0


@pytest.fixture(scope="module")
def stored():
    with np.load(memory.OUT) as arrays:
        return {name: arrays[name].astype(float) for name in arrays}


def test_half_of_the_orthogonal_networks_pass_the_bit_on(stored):
    calm = [i for i, rule in enumerate(memory.RULES) if rule != ("sgd", 1.0)]
    at = memory.NOISES.index(0.1), memory.LENGTHS.index(100)
    near = {}
    for kind in "orthogonal", "identity":
        place = *at, memory.STARTS.index(kind)
        won = stored["recalled"][place][calm] >= 0.9
        near[kind] = (np.abs(stored["after"][place][calm][won]) < 1).mean()
    assert 0.4 < near["orthogonal"] < 0.65 and near["identity"] < 0.15


# 11: what stays low once K is beyond the lag, and what the recording shows


def echo(name, lag, K, rate, frozen):
    with np.load(DATA / "k_echo.npz") as data:
        axes = dict(lag=lag, K=K, rate=rate)
        at = tuple(int(np.flatnonzero(np.isclose(data[n], v))[0]) for n, v in axes.items())
        return data[name][at][int(frozen), 0].astype(float)


def test_frozen_networks_end_lower_from_K_above_the_lag_on():
    for lag, most in ((5, 0.06), (8, 0.3)):
        ends = {K: np.median(echo("error", lag, K, 0.1, True)) for K in (lag, lag + 1)}
        assert ends[lag + 1] < most < 0.9 < ends[lag]


def test_lag_3_has_no_threshold():
    good = [[(echo("error", 3, K, r, False) < 0.05).sum() for K in (1, 2, 3, 4)] for r in RATES]
    assert np.min(good[:3]) == 20 and good[3][0] >= 17


def test_a_small_K_has_most_of_the_gain_of_ten_with_100_passes_only():
    with np.load(DATA / "k_eeg.npz") as data:
        mean = data["error"][:, :, :, 0, 0].astype(float).mean(-1)  # (passes, rate, K), carried
        linear = data["linear"][1]
    gain = mean[..., 0] - mean[..., 4]  # from K = 1 to 10
    share = (mean[..., 0] - mean[..., 1]) / gain
    assert (share[0] > 0.5).all() and (gain[1, 1:] < 0).all()
    assert np.nanmin(mean) > linear


# 13: where a thrown path ends


def test_where_a_path_is_thrown_the_gradient_is_gone():
    for rate in 0.005, 0.01, 0.02, 0.05, 0.5:
        path = long_memory.descend(1.5, -0.3, T=20, rate=rate)
        longest = np.hypot(*np.diff(path[:, :2], axis=0).T).max()
        assert (longest > 1) == (rate in (0.01, 0.02, 0.05))
        if longest > 1:
            assert path[-1, 3] < 1e-3 and path[-1, 2] > 0.04
