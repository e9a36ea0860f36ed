"""Notebook 12: what a cut costs: the wrong sign, a bias, and what is never learned."""

from functools import cache, reduce
from math import atanh, ceil, sqrt
from pathlib import Path

import numpy as np

from bptt_helpers import (
    Params,
    Trajectory,
    bptt,
    forward,
    init_params,
    sliding_window,
    step_jacobians,
)
from bptt_helpers.data import echo
from bptt_helpers.plots import lines
from bptt_helpers.plots.lines import Curve, Lines, Panel
from bptt_helpers.plots.style import BACKWARD, LOSS, QUIET, REFERENCE, TRUNCATION, WEIGHT

from .exercise import Exercise
from .sliders import Choice, Guess, Slider, explorer

RING = dict(color=REFERENCE, line="", marker="o", size=11, hollow=True)
POINT = dict(line="", marker="o", size=9)

# One linear unit and an echo: h_t is the sum over m of w^m x_{t-m}, the target a x_{t-lag}.

M = np.arange(300)
W = np.linspace(0, 0.9, 91)


def sign():
    """What each input says about w, with and without a cut, and where each gradient leads."""
    return explorer(
        compute_sign,
        lines,
        (8.4, 2.6),
        guess=Guess("Downhill from K =", ("2", "3", "4", "5")),
        K=Slider(1, 1, 12),
        lag=Slider(3, 1, 6),
        a=Slider(2.0, 0.0, 4.0, 0.1),
        w=Slider(0.6, 0.0, 0.75, 0.01),
    )


def echo_loss(w, lag, a):
    return 0.5 * np.sum((np.power.outer(w, M) - a * (M == lag)) ** 2, -1)


def by_use(w, lag, a):
    """dL/dw in parts, [..., m - 1]: (w^m - a [m = lag]) w^(m-1), what x_{t-m} says at one use of
    w on its way."""
    powers = np.power.outer(w, M)
    return (powers - a * (M == lag))[..., 1:] * powers[..., :-1]


def uses(K=None):
    """[m - 1]: the uses of w on the way of x_{t-m} that chunks of K find (without K: all m)."""
    places = np.arange(1, K + 1) if K else M[-1:]
    return np.minimum(M[1:, None], places).mean(1)


def by_input(w, lag, a, K=None):
    """[..., m - 1]: what x_{t-m} says at all uses of w that are found."""
    return by_use(w, lag, a) * uses(K)


def echo_slope(w, lag, a, K=None):
    return by_use(w, lag, a).dot(uses(K))


def way(w, slopes):
    """The places that small steps downhill pass: to the first zero of the slope, or to the end."""
    start = np.argmin(abs(W - w))
    ahead = np.arange(start, len(W)) if slopes[start] < 0 else np.arange(start, -1, -1)
    turned = slopes[ahead] * np.sign(slopes[start]) <= 0
    return ahead[: turned.argmax() + 1] if turned.any() else ahead


def downhill_from(lag, a, w):
    """The first K from which chunks of K, and of more, agree with the full gradient's sign."""
    full = echo_slope(w, lag, a)
    wrong = [K for K in range(1, 40) if echo_slope(w, lag, a, K) * full <= 0]
    return max(wrong, default=0) + 1


def compute_sign(guess, K, lag, a, w):
    full, cut = echo_slope(W, lag, a), echo_slope(W, lag, a, K)
    ways = way(w, full), way(w, cut)
    parts = [by_input(W[ways[0][0]], lag, a, each) for each in (None, K)]
    panels = parts_panel(*parts, tallest(a)), valley_panel(lag, a, full * cut < 0, ways)
    return Lines(panels, sign_in_words(K, lag, a, full, cut, ways) + said_K(guess))


BARS = 8  # inputs shown one by one; their sum, with all others, beside them


@cache
def tallest(a):
    """The highest bar for any lag, w and K of the sliders."""
    parts = np.array([by_use(W[W <= 0.751], lag, a) for lag in range(1, 7)])
    sums = parts.dot(np.transpose([uses(K) for K in (None, *range(1, 13))]))
    return max(abs(parts * uses())[..., :BARS].max(), abs(sums).max())


def parts_panel(full, cut, highest):
    x = np.append(np.arange(1, BARS + 1), BARS + 2)
    heights = np.array([np.append(each[:BARS], each.sum()) for each in (full, cut)])
    end = coarse(highest, (3, 4.6, 6.3))
    curves = (
        Curve(*bars(x, heights[0]), "no cut", BACKWARD),
        Curve(*bars(x, heights[1]), color=TRUNCATION, line="fill"),
        Curve(x, heights[1], "chunks of K", TRUNCATION, "", "o", 7),
        Curve(BARS + 1, None, color=QUIET, line=":"),
    )
    ticks = x, [*map(str, x[:-1]), "sum"]
    title = "gradient for w, by input"
    limits = dict(xlim=(0.2, BARS + 2.8), ylim=(-1.04 * end, 1.04 * end))
    return Panel(title, "steps back", curves, ticks=ticks, **limits)


def bars(x, heights):
    zero = np.zeros((len(x), 1))
    outline = np.concatenate([zero, *[heights[:, None]] * 2, zero], axis=1)
    return (x[:, None] + [-0.35, -0.35, 0.35, 0.35]).ravel(), outline.ravel()


def coarse(value, sizes):
    return next((size for size in sizes if value <= size), value)


def relative_loss(lag, a):
    """At each w, over that of w = 0."""
    return echo_loss(W, lag, a) / echo_loss(0, lag, a)


@cache
def valley_limits(lag, a):
    """Of the loss, for all lags whose valleys are about as deep: no axis moves between them."""
    alike = (1, 2) if lag < 3 else (3, 4, 5, 6)
    loss = np.array([relative_loss(each, a) for each in alike])
    high = coarse(loss[:, W <= 0.751].max() + 0.02, (1.03, 1.15, 1.5, 2, 4, 8))
    return -coarse(0.02 * high - loss.min(), (-0.95, -0.88, -0.8, -0.6, -0.3, 0.15)), high


def valley_panel(lag, a, apart, ways):
    loss, (along, cut), (low, high) = relative_loss(lag, a), ways, valley_limits(lag, a)
    x, y = np.repeat(W, 2)[1:], np.repeat(np.where(apart, high, low), 2)[:-1]
    beside = 0.012 * (high - low)
    curves = (
        Curve(np.append(x, W[[-1, 0]]), np.append(y, [low] * 2), "signs differ", QUIET, "fill"),
        Curve(W, loss, color=LOSS),
        Curve(W[along], loss[along] - beside, color=BACKWARD),
        Curve(W[cut], loss[cut] + beside, color=TRUNCATION, line="--"),
        Curve(W[along[:1]], loss[along[:1]], "start", REFERENCE, "", "s", 8),
        Curve(W[along[-1:]], loss[along[-1:]], "", BACKWARD, "", "o", 8),
        Curve(W[cut[-1:]], loss[cut[-1:]], "", TRUNCATION, "", "o", 14, True),
    )
    return Panel("loss over that of w = 0", "w", curves, xlim=(-0.03, 0.93), ylim=(low, high))


def sign_in_words(K, lag, a, full, cut, ways):
    (start, end), end_cut = ways[0][[0, -1]], ways[1][-1]
    loss = echo_loss(W[[start, end, end_cut]], lag, a)
    text = f"Echo of lag {lag}, a = {a}, at w = {W[start]:.2f}: without a cut the gradient is "
    text += f"{full[start] + 0:.2f}, chunks of {K} say {cut[start] + 0:.2f}. Downhill, the first "
    text += f"leads to w = {W[end]:.2f}, the second to w = {W[end_cut]:.2f}; the loss goes from "
    return text + f"{loss[0]:.3f} to {loss[1]:.3f} and {loss[2]:.3f}."


def said_K(guess):
    if guess is None:
        return ""
    return f" You said {guess}; at lag 3, a = 2 and w = 0.6 it is {downhill_from(3, 2.0, 0.6)}."


# Random networks.

STEPS = 1200
KS = np.array([1, 2, 4, 5, 8, 10, 20, 40, 50, 80])  # each divides the 1,200 steps
LEAST = -6  # log10, where smaller errors are drawn
AXIS = dict(xlim=(-0.1, 2.0), ticks=(np.log10([1, 2, 5, 10, 20, 50]), [1, 2, 5, 10, 20, 50]))


def network(gain, strength, seed, targets, T=STEPS):
    """A network of 8 units, its run, and targets: of a second network, or above every output."""
    rng = np.random.default_rng(seed)
    params = init_params(rng, 2, 8, 1, gain=gain)
    teacher = init_params(rng, 2, 8, 1, gain=gain)
    run = forward(params, strength * rng.standard_normal((T, 2)))
    wanted = forward(teacher, run.x).y if targets == "teacher" else run.y - 1
    return params, run, wanted


def truncated(params, run, targets, K):
    """dL/dW_h by chunks of K, a divisor of T, all of them in one batch."""
    T = len(run.x) // K * K

    def cut(a):
        return a[:T].reshape(-1, K, a.shape[-1]).swapaxes(0, 1)  # (K, chunks, ...)

    h = np.concatenate([run.h[None, :T:K], cut(run.h[1:])])  # each from the state it was handed
    parts = Trajectory(cut(run.x), h, cut(run.y))
    return bptt(params, parts, cut(targets), keep_h=False).params.W_h * (T // K)


def by_lag(params, run, targets, lags):
    """[j]: the sum over t of the terms (t, t - j) of dL/dW_h, all losses one step back at once."""
    h, T, sums = run.h, len(run.x), []
    dh = (run.y - targets) @ params.W_y  # of each loss, by the state at its own step
    for j in range(lags):
        dz = dh * (1 - h[1 : T - j + 1] ** 2)  # row k - 1: the loss at t = k + j
        sums.append(dz.T @ h[: T - j])
        dh = dz[1:] @ params.W_h
    return np.array(sums)


LAST = -2, -1  # the axes of one gradient; before them, as many as there are


def off(g, full):
    return np.linalg.norm(g - full, axis=LAST) / np.linalg.norm(full)


def angle(g, full):
    cosine = np.sum(g * full, LAST) / (np.linalg.norm(g, axis=LAST) * np.linalg.norm(full))
    return np.degrees(np.arccos(np.clip(cosine, -1, 1)))


def bias():
    """Length and direction of the error of both cuts, over K."""
    return explorer(
        compute_bias,
        lines,
        (8.4, 3.1),
        gain=Slider(0.9, 0.3, 1.3, 0.05),
        strength=Slider(0.5, 0.1, 2.0, 0.1),
        seed=Slider(0, 0, 20),
        K=Choice(20, (*KS.tolist(),)),
        targets=Choice("teacher", ("teacher", "pull up")),
    )


@cache
def cuts(gain, strength, seed, targets):
    """[error, angle; chunks, window; KS]"""
    net = network(gain, strength, seed, targets)
    full = bptt(*net, keep_h=False).params.W_h
    windows = np.cumsum(by_lag(*net, KS[-1]), axis=0)[KS - 1]
    both = np.array([[truncated(*net, K) for K in KS], windows])
    return np.array([off(both, full), angle(both, full)])


def compute_bias(gain, strength, seed, K, targets):
    errors, angles = cuts(gain, strength, seed, targets)
    at = KS.tolist().index(K)
    logs = np.log10(np.maximum(errors, 10.0**LEAST))
    like = Curve(np.log10(KS), logs[0][5] + 1 - np.log10(KS), "falls like 1/K", QUIET, ":")
    least = Curve(None, LEAST, f"10$^{{{LEAST}}}$ or less", REFERENCE, "-.")
    right = Curve(None, 90, "90°: gains nothing", REFERENCE, ":")
    y = (LEAST - 0.5, 0.8), (-10, 125)
    panels = (
        cut_panel("log$_{10}$ of the error / full length", logs, at, (like, least), y[0]),
        cut_panel("angle to the full gradient, degrees", angles, at, (right,), y[1]),
    )
    return Lines(panels, bias_in_words(errors, angles, at))


def cut_panel(title, both, at, beside, y):
    K = np.log10(KS)
    curves = (
        Curve(K, both[0], "chunks of K", TRUNCATION, marker="o"),
        Curve(K, both[1], "sliding window of K", BACKWARD, "--", marker="s"),
        *beside,
        Curve(K[[at, at]], both[:, at], **RING),
    )
    return Panel(title, "K", curves, ylim=y, **AXIS)


def bias_in_words(errors, angles, at):
    (chunks, window), (turned, turned_window) = errors[:, at], angles[:, at]
    text = f"K = {KS[at]}: chunks are off by {chunks:.3g} of the gradient's length and turned by "
    text += f"{turned:.1f}°; a window is off by "
    text += f"{window:.2g}" if window > 1e-10 else "less than 1e-10"
    text += f", turned by {turned_window:.1f}°. From K = 5 on the chunks' error falls like K to the"
    return text + f" power {fall(errors[0]):.2f}."


def fall(errors):
    """The power of K by which errors fall from K = 5 on."""
    return np.polyfit(np.log(KS[3:]), np.log(errors[3:]), 1)[0]


def errors(K, gain, strength, seed):
    """Of chunks and of a window of K, as shares of the full gradient's length; with a teacher."""
    net = network(gain, strength, seed, "teacher", 1000)
    full = bptt(*net, keep_h=False).params.W_h
    return off(truncated(*net, K), full), off(by_lag(*net, K).sum(0), full)


def powers(targets, T, gain=0.9, seeds=range(20)):
    """The powers of K by which the errors of chunks fall, in so many networks on T steps."""
    found = []
    for seed in seeds:
        net = network(gain, 0.5, seed, targets, T)
        full = bptt(*net, keep_h=False).params.W_h
        found.append(fall([off(truncated(*net, K), full) for K in KS]))
    return found


def window_rate(seed):
    """Factors a step: of a window's error from K = 10 to 40, and of |dh_t/dh_(t-30)|."""
    net = params, run, _ = network(0.9, 0.5, seed, "teacher", 2000)
    beyond = np.cumsum(by_lag(*net, 60)[::-1], axis=0)[::-1]
    left = np.linalg.norm(beyond, axis=(1, 2))
    J = step_jacobians(params, run)
    back = [np.linalg.norm(reduce(np.matmul, J[i : i + 30][::-1])) for i in range(0, 1800, 30)]
    return (left[40] / left[10]) ** (1 / 30), np.exp(np.mean(np.log(back)) / 30)


def flips(n, gain, seed):
    """Whether chunks of 2 turn the gradient for W_h of n units by more than 90 degrees."""
    rng = np.random.default_rng(seed)
    net, teacher = (init_params(rng, 1, n, 1, gain=gain) for _ in range(2))
    run = forward(net, 0.5 * rng.standard_normal((200, 1)))
    wanted = forward(teacher, run.x).y
    return np.sum(truncated(net, run, wanted, 2) * truncated(net, run, wanted, 200)) < 0


def small_echo(w, lag, a, T=100_000):
    """One unit with signals so small that tanh is a straight line: run, targets, params."""
    x, targets = (side[:, 0] for side in echo(np.random.default_rng(0), T, lag))
    small = Params(*map(np.array, ([[w]], [[1.0]], [0.0], [[100.0]], [0.0])))
    return forward(small, 0.01 * x), a * targets, small


def unit_misses(T, K):
    """What chunks of K and a window of K miss in the lesson's unit, kept at tanh' = 0.8."""
    rest = sqrt(0.2)
    drive = np.full((T, 1), atanh(rest) - 0.9 * rest)
    unit = Params(*map(np.array, ([[0.9]], [[1.0]], [0.0], [[1.0]], [0.0])))
    run = forward(unit, drive, [rest])
    net = unit, run, run.y - 1  # the residual is 1 at every step
    full = bptt(*net).params.W_h
    both = truncated(*net, K), sliding_window(*net, K).params.W_h
    return [1 - (g / full).item() for g in both]


# Trained networks, stored by tools/train_echo.py: [lag, rate, K, (trained, frozen), seed].

DATA = Path(__file__).parent / "data"
LAGS, RATES = (4, 8, 12), (0.01, 0.02, 0.05)
CHUNK = np.arange(1, 17)


@cache
def stored():
    """Shares of right signs: of the trained read-outs, and of the best linear ones."""
    with np.load(DATA / "echo.npz") as data:
        assert (*data["lag"],) == LAGS and (*data["rate"],) == RATES and len(data["K"]) == 16
        return data["accuracy"].astype(float), data["readout"].astype(float)


def shares(lag, rate, K=None):
    """(accuracy, readout) of all K, or of one: [K,] (trained, frozen), seed."""
    place = LAGS.index(lag), RATES.index(rate), *([] if K is None else [K - 1])
    return [array[place] for array in stored()]


def threshold():
    """How many of 20 networks learn an echo, up to the K of the slider."""
    return explorer(
        compute_threshold,
        lines,
        (8.4, 2.9),
        guess=Guess("All 20 learn lag 8 from K =", ("4", "7", "8", "9", "16")),
        K=Slider(4, 1, 16, play=700),
        lag=Choice(8, LAGS),
        rate=Choice(0.02, RATES),
    )


def compute_threshold(guess, K, lag, rate):
    accuracy, readout = shares(lag, rate)
    credit = credited(lag)
    panels = (
        share_panel("signs right", accuracy[:K]),
        share_panel("best read-out", readout[:K]),
        credit_panel(credit[:, :K]),
    )
    words = threshold_in_words(K, lag, accuracy[K - 1], readout[K - 1], credit[:, K - 1])
    if guess is not None:
        words += f" You said {guess}; at step size 0.02 it is {learned_from(8, 0.02)}."
    return Lines(panels, words)


def credited(lag):
    """Share of a chunk's places that reach the farthest use of W_h, and of W_x: (2, 16)."""
    return np.array([np.maximum(CHUNK - far, 0) / CHUNK for far in (lag - 1, lag)])


def harmed(lag, rate, K):
    """In how many of 20 seeds the states hold less of the echo than those of a frozen W_h."""
    trained, frozen = shares(lag, rate, K)[1]
    return np.sum(trained < frozen)


def learned_from(lag, rate):
    """The first K from which all networks have more than 90 % of the signs right."""
    all_right = (shares(lag, rate)[0][:, 0] > 0.9).all(-1)
    return 17 - next((i for i, yes in enumerate(all_right[::-1]) if not yes), 16)


BLEW_UP = 0.42  # where a network is drawn whose numbers overflowed; stored as 0


def share_panel(title, shares):
    K, curves, shares = CHUNK[: len(shares)], [], np.maximum(shares, BLEW_UP)
    for i, name, color, line in (0, "trained", WEIGHT, "-"), (1, "frozen", QUIET, "--"):
        low, middle, high = np.percentile(shares[:, i], (0, 50, 100), axis=1)
        band = np.append(K, K[::-1]), np.append(low, high[::-1])
        beside = np.full(shares.shape[2], K[-1] + 0.2 - 0.4 * (i == 0))
        curves.append(Curve(*band, color=color, line="fill"))
        curves.append(Curve(K, middle, f"W$_h$ {name}", color, line))
        dots = dict(line="", marker="o" if i == 0 else "s", size=4 - i)
        curves.append(Curve(beside, shares[-1, i], color=color, **dots))
    curves.append(Curve(None, 0.5, "chance", REFERENCE, ":"))
    curves.append(Curve(None, BLEW_UP, "blown up", REFERENCE, "-."))
    return Panel(title, "K", tuple(curves), xlim=(0, 17), ylim=(0.38, 1.03))


def credit_panel(credit):
    K = CHUNK[: credit.shape[1]]
    curves = (
        Curve(K, credit[0], "reaches W$_h$", TRUNCATION, marker="o"),
        Curve(K, credit[1], "reaches W$_x$", TRUNCATION, ":", marker="s"),
        Curve(K[-1:], credit[0, -1:], **RING),
    )
    return Panel("places with credit", "K", curves, xlim=(0, 17), ylim=(-0.07, 1.03))


def threshold_in_words(K, lag, accuracy, readout, credit):
    (trained, frozen), best = 100 * np.median(accuracy, -1), 100 * np.median(readout, -1)
    text = f"Echo of lag {lag}, K = {K}: {np.sum(accuracy[0] > 0.9)} of 20 networks get more than "
    text += f"90 % of the signs right (median {trained:.0f} %), with W_h frozen "
    text += f"{np.sum(accuracy[1] > 0.9)} (median {frozen:.0f} %). The best read-out of their "
    text += f"states would get {best[0]:.0f} and {best[1]:.0f} %. Credit reaches the farthest use "
    text += f"of W_h from {100 * credit[0]:.0f} % of the places, W_x from {100 * credit[1]:.0f} %."
    blown = np.sum(accuracy == 0, axis=-1)
    return text + (f" Blown up: {blown[0]}, and {blown[1]} with W_h frozen." if any(blown) else "")


# A cut at random, with probability c at each step back, in the steady unit.

TS, MS, RS = np.arange(1, 301), np.linspace(0, 6, 61), np.linspace(0.05, 0.99, 189)


def spread_of_one_loss(r, c, T):
    """Standard deviation over mean of the estimate, for a loss with 1, 2, ..., T uses behind it."""
    mean, square, spread = 1.0, 1.0, []
    for _ in range(T):
        spread.append(sqrt(max(square - mean**2, 0)) / mean)
        mean, square = 1 + r * mean, 1 + 2 * r * mean + r**2 / (1 - c) * square
    return np.array(spread)


def missing_in_chunks(r, K):
    return np.mean(r ** np.arange(1, K + 1))


def draws(r, c, T=None):
    """How many random draws, averaged, come as close as chunks of 1/c: for one loss with a long
    past, or for T losses with the same error. Infinite unless r^2 < 1 - c."""
    if r * r >= 1 - c:
        return np.inf
    variance = c * r * r / (1 - c - r * r)
    both = variance * (1 + r) / (1 - r) / T if T else variance
    return both / missing_in_chunks(r, round(1 / c)) ** 2


def random_cut():
    """The spread of one draw over T, of many averaged, and how many match chunks."""
    controls = dict(r=Slider(0.72, 0.05, 0.99, 0.01), c=Slider(0.05, 0.01, 0.5, 0.01))
    return explorer(compute_random, lines, (8.4, 3.1), **controls)


def compute_random(r, c):
    spread, K = spread_of_one_loss(r, c, TS[-1]), round(1 / c)
    missed = missing_in_chunks(r, K)
    one, low = np.log10(np.maximum(spread, 1e-9)), np.log10(missed)
    need = np.array([draws(each, c) for each in RS])
    need[np.isinf(need)] = np.nan
    as_close = 2 * (one[-1] - low)  # log10 of M; beyond the last M there is no mark
    panels = (
        Panel(
            "spread / mean, one draw",
            "T",
            (Curve(TS, one, "cut at random", BACKWARD),),
            xlim=(0, 305),
            ylim=(-3, 4),
            ylabel="log$_{10}$",
        ),
        Panel(
            "error, M averaged",
            "log$_{10}$ M",
            (
                Curve(MS, one[-1] - MS / 2, color=BACKWARD),
                Curve(MS, np.full_like(MS, low), "chunks of 1/c", TRUNCATION, "--"),
                Curve(
                    [as_close if as_close <= MS[-1] else np.nan],
                    [low],
                    "as close",
                    REFERENCE,
                    **POINT,
                ),
            ),
            xlim=(-0.3, 6.3),
            ylim=(-4, 4),
            ylabel="log$_{10}$",
        ),
        Panel(
            "draws like chunks",
            "r",
            (
                Curve(RS, np.log10(need), color=BACKWARD),
                Curve(sqrt(1 - c), None, "no number is enough", REFERENCE, ":"),
                Curve([r], [np.log10(draws(r, c)) if r * r < 1 - c else np.nan], **RING),
            ),
            xlim=(0, 1.03),
            ylim=(-0.2, 3.2),
            ylabel="log$_{10}$",
        ),
    )
    return Lines(panels, random_in_words(r, c, K, spread, missed))


def random_in_words(r, c, K, spread, missed):
    finite = r * r < 1 - c
    text = f"r = {r}, c = {c}: r² = {r * r:.4f} is {'' if finite else 'not '}below 1 - c = "
    text += f"{1 - c:.2f}, so the variance has {'a' if finite else 'no'} limit. Spread over mean of"
    text += f" one draw: {spread[19]:.3g} at T = 20, {spread[-1]:.3g} at T = {TS[-1]}. Chunks of "
    text += f"{K} miss {100 * missed:.2f} %; "
    if not finite:
        return text + "with a long past no number of draws comes as close."
    return text + f"with a long past the mean of {ceil(draws(r, c))} draws comes as close."


PICTURES = sign, bias, threshold, random_cut

exercise_1 = Exercise(
    "Exercise 1",
    (1 + 2 + 3 + 3) / 4,
    "Write down, for each of the four places, how many of the three uses it finds.",
    "The mean of min(3, j) over the places j = 1, 2, 3, 4.",
    tempting=(
        (3, "That is what no cut finds, or a window of 4."),
        (2.5, "That is the mean of 1, 2, 3, 4. The way from x_{t-3} has three uses, not four."),
        (1, "The last two places find all three; asked is the mean over all places."),
        (0.75, "That is the share of the three uses. Asked is their number."),
    ),
)
exercise_2 = Exercise(
    "Exercise 2",
    next(K for K in range(1, 1000) if missing_in_chunks(0.9, K) < 0.07),
    "The window's error is r^K; in chunks only the last place is as well off as that.",
    "For long chunks r / (K (1 - r)) is missing.",
    tempting=(
        (26, "That is the window: 0.9^26 is 6.5 %. Most places of a chunk see fewer steps."),
        (52, "Twice the window's length: but the error falls like 1/K only."),
        (128, "Almost: 9 / 128 is 7.03 %."),
    ),
)
exercise_3 = Exercise(
    "Exercise 3",
    (20 - 14) / 20,
    "How far from the loss is the farthest use of W_h on the way of x_{t-15}?",
    "Its distance is L - 1 = 14; the first 14 places do not reach it.",
    tempting=(
        (0.25, "That is W_x, which stands 15 steps back. The farthest W_h is one step nearer."),
        (0.75, "15 of 20 is what the lag takes up; asked are the places that reach beyond."),
        (0.7, "Those are the 14 places that do not reach it."),
        (1.0, "K is larger than the lag, but the first places of a chunk see few steps."),
    ),
)
exercise_4 = Exercise(
    "Exercise 4",
    [1 - 0.9**2, 1 / (1 - 0.9**2)],
    "The mean square settles only if it is multiplied by less than 1 at each step back.",
    "The condition is r^2 / (1 - c) < 1; a stretch is 1/c steps long on average.",
    tempting=(
        ([0.1, 10.0], "That is 1 - r, the memory of the unit. The mean square asks for r²."),
        ([0.81, 1 / 0.81], "Upside down: c has to stay below 1 - r²."),
    ),
)
