"""Notebook 15: what a training loop reads, remembers and counts; ten loops, and who convicts them.

The picture deals eight recordings, cut into windows of K steps, to four rows. The loops read the
same recordings, each row its own, and learn to predict the next input. A loop is a function

    loop(params, stream, h, K, rate, limit) -> losses, updates, params, h

of a Stream, the state (B, n) to start from, the steps between two cuts, the rate, and the longest
update. losses (T, B) : L_t of each step and row as it counts. updates : what is taken off the
weights after each chunk, over the rate. Mend the copies in the notebook, not these.
"""

from functools import cache
from itertools import zip_longest
from typing import NamedTuple

import numpy as np

from bptt_helpers import Params, bptt, chunks, clip, forward, init_params, sgd
from bptt_helpers.gradcheck import check_gradient
from bptt_helpers.losses import squared_error
from bptt_helpers.plots import lines
from bptt_helpers.plots.lines import Curve, Lines, Panel
from bptt_helpers.plots.style import BACKWARD, FORWARD, LOSS, QUIET, REFERENCE, TRUNCATION

from .exercise import Exercise
from .sliders import Choice, Guess, Slider, explorer

# What is read: windows, and how they are dealt to the rows

LENGTHS = (9, 6), (7, 8), (10, 5), (6, 9)  # of the recordings A to H, two for each row
NAMES = "ABCDEFGH"
ROWS = len(LENGTHS)
LAYOUTS = "rows", "in order", "shuffled"
STATES = "carry", "reset", "across ends"
LONGEST_K, LONGEST = 8, 24  # and the most steps that any K makes of a row


class Window(NamedTuple):
    """Steps number * K + 1, ... of a recording: K of them, or fewer at its end."""

    recording: int
    number: int
    steps: int


@cache
def dealt(layout, K):
    """[i][b]: the Window that row b reads in batch i, or None, which is padding throughout.

    rows : each row reads its recordings to their ends, one after the other. in order : the windows
    of A, then of B, ... go to the rows in turn. shuffled : the same windows in a random order.
    """
    rows, recording = [], 0
    for lengths in LENGTHS:
        rows.append([])
        for length in lengths:
            starts = range(0, length, K)
            rows[-1] += [Window(recording, s // K, min(K, length - s)) for s in starts]
            recording += 1
    if layout == "rows":
        return list(zip_longest(*rows))
    windows = sum(rows, [])
    if layout == "shuffled":
        windows = [windows[i] for i in np.random.default_rng(0).permutation(len(windows))]
    windows += [None] * (-len(windows) % ROWS)
    return [tuple(windows[i : i + ROWS]) for i in range(0, len(windows), ROWS)]


def past(window, K):
    """The window before it in its recording, or None at a beginning."""
    return window._replace(number=window.number - 1, steps=K) if window.number else None


def handed(batches, state, i, b):
    """The window whose last state the one of row b in batch i starts from; None: from zero."""
    window = batches[i][b]
    if i == 0 or state == "reset" or (state == "carry" and not window.number):
        return None
    return batches[i - 1][b]


@cache
def begins(layout, state, K):
    """{(i, b): kind}, how each window starts. "own" : from the state that its past left, or, at a
    beginning, from zero. "another" : from any other window's state. "forgotten" : from zero
    although it has a past."""
    batches, kinds = dealt(layout, K), {}
    for i, batch in enumerate(batches):
        for b, window in enumerate(batch):
            if window:
                wanted, got = past(window, K), handed(batches, state, i, b)
                wrong = "another" if got else "forgotten"
                kinds[i, b] = "own" if got == wanted else wrong
    return kinds


@cache
def sees(layout, state, K, b=0):
    """{(t, k): kind}, counted from 1: how the loss of step t in row b sees the input of step k.

    "credited" : the gradient reaches back to it. "own", "another" : it is in the state alone, as
    this recording's past or as something else. "forgotten" : this recording's past, but not in the
    state. "padding" : the loss is one of padding. What it has nothing to do with is left out.
    """
    batches, pairs = dealt(layout, K), {}
    for i, batch in enumerate(batches):
        first, window = i * K + 1, batch[b]
        steps = window.steps if window else 0
        for t in range(first, first + K):
            kind = "credited" if t < first + steps else "padding"
            pairs |= {(t, k): kind for k in range(first, t + 1)}
        before, in_state, unbroken = window, True, True
        for j in range(i - 1, -1, -1) if window else ():  # what the state brings from batch j
            in_state = in_state and handed(batches, state, j + 1, b) is not None
            before = before and past(before, K)
            mine = before is not None and batches[j][b] == before
            unbroken = unbroken and mine
            kind = ("own" if unbroken else "another") if in_state else "forgotten"
            if in_state or mine:
                here = range(j * K + 1, j * K + K + 1)
                pairs |= {(t, k): kind for t in range(first, first + steps) for k in here}
    return pairs


# The picture

KINDS = {  # colour and what the legend says
    "credited": (BACKWARD, "credited"),
    "own": (FORWARD, "its own past"),
    "another": (REFERENCE, "another's past"),
    "forgotten": (QUIET, "forgotten"),
    "padding": (LOSS, "padding that counts"),
}
TINTS = "#77AADD #99DDFF #44BB99 #BBCC33 #EEDD88 #CCBB44 #EE8866 #FFAABB".split()
TALL = (-3, -5), (3, -5), (3, 5), (-3, 5)  # corners of a marker
FLAT = (-4, -2), (4, -2), (4, 2), (-4, 2)


def stream():
    """What the rows read and remember, beside what the losses of row 1 see."""
    return explorer(
        compute,
        lines,
        (8.4, 2.8),
        guess=Guess("Start from their own past, in %:"),
        K=Slider(4, 1, LONGEST_K, play=700),
        layout=Choice("rows", LAYOUTS),
        state=Choice("across ends", STATES),
        mask=Choice("off", ("on", "off")),
        loss=Choice("sum", ("sum", "mean")),
    )


def compute(guess, K, layout, state, mask, loss):
    panels = reading(layout, state, K, mask), seen(layout, state, K, mask)
    return Lines(panels, in_words(K, layout, state, mask, loss) + answered(guess))


def reading(layout, state, K, mask):
    """Steps to the right, rows downwards: recordings as tiles, and from what each window starts."""
    batches, tiles, letters, padding = dealt(layout, K), {}, {}, []
    for i, batch in enumerate(batches):
        for b, window in enumerate(batch):
            places = [(i * K + j, b + 1.05) for j in range(1, K + 1)]
            if window:
                tiles.setdefault(window.recording, []).extend(places[: window.steps])
                letters.setdefault(window.recording, []).append(places[0])
            padding += places[window.steps if window else 0 :]
    borders = np.repeat(np.arange(1, len(batches)) * K + 0.5, 3)
    cuts = np.tile([0.4, ROWS + 0.5, np.nan], len(batches) - 1)
    curves = [Curve(borders, cuts, "no gradient passes", TRUNCATION)]
    curves += [dots(tiles[r], color, TALL, 13) for r, color in enumerate(TINTS)]
    curves += [
        dots(letters[r], REFERENCE, rf"$\mathrm{{{name}}}$", 7) for r, name in enumerate(NAMES)
    ]
    for color, of in (QUIET, "on"), (LOSS, "off"):
        curves.append(dots(padding if mask == of else [], color, "x", 6))
    starts = {kind: [] for kind in ("own", "another", "forgotten")}
    for (i, b), kind in begins(layout, state, K).items():
        starts[kind].append((i * K + 0.5, b + 0.6))
    for kind, marker in ("own", "o"), ("another", "X"), ("forgotten", "o"):
        curves.append(dots(starts[kind], KINDS[kind][0], marker, 7, hollow=kind == "forgotten"))
    limits = (0, LONGEST + 1), (ROWS + 0.42, 0.42)
    return Panel("what each row reads", "step", tuple(curves), "", *limits, None, "row")


def seen(layout, state, K, mask):
    """Losses of row 1 downwards, what came in to the right."""
    pairs, curves = sees(layout, state, K), []
    for kind, (color, label) in KINDS.items():
        there = [(k, t) for (t, k), what in pairs.items() if what == kind]
        shown = kind != "padding" or mask == "off"
        curves.append(dots(there if shown else [], color, FLAT, 9, label))
    limits = (0, LONGEST + 1), (LONGEST + 1, 0.2)
    return Panel(
        "what the losses of row 1 see", "step k", tuple(curves), "", *limits, None, "loss t"
    )


def dots(places, color, marker, size, label="", hollow=False):
    x, y = np.transpose(places) if places else ([], [])
    return Curve(x, y, label, color, "", marker, size, hollow)


# The three shares


def with_past(layout, state, K):
    """Of the windows that have a past: how many start from it, and how many there are."""
    kinds, batches = begins(layout, state, K), dealt(layout, K)
    continued = [kind == "own" for (i, b), kind in kinds.items() if batches[i][b].number]
    return sum(continued), len(continued)


def from_others(layout, state, K):
    """How many windows start from a state that is not their own past."""
    return sum(kind == "another" for kind in begins(layout, state, K).values())


def padded(layout, K):
    """How many of the losses are padding, and how many there are, both of each batch."""
    batches = dealt(layout, K)
    real = np.array([sum(window.steps for window in batch if window) for batch in batches])
    return ROWS * K - real, np.full(len(batches), ROWS * K)


def factors(layout, K, mask, loss):
    """What each batch's step is multiplied by, against a loss summed over the steps (and averaged
    over the rows): 1, or ROWS / the number of losses that are averaged."""
    padding, losses = padded(layout, K)
    counted = losses - (padding if mask == "on" else 0)
    return ROWS / counted if loss == "mean" else np.ones(len(losses))


def in_words(K, layout, state, mask, loss):
    (starts, there), strange = with_past(layout, state, K), from_others(layout, state, K)
    kinds = begins(layout, state, K)
    padding, losses = padded(layout, K)
    share = 100 * (mask == "off") * padding.sum() / losses.sum()
    by = factors(layout, K, mask, loss)
    times = f"{by.min():.3g}" + f" to {by.max():.3g}" * bool(np.ptp(by) > 1e-9)
    text = f"K = {K}, {layout}, {state}: {starts} of {there} windows with a past start from it "
    text += f"({100 * starts / there:.0f} %), {strange} of all {len(kinds)} from another's. "
    text += f"Padding: {share:.0f} % of the losses. "
    return text + f"A step is {times} times that of the summed loss."


def answered(guess):
    if guess is None:
        return ""
    starts, there = with_past("in order", "carry", 4)
    text = f" You said {guess:.4g} %; in order, carried, K = 4, it is {starts} of {there}"
    return text + f", {100 * starts / there:.0f} %."


PICTURES = (stream,)


# The loops: the right one first, then ten that are wrong


class Stream(NamedTuple):
    """What a loop reads: rows of recordings, one after the other, padded to whole chunks."""

    x: np.ndarray  # (T + 1, B, d): the last row is a target only
    start: np.ndarray  # (T, B): a recording begins here
    counted: np.ndarray  # (T, B): the recording has a next step, so this one has a loss


def begin(h, start):
    """The states (B, n) that a chunk starts from: zero in each row where a recording begins."""
    return np.where(start[:, None], 0, h)


def right_loop(params, stream, h, K, rate, limit):
    x, start, counted = stream
    losses, updates = [], []
    for s in chunks(len(start), K):
        run = forward(params, x[s], begin(h, start[s.start]))
        targets = np.where(counted[s][..., None], x[1:][s], run.y)
        losses.append(squared_error(run.y, targets)[0])
        gradient = bptt(params, run, targets).params
        updates.append(clip(gradient, limit))
        params = sgd(params, updates[-1], rate)
        h = run.h[-1]
    return np.concatenate(losses), updates, params, h


def exhibit_1(params, stream, h, K, rate, limit):
    x, start, counted = stream
    losses, updates, history = [], [], []
    for s in chunks(len(start), K):
        run = forward(params, x[s], begin(h, start[s.start]))
        targets = np.where(counted[s][..., None], x[1:][s], run.y)
        losses.append(squared_error(run.y, targets)[0])
        history = [*history, (run, start[s.start])]
        gradient = back_through(params, history, targets)
        updates.append(clip(gradient, limit))
        params = sgd(params, updates[-1], rate)
        h = run.h[-1]
    return np.concatenate(losses), updates, params, h


def exhibit_2(params, stream, h, K, rate, limit):
    x, start, counted = stream
    losses, updates = [], []
    for s in chunks(len(start), K):
        run = forward(params, x[s], h)
        targets = np.where(counted[s][..., None], x[1:][s], run.y)
        losses.append(squared_error(run.y, targets)[0])
        gradient = bptt(params, run, targets).params
        updates.append(clip(gradient, limit))
        params = sgd(params, updates[-1], rate)
        h = run.h[-1]
    return np.concatenate(losses), updates, params, h


def exhibit_3(params, stream, h, K, rate, limit):
    x, start, counted = stream
    losses, updates = [], []
    for s in chunks(len(start), K):
        order = np.argsort(-counted[s].sum(0), kind="stable")  # the longest row first
        run = forward(params, x[s][:, order], begin(h, start[s.start])[order])
        targets = np.where(counted[s][:, order, None], x[1:][s][:, order], run.y)
        losses.append(squared_error(run.y, targets)[0][:, np.argsort(order)])
        gradient = bptt(params, run, targets).params
        updates.append(clip(gradient, limit))
        params = sgd(params, updates[-1], rate)
        h = run.h[-1]
    return np.concatenate(losses), updates, params, h


def exhibit_4(params, stream, h, K, rate, limit):
    x, start, counted = stream
    losses, updates = [], []
    for s in chunks(len(start), K):
        run = forward(params, x[s], begin(h, start[s.start]))
        targets = x[1:][s]
        losses.append(squared_error(run.y, targets)[0])
        gradient = bptt(params, run, targets).params
        updates.append(clip(gradient, limit))
        params = sgd(params, updates[-1], rate)
        h = run.h[-1]
    return np.concatenate(losses), updates, params, h


def exhibit_5(params, stream, h, K, rate, limit):
    x, start, counted = stream
    losses, updates = [], []
    for s in chunks(len(start), K):
        now, after, counts = (a[s].swapaxes(0, 1) for a in (x, x[1:], counted))
        run = forward(params, now, begin(h, start[s.start]))
        targets = np.where(counts[..., None], after, run.y)
        losses.append(squared_error(run.y, targets)[0])
        gradient = bptt(params, run, targets).params
        updates.append(clip(gradient, limit))
        params = sgd(params, updates[-1], rate)
        h = run.h[-1]
    return np.concatenate(losses), updates, params, h


def exhibit_6(params, stream, h, K, rate, limit):
    x, start, counted = stream
    losses, updates = [], []
    for s in chunks(len(start), K):
        run = forward(params, x[s], begin(h, start[s.start]))
        targets = np.where(counted[s][..., None], x[s], run.y)
        losses.append(squared_error(run.y, targets)[0])
        gradient = bptt(params, run, targets).params
        updates.append(clip(gradient, limit))
        params = sgd(params, updates[-1], rate)
        h = run.h[-1]
    return np.concatenate(losses), updates, params, h


def exhibit_7(params, stream, h, K, rate, limit):
    x, start, counted = stream
    losses, updates = [], []
    for s in chunks(len(start), K):
        run = forward(params, x[s], begin(h, start[s.start]))
        targets = np.where(counted[s][..., None], x[1:][s], run.y)
        n = max(1, counted[s].sum())
        losses.append(squared_error(run.y, targets)[0] * len(h) / n)
        gradient = Params(*(g * len(h) / n for g in bptt(params, run, targets).params))
        updates.append(clip(gradient, limit))
        params = sgd(params, updates[-1], rate)
        h = run.h[-1]
    return np.concatenate(losses), updates, params, h


def exhibit_8(params, stream, h, K, rate, limit):
    x, start, counted = stream
    losses, updates = [], []
    for s in chunks(len(start), K):
        run = forward(params, x[s], begin(h, start[s.start]))
        targets = np.where(counted[s][..., None], x[1:][s], run.y)
        losses.append(squared_error(run.y, targets)[0])
        now, updates = params, [*updates, None]
        for b in range(len(h)):  # row by row: its loss goes back and is learned from
            gradient = row_gradient(now, run, targets, b)
            now, updates[-1] = sgd(now, gradient, rate), plus(updates[-1], gradient)
        params = now
        h = run.h[-1]
    return np.concatenate(losses), updates, params, h


def exhibit_9(params, stream, h, K, rate, limit):
    x, start, counted = stream
    losses, updates = [], []
    for s in chunks(len(start), K):
        run = forward(params, x[s], begin(h, start[s.start]))
        targets = np.where(counted[s][..., None], x[1:][s], run.y)
        losses.append(squared_error(run.y, targets)[0])
        gradient = bptt(params, run, targets).params
        updates.append(Params(*(g * limit / max(limit, np.linalg.norm(g)) for g in gradient)))
        params = sgd(params, updates[-1], rate)
        h = run.h[-1]
    return np.concatenate(losses), updates, params, h


def exhibit_10(params, stream, h, K, rate, limit):
    x, start, counted = stream
    losses, updates, gradient = [], [], None
    for s in chunks(len(start), K):
        run = forward(params, x[s], begin(h, start[s.start]))
        targets = np.where(counted[s][..., None], x[1:][s], run.y)
        losses.append(squared_error(run.y, targets)[0])
        gradient = plus(gradient, bptt(params, run, targets).params)
        updates.append(clip(gradient, limit))
        params = sgd(params, updates[-1], rate)
        h = run.h[-1]
    return np.concatenate(losses), updates, params, h


EXHIBITS = (
    exhibit_1,
    exhibit_2,
    exhibit_3,
    exhibit_4,
    exhibit_5,
    exhibit_6,
    exhibit_7,
    exhibit_8,
    exhibit_9,
    exhibit_10,
)


def plus(total, more):
    """``total`` (None: nothing yet) and ``more``, both Params, added."""
    return more if total is None else Params(*map(np.add, total, more))


def backward(params, run, targets, dh=0):
    """(Params, dL/dh_0 (B, n)) in plain loops. Unlike ``bptt`` it does not ask whether ``run`` came
    from these ``params``. dh : (B, n), a gradient that arrives at the last state."""
    x, h, y = run
    dy, found = (y - targets) / len(y[0]), Params(*map(np.zeros_like, params))
    for t in range(len(x) - 1, -1, -1):
        dh = dh + dy[t] @ params.W_y
        dz = (1 - h[t + 1] ** 2) * dh
        shares = dz.T @ h[t], dz.T @ x[t], dz.sum(0), dy[t].T @ h[t + 1], dy[t].sum(0)
        found, dh = plus(found, shares), dz @ params.W_h
    return found, dh


def back_through(params, history, targets):
    """The gradient of the last run's loss, through all runs of ``history``: pairs (run, the rows
    in which a recording began there)."""
    total, dh = None, 0
    for i, (run, began) in enumerate(reversed(history)):
        part, dh = backward(params, run, run.y if i else targets, dh)
        total, dh = plus(total, part), begin(dh, began)
    return total


def row_gradient(params, run, targets, b):
    """What row b adds to the gradient."""
    one = type(run)(*(a[:, [b]] for a in run))
    return Params(*(g / len(run.y[0]) for g in backward(params, one, targets[:, [b]])[0]))


# What they are tried on


def case(seed=0):
    """(params, stream): three units, and the recordings of the picture in rows, K = 4."""
    rng, K = np.random.default_rng(seed), 4
    params = init_params(rng, 2, 3, 2)._replace(b=0.3 * rng.standard_normal(3))
    batches = dealt("rows", K)
    x = np.zeros((len(batches) * K + 1, ROWS, 2))
    start, counted = np.zeros((2, *x[1:].shape[:2]), bool)
    for i, batch in enumerate(batches):
        for b, window in enumerate(batch):
            if window:
                here, more = slice(i * K, i * K + window.steps), followed(batches, i, b)
                x[here, b] = rng.standard_normal((window.steps, 2))
                start[i * K, b] = not window.number
                counted[here, b] = True
                counted[here.stop - 1, b] = more
    return params, Stream(x, start, counted)


def followed(batches, i, b):
    """Whether the recording in row b goes on in batch i + 1."""
    after = batches[i + 1][b] if i + 1 < len(batches) else None
    return after is not None and after.number > 0


RATE, LIMIT = 0.1, 0.5


def run_loop(loop, params, stream, h=None, K=4, rate=RATE, limit=LIMIT):
    h = np.zeros((ROWS, len(params.b))) if h is None else h
    return loop(params, stream, h, K, rate, limit)


# The witnesses: each takes (loop, params, stream) and returns what is wrong, or "".


def real(stream):
    """(T + 1, B): what a step that counts reads, or is asked for. All else is padding."""
    none = np.zeros_like(stream.counted[:1])
    return np.concatenate([stream.counted, none]) | np.concatenate([none, stream.counted])


def padded_input(loop, params, stream):
    """Put noise where padding is: nothing may change."""
    noise = np.random.default_rng(0).standard_normal(stream.x.shape)
    other = stream._replace(x=np.where(real(stream)[..., None], stream.x, noise))
    return differs(run_loop(loop, params, stream), run_loop(loop, params, other))


def permuted_batch(loop, params, stream):
    """Turn the rows round: the losses turn with them, the updates stay."""
    losses, *rest = run_loop(loop, params, stream)
    turned = run_loop(loop, params, Stream(*(a[:, ::-1] for a in stream)))
    return differs((losses[:, ::-1], *rest), turned)


def nudged_border(loop, params, stream, K=4):
    """Move the last input before each cut, at rate 0: see which losses move, and which should."""
    before = run_loop(loop, params, stream, rate=0)[0]
    for t in range(K - 1, len(before) - 1, K):
        for b in np.flatnonzero(real(stream)[t]):
            x = stream.x.copy()
            x[t, b] += 0.1
            moved = run_loop(loop, params, stream._replace(x=x), rate=0)[0] != before
            wrong = np.argwhere(moved != should_move(stream, t, b))
            if len(wrong):
                s, row = wrong[0]
                text = f"x of step {t + 1} in row {b + 1} moves the loss of step {s + 1} in row "
                text = text if moved[s, row] else text.replace("moves", "does not move")
                return text + f"{row + 1}"
    return ""


def should_move(stream, t, b):
    """(T, B): the loss that has x_t of row b as its target, and the later ones of its recording."""
    wanted = np.zeros_like(stream.counted)
    recording = stream.start[:, b].cumsum()
    wanted[t:, b] = stream.counted[t:, b] & (recording[t:] == recording[t])
    wanted[t - 1, b] = stream.counted[t - 1, b]
    return wanted


def stopped_at_a_cut(loop, params, stream, cut=8):
    """Stop, keep weights and state, go on: nothing may differ from a run that was not stopped."""
    losses, updates, *_ = run_loop(loop, params, stream)
    x, start, counted = stream
    first = Stream(x[: cut + 1], start[:cut], counted[:cut])
    one, done, *kept = run_loop(loop, params, first)
    two, more, *_ = run_loop(loop, kept[0], Stream(x[cut:], start[cut:], counted[cut:]), kept[1])
    return differs((losses, updates), (np.concatenate([one, two]), [*done, *more]))


def other_settings(loop, params, stream):
    """Cut twice as often, at rate 0: what W_y collects must be the same. Clip, or do not: the
    first update must point the same way."""
    totals = [
        sum(u.W_y for u in run_loop(loop, params, stream, K=K, rate=0, limit=1e9)[1])
        for K in (4, 2)
    ]
    if off(*totals) > 1e-9:
        return f"cut twice as often, W_y collects something {off(*totals):.2g} off"
    firsts = [
        flat(run_loop(loop, params, stream, rate=0, limit=limit)[1][0]) for limit in (1e9, 1e-2)
    ]
    apart = off(*(first / np.linalg.norm(first) for first in firsts))
    return f"clipped, the update points {apart:.2g} elsewhere" if apart > 1e-9 else ""


WITNESSES = {
    witness.__name__: witness
    for witness in (padded_input, permuted_batch, nudged_border, stopped_at_a_cut, other_settings)
}


def flat(params):
    return np.concatenate([p.ravel() for p in params])


def off(a, b):
    """|a - b| / |a|."""
    return float(np.linalg.norm(a - b) / max(np.linalg.norm(a), 1e-300))


def differs(run, other):
    """In what two runs of a loop differ."""
    found = off(run[0], other[0]), off(*(np.array([*map(flat, r[1])]) for r in (run, other)))
    said = [f"{name} {o:.2g} off" for name, o in zip(("losses", "updates"), found) if o > 1e-9]
    return " and ".join(said)


def says(witness, loop, params, stream):
    """What a witness says; also where the loop stops with an error."""
    try:
        return witness(loop, params, stream)
    except Exception as error:  # whatever a learner's loop does
        return f"{type(error).__name__}: {error}"


@cache
def convicted(loop, seed=0):
    """The names of the witnesses who find something wrong with it."""
    return [name for name, w in WITNESSES.items() if says(w, loop, *case(seed))]


def passes_gradient_check(loop, seed=0):
    """Whether the first update is the gradient of the first chunk's loss, as the loop counts it."""
    params, (x, start, counted) = case(seed)
    first, limit = Stream(x[:5], start[:4], counted[:4]), 1e9

    def L(p):
        return run_loop(loop, p, first, rate=0, limit=limit)[0].sum() / ROWS

    update = run_loop(loop, params, first, rate=0, limit=limit)[1][0]
    try:
        check_gradient(L, params, update, np.random.default_rng(seed))
        return True
    except AssertionError:
        return False


# The verdict

verdicts = {}


def verdict(number, loop):
    """Print what the five witnesses say to a version of an exhibit, whatever it does."""
    said = {name: says(witness, loop, *case()) for name, witness in WITNESSES.items()}
    verdicts[number] = "still wrong" if any(said.values()) else "mended"
    print(f"Exhibit {number}: {verdicts[number]}")
    for name, text in said.items():
        print(f"  {name:16} {text or 'finds nothing'}")


def score():
    """Print which exhibits are mended."""
    still = [str(n) for n in sorted(verdicts) if verdicts[n] != "mended"]
    print(f"mended: {len(verdicts) - len(still)} of {len(verdicts)}")
    print("still wrong:", " ".join(still) or "none")


def convictions(seeds=range(1)):
    """{witness: (10,)}: on how many of the ``seeds`` it convicts each exhibit."""
    found = {name: np.zeros(len(EXHIBITS), int) for name in WITNESSES}
    for seed in seeds:
        for i, loop in enumerate(EXHIBITS):
            for name in convicted(loop, seed):
                found[name][i] += 1
    return found


# The questions

exercise_1 = Exercise(
    "Exercise 1",
    4,
    "How many updates does a pass make now, and how long is one of them, an average as before?",
    "Against the summed loss a step is multiplied by 1 / K: 1/20 before, 1/5 now.",
    tempting=(
        (0.25, "The other way round: a mean over fewer steps divides by less."),
        (1, "That is what a summed loss gives: a quarter of the steps in each of four updates."),
        (16, "There are four times as many updates, but a mean over 5 steps is no longer one."),
    ),
)
exercise_2 = Exercise(
    "Exercise 2",
    68,
    "Which window did the same row read one batch earlier?",
    "Row b of a batch is handed what row b of the batch before left: 32 windows earlier.",
    tempting=(
        (99, "That is its past. It is read in the same batch, by the row before."),
        (69, "One batch earlier the row read what lies 32 windows back, not 31."),
        (67, "One batch earlier the row read what lies 32 windows back, not 33."),
    ),
)
SOME_STATES = np.array([[0.1, 0.2], [0.3, 0.4], [0.5, 0.6]])
SOME_STARTS = np.array([True, False, False]), np.array([False, True, True])
exercise_3 = Exercise(
    "Exercise 3",
    [begin(SOME_STATES, start) for start in SOME_STARTS],
    "start has one truth value for each row of h, and h has n numbers in each row.",
    "np.where(condition, where true, where not), with start[:, None] as the condition.",
    tempting=(
        (
            [begin(SOME_STATES, ~start) for start in SOME_STARTS],
            "That keeps just the rows that begin.",
        ),
        ([0 * SOME_STATES] * 2, "That forgets every row's past, and no border is crossed at all."),
        ([SOME_STATES] * 2, "That is exhibit 2: each recording starts from the one before."),
    ),
    cases=tuple((SOME_STATES, start) for start in SOME_STARTS),
)
