"""Notebook 14: eight exhibits as they were found, the witnesses against them, and the verdict.

An exhibit takes what a forward pass leaves behind, rows t = 0..T: ``h[t]`` (n,) the state,
``tanh_prime[t]`` (n,) = 1 - h_t^2, ``g[t]`` (n,) = dL_t/dh_t; row 0 of ``g`` is zero. It returns
dW_h (T + 1, n, n), where row k is what the use of W_h at step k collects; the sum is dL/dW_h. Mend
the copies in the notebook, not these.
"""

from functools import cache
from typing import NamedTuple

import numpy as np

from bptt_helpers import Params, bptt, contribution_matrices, forward, init_params, settle
from bptt_helpers.gradcheck import central_difference, check_gradient, complex_step
from bptt_helpers.losses import loss_per_step
from bptt_helpers.plots import lines
from bptt_helpers.plots.lines import Curve, Lines, Panel
from bptt_helpers.plots.style import BACKWARD, QUIET, REFERENCE
from bptt_helpers.truncated import sliding_window

from .exercise import Exercise
from .sliders import Choice, Guess, Slider, explorer


def exhibit_1(W_h, h, tanh_prime, g):
    T, n = len(h) - 1, len(W_h)
    dW_h = np.zeros((T + 1, n, n))
    for t in range(1, T + 1):  # the loss of step t
        chain = np.eye(n)  # dh_t/dh_k
        for k in range(t, 0, -1):
            delta = g[t] @ chain  # dL_t/dh_k
            dW_h[k] += np.outer(tanh_prime[k] * delta, h[k - 1])
            J = tanh_prime[k][:, None] * W_h  # dh_k/dh_{k-1}
            chain = chain * J
    return dW_h


def exhibit_2(W_h, h, tanh_prime, g):
    T, n = len(h) - 1, len(W_h)
    dW_h, back = np.zeros((T + 1, n, n)), np.zeros(n)
    for t in range(T, 0, -1):
        delta = g[t] + back  # dL/dh_t
        dW_h[t] = np.outer(tanh_prime[t] * delta, h[t - 1])
        back = W_h.T @ delta
    return dW_h


def exhibit_3(W_h, h, tanh_prime, g):
    T, n = len(h) - 1, len(W_h)
    dz = np.zeros((T + 2, n))  # nothing comes back from step T + 1
    for t in range(T, 0, -1):
        dz[t] = tanh_prime[t] * (g[t] + W_h.T @ dz[t + 1])
    dW_h = np.zeros((T + 1, n, n))
    dW_h[1:] = np.einsum("ti,tj->tij", dz[1:-1], h[1:])  # all steps at once
    return dW_h


def exhibit_4(W_h, h, tanh_prime, g):
    T, n = len(h) - 1, len(W_h)
    dW_h, back = np.zeros((T + 1, n, n)), np.zeros(n)
    for t in reversed(range(T)):  # counts from 0, so this is step t + 1
        dz = tanh_prime[t] * (g[t + 1] + back)
        dW_h[t + 1] = np.outer(dz, h[t])
        back = W_h.T @ dz
    return dW_h


def exhibit_5(W_h, h, tanh_prime, g):
    T, n = len(h) - 1, len(W_h)
    dW_h, delta = np.zeros((T + 1, n, n)), np.zeros(n)
    for t in range(T, 0, -1):
        delta = g[t]
        dz = tanh_prime[t] * delta
        dW_h[t] = np.outer(dz, h[t - 1])
        delta = W_h.T @ dz
    return dW_h


def exhibit_6(W_h, h, tanh_prime, g):
    T, n = len(h) - 1, len(W_h)
    dW_h = np.zeros((T + 1, n, n))
    arrived = np.zeros((T + 1, n))  # row k: the gradient that arrived at h_k
    for t in range(1, T + 1):  # each loss goes back as soon as it is there
        delta = g[t]
        for k in range(t, 0, -1):
            dz = tanh_prime[k] * delta
            dW_h[k] += np.outer(dz, h[k - 1])
            arrived[k - 1] += W_h.T @ dz
            delta = arrived[k - 1]
    return dW_h


def exhibit_7(W_h, h, tanh_prime, g):
    T, n = len(h) - 1, len(W_h)
    dW_h, back = np.zeros((T + 1, n, n)), np.zeros(n)
    dh = [np.zeros((n, n, n))]  # dh_k/dW_h: entry i of h_k, row and column of W_h
    for k in range(1, T + 1):
        immediate = np.einsum("i,ia,b->iab", tanh_prime[k], np.eye(n), h[k - 1])
        through = np.tensordot(tanh_prime[k][:, None] * W_h, dh[k - 1], axes=1)
        dh.append(immediate + through)
    for k in range(T, 0, -1):
        delta = g[k] + back  # dL/dh_k
        dW_h[k] = np.tensordot(delta, dh[k], axes=1)
        back = W_h.T @ (tanh_prime[k] * delta)
    return dW_h


def exhibit_8(W_h, h, tanh_prime, g):
    T, n = len(h) - 1, len(W_h)
    dW_h, back = np.zeros((T + 1, n, n)), np.zeros(n)
    for t in range(T, 0, -1):
        dz = tanh_prime[t] * (g[t] + back)
        dW_h[t] = np.outer(dz, h[t - 1])
        back = W_h.T @ dz
    return dW_h / max(1, np.linalg.norm(dW_h.sum(0)))


EXHIBITS = (
    exhibit_1,
    exhibit_2,
    exhibit_3,
    exhibit_4,
    exhibit_5,
    exhibit_6,
    exhibit_7,
    exhibit_8,
)


# The networks on which they are tried

LONGEST = 20
STATES = "moving", "from 0", "at rest"
LOSSES = "every step", "last step", "tiny"
LESSONS_UNIT = dict(n=1, T=20, gain=0.9, state="at rest", losses="last step")


class Case(NamedTuple):
    params: Params
    x: np.ndarray  # (T, 2)
    targets: np.ndarray  # (T, 2)
    h0: np.ndarray  # (n,)


def network(seed=12, T=6, n=3, gain=1.2, state="moving", losses="every step"):
    """A random network, W_h = gain times an orthogonal matrix (one unit: gain), or one at rest."""
    rng = np.random.default_rng(seed)
    params = init_params(rng, 2, n, 2, gain=gain)._replace(b=0.3 * rng.standard_normal(n))
    x, targets = rng.standard_normal((2, max(T, LONGEST), 2))[:, :T]
    h0 = (state != "from 0") * 0.5 * rng.standard_normal(n)
    W_h = params.W_h if n > 1 else abs(params.W_h)
    if state == "at rest":  # h = sqrt(0.2), so that tanh' = 0.8, and no input
        h0 = np.full(n, np.sqrt(0.2))
        weights = W_h, np.zeros((n, 2)), np.arctanh(h0) - W_h @ h0, np.ones((1, n)), np.zeros(1)
        y = forward(Params(*weights), x, h0).y
        made = Case(Params(*weights), x, y - 1, h0)
    else:
        made = Case(params._replace(W_h=W_h), x, targets, h0)
        y = run(made).y
    if losses == "tiny":  # nearly trained
        return made._replace(targets=y + 1e-3 * (made.targets - y))
    if losses == "last step":  # all others are zero
        y[-1] = made.targets[-1]
        return made._replace(targets=y)
    return made


def run(case):
    return forward(case.params, case.x, case.h0)


def tape(case):
    """What an exhibit gets: W_h, h, tanh_prime, g."""
    _, h, y = run(case)
    g = np.zeros_like(h)
    g[1:] = (y - case.targets) @ case.params.W_y
    return case.params.W_h, h, 1 - h * h, g


# The witnesses


def loss_of(case):
    """L as a function of (W_h,)."""

    def L(p):
        y = forward(case.params._replace(W_h=p[0]), case.x, case.h0).y
        return loss_per_step(y, case.targets).sum()

    return L


def by_differences(case):
    W_h = case.params.W_h
    E = np.eye(W_h.size).reshape(-1, *W_h.shape)
    return np.reshape([central_difference(loss_of(case), (W_h,), (e,)) for e in E], W_h.shape)


def by_complex_step(case):
    return complex_step(loss_of(case), (case.params.W_h,))[0]


def terms_of(case):
    """[t - 1, k - 1]: from the loss of step t to the use at step k, (T, T, n, n)."""
    return contribution_matrices(case.params, run(case), case.targets)


def by_double_sum(case):
    return terms_of(case).sum((0, 1))


def by_bptt(case):
    return bptt(case.params, run(case), case.targets).params.W_h


WITNESSES = {  # and what counts as agreement
    "finite differences": (by_differences, 1e-7),
    "complex step": (by_complex_step, 1e-10),
    "double sum": (by_double_sum, 1e-10),
    "bptt": (by_bptt, 1e-10),
}


@cache
def on_trial():
    """dL/dW_h of the network on trial as each of the four sees it, by name."""
    return {name: witness(network()) for name, (witness, _) in WITNESSES.items()}


def off_by(claim, seen):
    """|claim - seen| / |seen|."""
    return float(np.linalg.norm(claim - seen) / max(np.linalg.norm(seen), 1e-300))


def angle(claim, seen):
    """In degrees; the half-angle form keeps its digits near 0."""
    a, b = (v / max(np.linalg.norm(v), 1e-300) for v in (claim, seen))
    return float(np.degrees(2 * np.arctan2(np.linalg.norm(a - b), np.linalg.norm(a + b))))


# The verdict

verdicts = {}


def verdict(number, exhibit):
    """Print what the four witnesses say to a version of an exhibit, whatever it does."""
    try:
        claimed = np.array(exhibit(*tape(network())), float)
        if claimed.shape != (7, 3, 3):
            raise ValueError(f"dW_h: expected shape (7, 3, 3), got {claimed.shape}")
        said = [testimony(name, claimed) for name in WITNESSES]
        mended = all("agrees" in text for text in said)
        verdicts[number] = "mended" if mended else "still broken"
    except Exception as error:  # whatever a learner's version does, the notebook goes on
        said, verdicts[number] = [f"  {type(error).__name__}: {error}"], "stopped by an error"
    print(f"Exhibit {number}: {verdicts[number]}", *said, sep="\n")


def testimony(name, claimed):
    claim, seen, limit = claimed.sum(0), on_trial()[name], WITNESSES[name][1]
    off, text = off_by(claim, seen), f"  {name:20}"
    if off < limit:
        return text + f"agrees, to {limit:.0e}"
    text += f"off by {off:.3g}, angle {angle(claim, seen):.1f}°"
    if name != "double sum":
        return text
    return text + f", wrong at uses k = {' '.join(map(str, wrong_uses(claimed, network())))}"


def wrong_uses(claimed, case):
    """The steps k whose share is not the double sum's: an exhibit's fingerprint."""
    shares = terms_of(case).sum(0)
    return [k for k, share in enumerate(shares, 1) if not off_by(claimed[k], share) < 1e-10]


def score():
    """Print which exhibits are mended."""
    open_cases = [str(n) for n in sorted(verdicts) if verdicts[n] != "mended"]
    print(f"mended: {len(verdicts) - len(open_cases)} of {len(verdicts)}")
    print("still broken:", " ".join(open_cases) or "none")


# Where bugs hide


def errors(case):
    """(8,): the relative error of each original."""
    true = by_bptt(case)
    return np.array([off_by(exhibit(*tape(case)).sum(0), true) for exhibit in EXHIBITS])


def showing(**how):
    """The numbers of the exhibits that show an error on ``network(**how)``."""
    return [i for i, error in enumerate(errors(network(**how)), 1) if error > 1e-10]


CIRCUMSTANCES = {
    "as on trial": {},
    "one unit": dict(n=1),
    "one step": dict(T=1),
    "two steps": dict(T=2),
    "two steps, h_0 = 0": dict(T=2, state="from 0"),
    "one loss, at the end": dict(losses="last step"),
    "nearly trained": dict(losses="tiny"),
}


def hiding(seeds=range(100, 120)):
    """On how many networks each exhibit shows an error, by circumstance."""
    return {
        name: sum(errors(network(seed, **how)) > 1e-10 for seed in seeds)
        for name, how in CIRCUMSTANCES.items()
    }


def both_clipped(limit=0.01, seeds=range(200)):
    """On how many networks an exhibit equals the true gradient, each entry of both clipped."""
    passed = np.zeros(8, int)
    for made in map(network, seeds):
        true = np.clip(by_bptt(made), -limit, limit)
        claims = [np.clip(e(*tape(made)).sum(0), -limit, limit) for e in EXHIBITS]
        passed += [off_by(claim, true) < 1e-7 for claim in claims]
    return passed


def forgetting(case, K):
    """dL/dW_h without what lies K or more steps back from each loss."""
    return sliding_window(case.params, run(case), case.targets, K).params.W_h


def is_convicted(claim, case, seed=0):
    """Whether the package's ``check_gradient`` speaks up."""
    try:
        rng = np.random.default_rng(seed)
        check_gradient(loss_of(case), (case.params.W_h,), (claim,), rng)
        return False
    except AssertionError:
        return True


FLOOR = -4  # log10, where bars begin
TICKS = range(1, 9), [str(number) for number in range(1, 9)]


def trial():
    """All eight on a test network of the learner's choice: whose error shows?"""
    return explorer(
        compute_trial,
        lines,
        (8.4, 2.5),
        guess=Guess("Show an error, of the 8:"),
        n=Slider(3, 1, 4),
        T=Slider(2, 1, LONGEST),
        gain=Slider(1.2, 0.0, 1.5, 0.05),
        state=Choice("moving", STATES),
        losses=Choice("every step", LOSSES),
    )


def compute_trial(guess, n, T, gain, state, losses):
    made = network(T=T, n=n, gain=gain, state=state, losses=losses)
    true = by_bptt(made)
    claims = [exhibit(*tape(made)).sum(0) for exhibit in EXHIBITS]
    off = np.array([off_by(claim, true) for claim in claims])
    turned = np.array([angle(claim, true) for claim in claims])
    shows = off > 1e-10
    logs = np.clip(np.log10(np.maximum(off, 1e-99)), FLOOR, -FLOOR)
    error = bars("log$_{10}$ of the relative error", shows, logs, FLOOR, (FLOOR - 0.5, 4.5))
    panels = error, bars("angle to the true gradient, degrees", shows, turned, 0, (-11, 191))
    setting = f"{n} unit{'s' * (n > 1)}, T = {T}, gain {gain:.2f}, {state}, loss: {losses}"
    return Lines(panels, trial_in_words(guess, setting, np.flatnonzero(shows) + 1, true.any()))


def bars(title, shows, values, floor, y):
    """A bar for each exhibit that shows an error, a ring for one that passes."""
    at, top = np.arange(1, 9), np.where(shows, values, floor)
    x, zero = at[:, None] + [-0.3, -0.3, 0.3, 0.3], np.full((8, 1), float(floor))
    outline = np.concatenate([zero, top[:, None], top[:, None], zero], axis=1)
    ring = dict(color=QUIET, line="", marker="o", size=9, hollow=True)
    curves = (
        Curve(x.ravel(), outline.ravel(), color=BACKWARD, line="fill"),
        Curve(at, np.where(shows, top, np.nan), "error shows", BACKWARD, "", "o", 7),
        Curve(at, np.where(shows, np.nan, floor), "passes the test", **ring),
    )
    return Panel(title, "exhibit", curves, xlim=(0.4, 8.6), ylim=y, ticks=TICKS)


def trial_in_words(guess, setting, shows, some):
    text = f"{setting}. An error shows in: {listed(shows)}."
    passes = [number for number in range(1, 9) if number not in shows]
    text += f" Pass, broken as they are: {listed(passes)}."
    if not some:
        text += " The true gradient is 0."
    if guess is None:
        return text
    right = showing(**LESSONS_UNIT)
    return (
        text + f" You said {guess:.4g} for the lesson's unit; it is {len(right)}: {listed(right)}."
    )


def listed(numbers):
    """1, 2 and 3; none."""
    *most, last = map(str, numbers) if len(numbers) else ["none"]
    return f"{', '.join(most)} and {last}" if most else last


# How an error grows with the steps

SOME_T = (1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 18, 21, 25, 30)
RING = dict(color=REFERENCE, line="", marker="o", size=11, hollow=True)


def growth():
    """One exhibit over time: what the last loss adds, by steps back, and error and angle over T."""
    return explorer(
        compute_growth,
        lines,
        (8.4, 3.0),
        exhibit=Choice(2, tuple(range(1, 9))),
        gain=Slider(0.9, 0.0, 2.0, 0.05),
        T=Slider(20, 1, 30),
    )


@cache
def left_behind(gain):
    """What the forward pass leaves, and all terms, of four units over 30 steps."""
    made = network(3, T=30, n=4, gain=gain)
    return tape(made), terms_of(made)


@cache
def claimed(number, gain, T):
    """(T + 1, n, n) from an original."""
    (W_h, *rows), _ = left_behind(gain)
    return EXHIBITS[number - 1](W_h, *(row[: T + 1] for row in rows))


def held_against_truth(number, gain, T):
    """Relative error and angle of the whole gradient of T steps."""
    true = left_behind(gain)[1][:T].sum((0, 1))
    claim = claimed(number, gain, T).sum(0)
    return off_by(claim, true), angle(claim, true)


def last_added(number, gain, T):
    """What the loss of step T adds to the share of each use k = 1..T: true norms, and claimed."""
    added = claimed(number, gain, T).copy()
    added[:T] -= claimed(number, gain, T - 1)  # without the loss of step T
    return [np.linalg.norm(a, axis=(1, 2)) for a in (left_behind(gain)[1][T - 1, :T], added[1:])]


def typical_factor(number, gain=0.9, T=20):
    """By which factor the claimed norms miss the true ones, in the median over the uses."""
    true, sizes = last_added(number, gain, T)
    return 10 ** np.median(np.abs(np.log10(np.maximum(sizes, 1e-99) / true)))


@cache
def grown(number, gain):
    """Relative errors and angles at SOME_T: (2, 14)."""
    return np.transpose([held_against_truth(number, gain, T) for T in SOME_T])


def compute_growth(exhibit, gain, T):
    true, sizes = (norms[::-1] for norms in last_added(exhibit, gain, T))  # by steps back
    now = held_against_truth(exhibit, gain, T)
    at = np.searchsorted(SOME_T, T)  # the curves go through the ring, wherever it stands
    curve = np.insert(grown(exhibit, gain), at, now, axis=1)
    panels = decay(true, sizes), *over_T(np.insert(SOME_T, at, T), curve, now, T)
    return Lines(panels, growth_in_words(exhibit, gain, T, true, sizes, now))


def decay(true, sizes):
    logs = [np.log10(np.maximum(norms, 1e-99)) for norms in (true, sizes)]
    steps = np.arange(len(true))
    curves = (
        Curve(steps, logs[0], "true", REFERENCE, "--", "o", 7),
        Curve(steps, logs[1], "exhibit", marker="o"),
    )
    return Panel("log$_{10}$ added share", "steps back", curves, xlim=(-1, 32), ylim=(-12.5, 12.5))


def over_T(places, curve, now, T):
    logs = [np.log10(np.clip(errors, 1e-3, 1e12)) for errors in (curve[0], now[0])]
    error = Curve(places, logs[0], marker="o"), Curve([T], [logs[1]], **RING)
    right_angle = Curve(None, 90, "90°", QUIET, ":")
    turned = right_angle, Curve(places, curve[1], marker="o"), Curve([T], [now[1]], **RING)
    said = f"{now[0]:.3g}" if now[0] > 1e-10 else "none"
    yield Panel("log$_{10}$ error", "T", error, said, (-1, 32), (-3.8, 12.5))
    yield Panel("angle, degrees", "T", turned, f"{now[1]:.0f}°", (-1, 32), (-9, 195))


def growth_in_words(number, gain, T, true, sizes, now):
    text = f"Exhibit {number}, gain {gain:.2f}, T = {T}: "
    if now[0] < 1e-10:
        text += "no error."
    else:
        text += f"off by {now[0]:.3g}, at an angle of {now[1]:.0f}°."
    back = min(10, T - 1)
    text += f" {back} steps back the last loss adds {power(true[back])}; "
    return text + f"the exhibit says {power(sizes[back])}."


def power(size):
    return f"10^{np.log10(size):.1f}" if size > 1e-15 else "nothing"


PICTURES = trial, growth


def passes(count, w=0.2, h0=0.9):
    """What each pass of the linear unit of exhibit 6 brings to dL/dw, L_t = h_t = w h_{t-1}."""
    h = h0 * w ** np.arange(count + 1.0)[:, None]
    tanh_prime, g = np.ones((count + 1, 1)), np.ones((count + 1, 1))
    g[0] = 0
    so_far = [
        exhibit_6(np.array([[w]]), h[:T], tanh_prime[:T], g[:T]).sum() for T in range(1, count + 2)
    ]
    return np.diff(so_far)


RESTING = settle(0.5, 0.3)[0]
exercise_1 = Exercise(
    "Exercise 1",
    passes(4)[3],
    "Field by field: those of h_3, h_2, h_1 hold nothing, w and w + w^2 before the pass.",
    "Each field is added to and sent on: 0.2, then 0.2 + 0.04, then 0.24 + 0.2 · 0.24.",
    tempting=(
        (4 * 0.2**3 * 0.9, "That is the true 4 w^3 h_0: with fields that are zeroed in between."),
        (passes(4)[2], "That is the third pass again. A fourth goes through one more field."),
        (0.2808, "A field sends on all that it holds, 0.2 · 0.24 to h_1, and not 0.2^3 alone."),
        (0.3096, "The use at step 4 is missing: 1 · h_3 = 0.0072."),
    ),
)
exercise_2 = Exercise(
    "Exercise 2",
    RESTING,
    "One takes h_t for h_{t-1}, the other tanh' of the step before. When are the two the same?",
    "Both hide where h_t = h_{t-1}: in the state with h = tanh(0.5 h + 0.3).",
    tempting=(
        (0.0, "From 0 the unit moves at its first step: h_1 = tanh(0.3)."),
        (float(np.tanh(0.3)), "That is h_1 from h_0 = 0. From there it moves on."),
        (float(np.sqrt(0.2)), "That is the lesson's unit. This one rests elsewhere."),
    ),
)
exercise_3 = Exercise(
    "Exercise 3",
    next(T for T in range(1, 7) if set(range(1, 8)) <= set(showing(T=T))),
    "Set n = 3, moving, every step in the first picture, and move T.",
    "Exhibit 6 needs a field that is used twice.",
    tempting=(
        (1, "With one step nothing goes back in time: exhibits 3 and 4 show, and no other."),
        (2, "At two steps exhibit 6 still passes: no field is used twice."),
        (6, "At 6 they all show, but at a smaller T they do, too."),
    ),
)
