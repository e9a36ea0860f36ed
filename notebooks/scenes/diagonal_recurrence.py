"""Notebook 17: a linear unit with one complex factor: nothing explodes, and its valley narrows."""

from math import cos, log, radians, sin, sqrt

import numpy as np

from bptt_helpers import horizon
from bptt_helpers.plots import lines
from bptt_helpers.plots.lines import Curve, Lines, Panel
from bptt_helpers.plots.style import BACKWARD, FORWARD, LOSS, QUIET, REFERENCE

from .exercise import Exercise
from .sliders import Choice, Guess, Slider, explorer

RING = dict(color=REFERENCE, line="", marker="o", size=11, hollow=True)
T = 100
X = np.random.default_rng(17).standard_normal(T)
STEPS = np.arange(T + 1)
MOVED = np.linspace(-1, 1, 401) ** 3  # closer together where a valley may be narrow
TOP = 1.4
BACK = np.unique(np.logspace(0, 3.7, 250).round())


def unit():
    """What is left of a gradient, how narrow the loss is, and one gradient found from two ends."""
    return explorer(
        compute,
        lines,
        (8.4, 2.6),
        guess=Guess("sd of ∂h/∂|λ| at 0.99:"),
        size=Slider(0.9, 0.5, 0.999, 0.001),
        angle=Slider(20, 0, 180),
        lag=Slider(19, 1, T - 1),
        parameter=Choice("|λ|", ("|λ|", "ν", "angle")),
        normalised=Choice("yes", ("yes", "no")),
    )


def compute(guess, size, angle, lag, parameter, normalised):
    lam, gamma = factor(size, angle), sqrt(1 - size**2) if normalised == "yes" else 1.0
    slope = slopes(lam)[parameter]
    sums = both_sums(lam, gamma, X.tolist(), lag, slope)
    widths = sd(size, gamma), abs(slope) * sd_of_slope(size, gamma)
    panels = (
        what_is_left(lam, lag),
        valley(lam, gamma, parameter, widths[1]),
        from_both_ends(*sums),
    )
    return Lines(panels, in_words(guess, size, angle, lag, parameter, widths, sums))


def factor(size, angle):
    """The complex number of that size and angle, in degrees; a real one at 0 and 180."""
    return size * complex(cos(radians(angle)), sin(radians(angle)) if angle % 180 else 0)


def slopes(lam):
    """∂λ/∂p for each parameter p; |λ| = exp(-exp ν), the angle in radians."""
    size, direction = abs(lam), lam / abs(lam)
    return {"|λ|": direction, "ν": size * log(size) * direction, "angle": 1j * lam}


def moved(lam, parameter, by):
    """λ after its parameter was moved by that much, or by each of many."""
    size, direction = abs(lam), lam / abs(lam)
    if parameter == "angle":
        return lam * np.exp(1j * by)
    return direction * (size + by if parameter == "|λ|" else np.exp(log(size) * np.exp(by)))


# h_t = λ h_(t-1) + γ x_t for independent x_t of mean 0 and variance 1, γ a number of its own: the
# sum over k of γ λ^k x_(t-k), in which each input stands once, so that variances add up.


def sd(size, gamma):
    """Standard deviation of h: that of the sum over k of γ λ^k x_(t-k)."""
    return gamma / sqrt(1 - size**2)


def sd_of_slope(size, gamma):
    """Standard deviation of ∂h/∂λ: that of the sum over k of γ k λ^(k-1) x_(t-k)."""
    q = size**2
    return gamma * sqrt((1 + q) / (1 - q) ** 3)


def mean_loss(lam, target, gamma):
    """Half the mean square distance of a unit's state to that of a unit with factor ``target``."""
    powers = 1 / (1 - abs(lam) ** 2) + 1 / (1 - abs(target) ** 2)
    return gamma**2 * (powers / 2 - (1 / (1 - lam * np.conj(target))).real)


def both_sums(lam, gamma, x, lag, slope):
    """dL/dp summed so far: [t] over the losses up to step t, and over the uses of λ after t.

    L is the sum over t > lag of |h_t - x_(t-lag)|² / 2; ``slope`` is ∂λ/∂p.
    """
    h, s, states, errors, forward = 0j, 0j, [], [], [0.0]
    for t, x_t in enumerate(x, 1):
        states.append(h)
        s = lam * s + h  # ∂h/∂λ, from what h was before this step
        h = lam * h + gamma * x_t
        errors.append(h - x[t - lag - 1] if t > lag else 0j)
        forward.append(forward[-1] + (errors[-1].conjugate() * s * slope).real)
    back, delta = [0.0], 0j
    for before, error in zip(states[::-1], errors[::-1]):
        delta = error + lam.conjugate() * delta
        back.append(back[-1] + (delta.conjugate() * before * slope).real)
    return np.array(forward), np.array(back[::-1])


def what_is_left(lam, lag):
    left, k = abs(lam) ** BACK, np.log10(BACK)
    curves = (
        Curve(k, 0.72**BACK, "0.72$^k$", REFERENCE, "--"),
        Curve(k, left, "|λ|$^k$", BACKWARD),
        Curve(k, (lam**BACK).real, "real part of λ$^k$", QUIET, "", ".", 3),
        Curve(np.log10(horizon(abs(lam), 0.01)), None, "1 % left", QUIET, ":"),
        Curve([np.log10(lag)], [abs(lam) ** lag], **RING),
    )
    note, decades = f"k = {lag}: {abs(lam) ** lag:.3g}", (1, 10, 100, 1000)
    how = dict(xlim=(-0.15, 3.75), ylim=(-1.1, 1.95), ticks=(np.log10(decades), decades))
    return Panel("left after k steps", "steps back, k", curves, note, **how)


def valley(lam, gamma, parameter, width):
    by, wall = MOVED, 1.0
    if parameter == "|λ|":
        wall = 1 - abs(lam)
        by = MOVED[(MOVED >= -abs(lam)) & (MOVED < wall)]
    loss = mean_loss(moved(lam, parameter, by), lam, gamma)
    curves = (
        Curve(by, np.minimum(loss, 2 * TOP), "loss", LOSS),
        Curve([wall, 1, 1, wall], [0, 0, TOP, TOP], "|λ| ≥ 1", QUIET, "fill"),
    )
    note = f"sd of ∂h/∂p = {short(width)}"
    return Panel("loss around its valley", "p moved by", curves, note, (-1.05, 1.05), (-0.05, TOP))


def short(number):
    """Three digits, all of a long whole part, and no minus before 0."""
    return f"{number:.0f}" if abs(number) >= 1000 else f"{number + 0:.3g}"


def largest_of(sums):
    return np.abs(sums).max() or 1.0  # all are 0 for the angle of a real λ, by symmetry


def from_both_ends(forward, back):
    largest = largest_of([forward, back])
    curves = (
        Curve(None, forward[-1] / largest, color=QUIET, line=":"),
        Curve(STEPS, forward / largest, "forward: RTRL", FORWARD),
        Curve(STEPS, back / largest, "backward: BPTT", BACKWARD, "--"),
        Curve([T, 0], [forward[-1] / largest, back[0] / largest], **RING),
    )
    note = f"dL/dp = {short(forward[-1])}"
    return Panel("gradient so far / largest", "step t", curves, note, (-8, 108), (-1.3, 1.95))


def in_words(guess, size, angle, lag, parameter, widths, sums):
    text = f"|λ| = {size:.3g}, {angle}°: {size**lag:.3g} is left at k = {lag} "
    text += f"(0.72^{lag}: {0.72**lag:.3g}), 1 % after {horizon(size, 0.01):.1f} steps. The state "
    text += f"has sd {short(widths[0])}, ∂h/∂{parameter} has sd {short(widths[1])}. dL/dp is "
    text += f"{short(sums[0][-1])} forward and backward, apart by "
    apart = abs(sums[0][-1] - sums[1][0]) / largest_of(sums)
    text += f"{'less than 1e-12' if apart < 1e-12 else f'{apart:.2g}'} of the largest sum."
    if guess is None:
        return text
    right = sd_of_slope(0.99, sqrt(1 - 0.99**2))
    return text + f" You said {guess:.4g}; at 0.99, normalised, it is {right:.3g}."


PICTURES = (unit,)


# Gradient descent on ``mean_loss``.


def loss_slope(lam, target, gamma, slope):
    """dL/dp of ``mean_loss``; ``slope`` is ∂λ/∂p."""
    own = lam.conjugate() / (1 - abs(lam) ** 2) ** 2
    other = target.conjugate() / (1 - lam * target.conjugate()) ** 2
    return gamma**2 * ((own - other) * slope).real


def settles(size, parameter, rate, steps=500):
    """Whether descent from very near the bottom of the valley comes nearer still."""
    target, gamma = factor(size, 20), sqrt(1 - size**2)
    sensitivity = abs(slopes(target)[parameter]) * sd_of_slope(size, gamma)
    lam = moved(target, parameter, 1e-4 / sensitivity)  # h is off by 1e-4
    start = mean_loss(lam, target, gamma)
    for _ in range(steps):
        gradient = loss_slope(lam, target, gamma, slopes(lam)[parameter])
        lam = moved(lam, parameter, -rate * gradient)
        if not 0 < abs(lam) < 1 or mean_loss(lam, target, gamma) > 4 * start:
            return False
    return mean_loss(lam, target, gamma) < start


def largest_step(size, parameter):
    """The largest step size with which descent settles, to 1 %."""
    low, high = 1e-9, 1e3
    while high / low > 1.01:
        middle = sqrt(low * high)
        low, high = (middle, high) if settles(size, parameter, middle) else (low, middle)
    return low


# The same sum of a recurrence h_t = a_t h_(t-1) + b_t without walking through all steps.


def scan_in_pairs(a, b):
    """(all h_t, combine steps, rounds one after the other), from h_0 = 0; Blelloch 1990."""
    if len(b) == 1:
        return b, 0, 0
    even = len(b) // 2 * 2
    firsts, seconds = slice(0, even, 2), slice(1, even, 2)
    joined = a[seconds] * a[firsts], a[seconds] * b[firsts] + b[seconds]
    every_second, steps, rounds = scan_in_pairs(*joined)
    h = b.copy()
    h[seconds] = every_second
    rest = len(h[2::2])
    h[2::2] += a[2::2] * every_second[:rest]
    return h, steps + even // 2 + rest, rounds + 1 + (rest > 0)


exercise_1 = Exercise(
    "Exercise 1",
    log(log(100) / 1000),
    "Find |λ| first: which number, multiplied 1,000 times, gives 0.01? Then undo two exponentials.",
    "exp(-1000 exp ν) = 0.01, so exp ν = log(100) / 1000.",
    tempting=(
        (0.01 ** (1 / 1000), "That is |λ|. Asked is ν, with |λ| = exp(-exp ν)."),
        (log(0.01) / 1000, "That is log |λ| = -exp ν. One logarithm is still to come."),
        (log(100) / 1000, "That is exp ν. One logarithm is still to come."),
        (-log(log(100) / 1000), "The right size with the wrong sign: exp ν is far below 1."),
    ),
)
exercise_2 = Exercise(
    "Exercise 2",
    (sd_of_slope(0.99, sqrt(1 - 0.99**2)) / sd_of_slope(0.9, sqrt(1 - 0.9**2))) ** 2,
    "Near its bottom the valley is half of Var(∂h/∂|λ|) times the distance squared.",
    "The largest step is 2 over that variance, which is the square of the sd.",
    tempting=(
        (
            sd_of_slope(0.99, sqrt(1 - 0.99**2)) / sd_of_slope(0.9, sqrt(1 - 0.9**2)),
            "That is the ratio of the sds. The valley's steepness goes with their square.",
        ),
        (0.99 / 0.9, "That is how much |λ| grows. What counts is how close it is to 1."),
        (
            (sd_of_slope(0.99, 1) / sd_of_slope(0.9, 1)) ** 2,
            "That is without the normaliser: γ is smaller at 0.99 than at 0.9.",
        ),
    ),
    tolerance=0.01,
)
CASES = ((0.5, 2.0, 0.3, 0.8), (-1.0, 0.4, 2.0, 0.9))  # s and h of the step before, x_t, λ
exercise_3 = Exercise(
    "Exercise 3",
    [lam**2 * s + 2 * lam * h for s, h, _, lam in CASES],
    "Differentiate λ² h_{t-1} + x_t by λ. It stands in two places: in λ² and inside h_{t-1}.",
    "By the product rule (λ²)' h_{t-1} + λ² s_{t-1}.",
    tempting=(
        (
            [lam**2 * s + h for s, h, _, lam in CASES],
            "λ² s_{t-1} is right. What h_{t-1} is multiplied by is the derivative of λ².",
        ),
        (
            [2 * lam * h for _, h, _, lam in CASES],
            "That holds h_{t-1} fixed: the immediate derivative. h_{t-1} depends on λ, too.",
        ),
        (
            [lam * s + 2 * lam * h for s, h, _, lam in CASES],
            "2 λ h_{t-1} is right. What came before is multiplied by λ², like the state.",
        ),
        (
            [lam**2 * s + 2 * lam * (lam**2 * h + x) for s, h, x, lam in CASES],
            "That takes the new state. The product rule asks for the old one.",
        ),
    ),
    cases=CASES,
)
exercise_4 = Exercise(
    "Exercise 4",
    11,
    "After how many steps does a state know, after each round? It starts with 1 and doubles.",
    "The first power of 2 that is at least 1,025.",
    tempting=(
        (10, "After 10 rounds each state knows 1,024 steps. One is missing."),
        (1024, "That is the loop: one step after the other."),
        (513, "The reach doubles in each round; it does not grow by a fixed number."),
    ),
)
