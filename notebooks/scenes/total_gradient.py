"""Notebook 6: the map of all pairs (t, k), and the way back that each of them stands for."""

from functools import cache, lru_cache

import numpy as np

from bptt_helpers import bptt, contribution_matrices, contributions, forward, init_params
from bptt_helpers.plots import heat, lines
from bptt_helpers.plots.graph import Edge, Graph, Node
from bptt_helpers.plots.heat import Heat, Map
from bptt_helpers.plots.lines import Curve, Lines, Panel
from bptt_helpers.plots.style import BACKWARD, FORWARD, LOSS, QUIET, REFERENCE, WEIGHT

from .exercise import Exercise
from .sliders import Guess, Slider, explorer
from .words import said

LONGEST = 100
SLOTS = 7  # boxes of the way; a longer one is abbreviated
LIMITS = -5, 1  # log10, of the colours and of what is left
RING = dict(color=REFERENCE, line="", marker="o", size=11, hollow=True)


def case(T, gain=0.9, strength=1.0, seed=6):
    """Four tanh units with W_h = gain times an orthogonal matrix: params, x (T, 2), targets."""
    rng = np.random.default_rng(seed)
    start = init_params(rng, input_size=2, hidden_size=4, output_size=1)
    x, targets = rng.standard_normal((LONGEST, 2)), rng.standard_normal((LONGEST, 1))
    return start._replace(W_h=gain * start.W_h), strength * x[:T], targets[:T]


def share_by_lag(a):
    """[j]: what the entries of the (T, T) array ``a`` with t - k <= j add up to, over all."""
    return np.cumsum([np.trace(a, offset=-j) for j in range(len(a))]) / (np.sum(a) or 1)


@lru_cache(8)  # t and k move without it
def network(T, gain, strength):
    """params, trajectory, targets, and the norms of all terms (T, T)."""
    params, x, targets = case(T, gain, strength)
    run = forward(params, x)
    return params, run, targets, contributions(params, run, targets)


@cache
def asked():
    """Per cent of all norms at lags 0 to 4, where the notebook asks for them."""
    return 100 * share_by_lag(network(40, 1.2, 0.1)[3])[4]


def total():
    """The map of all terms; the chosen one shows its way back, factor by factor."""
    return explorer(
        compute,
        heat,
        (8.4, 2.8),
        guess=Guess("Lags 0 to 4, in %:"),
        T=Slider(12, 1, LONGEST),
        gain=Slider(0.9, 0.0, 2.0, 0.01),
        strength=Slider(1.0, 0.0, 3.0, 0.05),
        t=Slider(10, 1, LONGEST, upto=lambda T, **_: T),
        k=Slider(5, 1, LONGEST, upto=lambda t, **_: t),
    )


def compute(guess, T, gain, strength, t, k):
    params, run, targets, norms = network(T, gain, strength)
    lengths = way_back(params, run, targets, t)
    way = np.append(lengths[: t - k + 1], norms[t - 1, k - 1])
    with np.errstate(divide="ignore"):
        shown = Map("norm of each term", np.log10(norms), (t, k))
    words = in_words(way, share_by_lag(norms), norms.any(), t, k)
    words += said(guess, asked(), "at T = 40, gain = 1.2, strength = 0.1")
    beside = picture_of(way, (row(lengths, T, t, k),), t, k)
    return Heat((shown,), words, "", LIMITS, beside, (1, 1.3))


def way_back(params, run, targets, t):
    """|dL_t/dh_j| for j = t, t - 1, ..., 1."""
    back = (run.y[t - 1] - targets[t - 1]) @ params.W_y
    lengths = [np.linalg.norm(back)]
    for j in range(t, 1, -1):
        back = (back * (1 - run.h[j] ** 2)) @ params.W_h
        lengths.append(np.linalg.norm(back))
    return np.array(lengths)


def picture_of(way, panels, t, k):
    """Boxes L_t, h_t, ..., h_k, W_h from right to left, as many as there is room for."""
    found = [(f"$L_{{{t}}}$", LOSS, 0)]
    found += [(f"$h_{{{t - i}}}$", BACKWARD, i) for i in range(t - k + 1)]
    found += [("$W_h$", WEIGHT, t - k + 1)]
    if len(found) > SLOTS:
        found = [*found[:3], ("…", QUIET, 1), *found[-3:]]  # the dots stand where h_{t-1} does
    left = way / (way[0] or 1)
    nodes = [
        Node(-i, 0, name, "", color, True, left[at]) for i, (name, color, at) in enumerate(found)
    ]
    edges = [edge for i in range(len(found) - 1) for edge in links(i, way, *found[i : i + 2])]
    nodes += [Node(-i, 0, "", lit=None) for i in range(len(found), SLOTS)]
    edges += [Edge(0, 1, lit=None)] * 2 * (SLOTS - len(found))
    caption = f"loss {t}, use {k}: multiplied out, {short(way[-1])}"
    return Graph(tuple(nodes), tuple(edges), caption, "", (34, 26), panels, (1, 1.08))


def links(i, way, this, that):
    """Forward to box i, and back from it: as wide as what comes through, a start of 1."""
    (_, color, here), (_, _, there) = this, that
    factor = way[there] / way[here] if way[here] else 0.0
    text = f"× {short(factor)}" if here < there else short(way[0]) if color == LOSS else ""
    yield Edge(i + 1, i, "", FORWARD, True, 0.1, shift=9)
    yield Edge(i, i + 1, text, BACKWARD, True, way[there] / (way[0] or 1), shift=7)


def short(number):
    """Two digits."""
    return f"{number:.2g}" if number == 0 or number >= 0.01 else f"{number:.0e}"


def row(lengths, T, t, k):
    steps = np.arange(t, 0, -1)
    logs = np.maximum(np.log10(np.maximum(lengths / (lengths[0] or 1), 1e-30)), LIMITS[0])
    curves = Curve(steps, logs, marker="o"), Curve([k], [logs[t - k]], **RING)
    end = next(size for size in heat.SIZES if size >= T)
    room = 0.03 * end  # a ring at step 1 is whole
    limits = dict(xlim=(0.5 - room, end + 0.5), ylim=(LIMITS[0] - 1, LIMITS[1] + 1))
    label = f"step (at −{-LIMITS[0]}: that or less)"
    return Panel("", label, curves, ylabel="left, log$_{10}$", **limits)


def in_words(way, shares, some, t, k):
    lag = t - k
    through = (f"h_{t}", f"h_{t} → h_{k}", f"h_{t} → … → h_{k}")[min(lag, 2)]
    text = f"Loss {t} → {through} → W_h at step {k}, lag {lag}: "
    if not some:
        return text + "0. All terms are 0: W_h has only ever multiplied states that are 0."
    if k == 1:
        return text + "0. At step 1 W_h multiplies h_0, which is 0."
    parts = [way[0]] + [way[lag] / (way[0] or 1)] * (lag > 0) + [way[-1] / (way[lag] or 1)]
    text += "norm " + " × ".join(f"{part:.3g}" for part in parts) + f" = {way[-1]:.3g}."
    carry = "Lag 0 carries" if lag == 0 else f"Lags 0 to {lag} carry"
    return text + f" {carry} {100 * shares[lag]:.1f} % of all norms."


ENOUGH = 40  # steps of the network in the picture of directions


def direction():
    """Size is not direction: the terms added up, the shortest lags first."""
    return explorer(
        compute_direction,
        lines,
        (8.4, 3.0),
        lag=Slider(4, 0, ENOUGH - 1),
        gain=Slider(0.9, 0.0, 1.5, 0.01),
        strength=Slider(1.0, 0.05, 3.0, 0.05),
        seed=Slider(6, 0, 20),
    )


def compute_direction(lag, gain, strength, seed):
    by_size, along, aside = directions(ENOUGH, gain, strength, seed)
    j, at = np.arange(ENOUGH), [lag]
    size = Curve(j, by_size, "by size", REFERENCE, "--")
    grown = Curve(j, along, "along G", BACKWARD)
    ring = Curve([lag, lag], [by_size[lag], along[lag]], **RING)
    left = Panel(
        "share of lags 0 to j", "j", (size, grown, ring), xlim=(-1, ENOUGH), ylim=(-0.6, 2)
    )
    way = np.append(0, along), np.append(0, aside)
    walk = Curve(*way, color=BACKWARD, marker="o", size=3)
    goal = Curve([1], [0], "G, the whole gradient", WEIGHT, "", "o", 9)
    curves = walk, goal, Curve(along[at], aside[at], **RING)
    limits = dict(xlim=(-0.6, 2), ylim=(-0.1, 2), ylabel="aside, / |G|")
    right = Panel("the sum of these terms on its way to G", "along G, / |G|", curves, **limits)
    text = f"Lags 0 to {lag} carry {100 * by_size[lag]:.1f} % of all norms. Their sum gets "
    text += f"{100 * along[lag]:.1f} % of the way along G and {100 * aside[lag]:.1f} % aside."
    return Lines((left, right), text)


def all_terms(T, gain=0.9, strength=1.0, seed=6):
    """[t - 1, k - 1]: the terms of the double sum as rows of n^2 numbers."""
    params, x, targets = case(T, gain, strength, seed)
    return contribution_matrices(params, forward(params, x), targets).reshape(T, T, -1)


def directions(T, gain, strength, seed=6):
    """[j] of the terms with lag <= j: their norms over all norms; the part of their sum along the
    whole gradient G, and the length of the part across, both over |G|."""
    terms = all_terms(T, gain, strength, seed)
    G = terms.sum((0, 1))
    sums = np.cumsum([np.trace(terms, offset=-j) for j in range(T)], axis=0)
    along = sums.dot(G) / G.dot(G)
    aside = np.linalg.norm(sums - along[:, None] * G, axis=1) / np.linalg.norm(G)
    return share_by_lag(np.linalg.norm(terms, axis=2)), along, aside


PICTURES = total, direction


# Over many networks: one number for each seed.


def short_lags(T, gain, strength, seeds=range(200)):
    """Per cent of all norms at lags 0 to 4."""

    def share(seed):
        params, x, targets = case(T, gain, strength, seed)
        return share_by_lag(contributions(params, forward(params, x), targets))[4]

    return 100 * np.array([share(seed) for seed in seeds])


def overcount(T, seeds=range(20)):
    """How far off the double sum with the total derivative is, over the gradient's norm."""
    extra = np.tril(np.subtract.outer(np.arange(T), np.arange(T)))  # (t, k) is found lag + 1 times
    found = []
    for seed in seeds:
        terms = all_terms(T, seed=seed)
        too_much = np.linalg.norm(np.tensordot(extra, terms, axes=2))
        found.append(too_much / np.linalg.norm(terms.sum((0, 1))))
    return np.array(found)


def cancelled(T, gain, strength, seeds=range(20)):
    """|sum of all terms| in per cent of the sum of their norms."""
    terms = [all_terms(T, gain, strength, seed) for seed in seeds]
    sizes = [np.linalg.norm(each, axis=2).sum() for each in terms]
    return 100 * np.array([np.linalg.norm(a.sum((0, 1))) / size for a, size in zip(terms, sizes)])


def of_use(k, first=None, last=6):
    """The gradient of the copy of W_h at step k in the six-step network, by one sweep of ``bptt``:
    from losses ``first`` to ``last``, by default k to 6."""
    params, x, targets = case(6)
    run = forward(params, x)
    far = np.arange(1, 7)[:, None]
    wanted = np.where((far >= (first or k)) & (far <= last), targets, run.y)
    dh = bptt(params, run, wanted).h[k]
    return np.outer(dh * (1 - run.h[k] ** 2), run.h[k - 1])


def of_loss(t):
    """The gradient of the loss at step t alone in that network."""
    params, x, targets = case(6)
    run = forward(params, x)
    wanted = np.where(np.arange(1, 7)[:, None] == t, targets, run.y)
    return bptt(params, run, wanted).params.W_h


def lags_for(share, T=40):
    """The longest lag that so large a share of all norms needs, in the picture's network."""
    return int(np.argmax(share_by_lag(network(T, 0.9, 1.0)[3]) >= share))


exercise_1 = Exercise(
    "Exercise 1",
    sum(t - k >= 10 for t in range(1, 21) for k in range(1, t + 1)),
    "Count them by row: row 11 has one of them, row 12 two.",
    "1 + 2 + ... + 10: one in row 11, ten in row 20.",
    tempting=(
        (45, "Lag 10 itself counts too: row 11 has one such pair."),
        (66, "These are the lags of 9 or more. Row 10 has none of lag 10."),
        (100, "Only pairs with k <= t exist: it is a triangle, not a square."),
        (155, "That is how many pairs have a lag below 10."),
    ),
)
exercise_2 = Exercise(
    "Exercise 2",
    lags_for(0.99),
    "Set T = 40, t = 40, and drag k to the left: the sentence says what lags 0 to t - k carry.",
    "Take the first k at which it says 99.0 % or more; the lag is 40 - k.",
    tempting=(
        (
            lags_for(0.99) + 1,
            "That many lags are needed; the longest is one less: they start at 0.",
        ),
        (40 - lags_for(0.99), "That is k. The lag is t - k."),
        (lags_for(0.99, 12), "That holds for T = 12. A longer sequence has room for longer lags."),
        (lags_for(0.9), "That is where 90 % are reached."),
    ),
)
exercise_3 = Exercise(
    "Exercise 3",
    [of_use(k) for k in (2, 4, 6)],
    "Every loss that comes after use k, or at step k, has one term with this use.",
    "Add term(t, k) over t = k, ..., T.",
    tempting=(
        ([of_loss(k) for k in (2, 4, 6)], "You fixed the loss and added over the uses: a row."),
        ([of_use(k, k + 1) for k in (2, 4, 6)], "The loss at step k itself sees use k too."),
        ([of_use(k, k, k) for k in (2, 4, 6)], "That is lag 0 alone. Later losses see use k too."),
    ),
    cases=((2,), (4,), (6,)),
)
exercise_4 = Exercise(
    "Exercise 4",
    sum(t - k + 1 for t in range(1, 31) for k in range(1, t + 1)),
    "The pair (t, j) is found again by every k from j to t. How often is that?",
    "Lag l occurs in 30 - l places and is counted l + 1 times in each.",
    tempting=(
        (465, "That is how many terms there are, each counted once."),
        (13950, "The longest lag alone is counted 30 times; others less often."),
        (4495, "Lag l is counted l + 1 times, not l: k = j and k = t both find it."),
    ),
)
