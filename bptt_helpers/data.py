"""Toy sequences with a known lag, and one real recording. Time is the first axis.

rng : numpy.random.Generator, the only source of chance.
"""

import numpy as np

from . import checks


def echo(rng, T, lag, batch=1):
    """Repeat what came ``lag`` steps before: x_t = +1 or -1, target_t = x_{t-lag}, 0 for t <= lag.

    Returns x, targets, both (T, batch, 1). ValueError unless 0 <= lag < T and batch >= 1 (whole).
    """
    checks.generator("rng", rng)
    T = checks.whole("T", T, 1, checks.MOST)
    batch = checks.whole("batch", batch, 1, checks.MOST // T)
    lag = checks.whole("lag", lag, 0, T - 1)
    x = rng.choice([-1.0, 1.0], (T, batch, 1))
    return x, np.concatenate([np.zeros((lag, batch, 1)), x[: T - lag]])


@checks.quiet
def leaky(rng, T, leak=0.97, batch=1):
    """Leaky integrator: target_t = leak target_{t-1} + x_t from target_0 = 0, x_t standard normal.

    It remembers about 1 / (1 - leak) steps. Returns x, targets, both (T, batch, 1).
    ValueError unless T and batch are whole numbers >= 1, and where a leak above 1 explodes.
    """
    checks.generator("rng", rng)
    T = checks.whole("T", T, 1, checks.MOST)
    batch = checks.whole("batch", batch, 1, checks.MOST // T)
    leak = checks.number("leak", leak)
    x = rng.standard_normal((T, batch, 1))
    targets = x.copy()
    for before, now in zip(targets, targets[1:]):
        now += leak * before
    return x, checks.finite("leak", targets, 1)


def eeg():
    """The recording that ships with matplotlib: (800, 4), each channel with mean 0, variance 1."""
    from matplotlib.cbook import get_sample_data

    with get_sample_data("eeg.dat") as file:
        samples = np.frombuffer(file.read(), "<f8").reshape(800, 4)
    return (samples - samples.mean(0)) / samples.std(0)
