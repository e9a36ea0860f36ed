"""The toy sequences have the lag that they promise, and the recording is the one it should be."""

import numpy as np
import pytest

from bptt_helpers.data import echo, eeg, leaky


@pytest.mark.parametrize("lag", [0, 1, 7, 29])
def test_echo_repeats_what_came_lag_steps_before(lag):
    x, targets = echo(np.random.default_rng(0), 30, lag, batch=4)
    assert x.shape == targets.shape == (30, 4, 1)
    assert set(np.unique(x)) == {-1.0, 1.0}
    for t in range(30):
        expected = x[t - lag] if t >= lag else np.zeros((4, 1))
        assert np.array_equal(targets[t], expected)


def test_leaky_integrator_is_its_convolution():
    x, targets = leaky(np.random.default_rng(1), 50, 0.9, batch=2)
    assert x.shape == targets.shape == (50, 2, 1)
    weights = 0.9 ** np.arange(50)
    for b in range(2):
        assert np.allclose(targets[:, b, 0], np.convolve(x[:, b, 0], weights)[:50], rtol=1e-12)


@pytest.mark.parametrize("make", [lambda rng: echo(rng, 40, 3, 2), lambda rng: leaky(rng, 40)])
def test_chance_comes_from_rng_alone(make):
    first, second, other = (make(np.random.default_rng(seed)) for seed in (5, 5, 6))
    assert all(np.array_equal(a, b) for a, b in zip(first, second))
    assert not np.array_equal(first[0], other[0])


def test_eeg_is_standardised_and_in_time_order():
    samples = eeg()
    assert samples.shape == (800, 4) and samples.dtype == float
    assert np.allclose(samples.mean(0), 0, atol=1e-12) and np.allclose(samples.std(0), 1)
    # Each channel is smooth in time: read in the wrong order, neighbours would not correlate.
    neighbours = [np.corrcoef(c[:-1], c[1:])[0, 1] for c in samples.T]
    assert min(neighbours) > 0.8
    assert np.abs(np.corrcoef(samples.T) - np.eye(4)).max() < 0.9


@pytest.mark.parametrize(
    "call, name",
    [
        (lambda rng: echo(rng, 10, 10), "lag"),
        (lambda rng: echo(rng, 10, -1), "lag"),
        (lambda rng: echo(rng, 0, 0), "T"),
        (lambda rng: echo(rng, 10, 1, batch=0), "batch"),
        (lambda rng: leaky(rng, 2.5), "T"),
        (lambda rng: leaky(rng, 5, leak=float("nan")), "leak"),
        (lambda rng: leaky(rng, 5, batch=0), "batch"),
    ],
)
def test_bad_input_is_named(call, name):
    with pytest.raises(ValueError, match=f"^{name}: expected"):
        call(np.random.default_rng(0))
