"""Notebook 15: what the picture claims is what a network that runs over the same windows does."""

import numpy as np
import pytest

from bptt_helpers import contributions, forward, init_params
from bptt_helpers.plots.style import BACKWARD, FORWARD, LOSS, QUIET, REFERENCE
from scenes import right_gradient_wrong_stream as scene

SETTINGS = [(a, b, K) for a in scene.LAYOUTS for b in scene.STATES for K in (1, 4, 7)]


def positions(layout, K):
    """(steps, rows): the recording (-1 for padding), and the step in it, counted from 0."""
    recording, step = [], []
    for batch in scene.dealt(layout, K):
        for j in range(K):
            real = [w is not None and j < w.steps for w in batch]
            recording.append([w.recording if r else -1 for w, r in zip(batch, real)])
            step.append([w.number * K + j if r else -1 for w, r in zip(batch, real)])
    return np.array(recording), np.array(step)


@pytest.mark.parametrize("layout", scene.LAYOUTS)
@pytest.mark.parametrize("K", range(1, scene.LONGEST_K + 1))
def test_each_step_of_each_recording_is_read_once(layout, K):
    recording, step = positions(layout, K)
    real = recording >= 0
    lengths = np.ravel(scene.LENGTHS)
    wanted = [(r, s) for r, length in enumerate(lengths) for s in range(length)]
    assert sorted(zip(recording[real], step[real])) == wanted
    assert len(recording) <= scene.LONGEST and scene.NAMES[len(lengths) - 1 :] == "H"
    padding, losses = scene.padded(layout, K)
    assert padding.sum() == (~real).sum() and losses.sum() == real.size


def states_of(layout, state, K, x):
    """All states (steps, rows, n) by plain numpy; what is handed on stands here once more."""
    params = init_params(np.random.default_rng(5), 2, 3, 1, gain=1.1)
    recording, step = positions(layout, K)
    h, found = np.zeros((scene.ROWS, 3)), []
    for t in range(len(x)):
        if t % K == 0:
            h, begins = h.copy(), step[t] == 0
            for b in range(scene.ROWS):
                if state == "reset" or (state == "carry" and begins[b]):
                    h[b] = 0
        h = np.tanh(h @ params.W_h.T + x[t] @ params.W_x.T + params.b)
        found.append(h)
    return np.array(found)


@pytest.mark.parametrize("layout, state, K", SETTINGS)
def test_the_map_is_what_a_nudge_of_each_input_moves(layout, state, K):
    recording, step = positions(layout, K)
    steps = len(recording)
    x = np.random.default_rng(1).standard_normal((steps, scene.ROWS, 2))
    before, pairs = states_of(layout, state, K, x), scene.sees(layout, state, K)
    for k in range(steps):
        nudged = x.copy()
        nudged[k, 0] += 0.1
        moves = (states_of(layout, state, K, nudged)[:, 0] != before[:, 0]).any(-1)
        for t in range(steps):
            kind = pairs.get((t + 1, k + 1))
            if recording[t, 0] < 0:
                assert kind == ("padding" if k <= t and k // K == t // K else None)
                continue
            between = slice(k, t + 1)
            one = k <= t and (recording[between, 0] == recording[t, 0]).all()
            mine = one and (np.diff(step[between, 0]) == 1).all()
            assert moves[t] == (kind in ("credited", "own", "another")), (t, k)
            if moves[t] and t // K == k // K:
                assert kind == "credited"
            elif moves[t]:
                assert kind == ("own" if mine else "another")
            elif mine:
                assert kind == "forgotten"


def test_credit_stays_inside_a_chunk():
    params = init_params(np.random.default_rng(5), 2, 3, 1, gain=1.1)
    x, targets = np.random.default_rng(1).standard_normal((4, 2)), np.ones((4, 1))
    run = forward(params, x, np.full(3, 0.3))
    there = contributions(params, run, targets) > 0
    pairs = scene.sees("rows", "carry", 4)
    assert {(t, k) for t in range(1, 5) for k in range(1, 5) if there[t - 1, k - 1]} == {
        pair for pair, kind in pairs.items() if kind == "credited" and pair[0] <= 4
    }


@pytest.mark.parametrize("layout, state, K", SETTINGS)
def test_the_shares_by_the_state_that_enters_each_window(layout, state, K):
    """Row by row, by what a nudge of the last step of a window's past moves."""
    recording, step = positions(layout, K)
    x = np.random.default_rng(2).standard_normal((len(recording), scene.ROWS, 2))
    before = states_of(layout, state, K, x)
    starts = strange = there = 0
    for t in range(0, len(x), K):
        for b in np.flatnonzero(recording[t] >= 0):
            mine = (recording == recording[t, b]) & (step == step[t, b] - 1)
            moved_by = set()
            for other in range(scene.ROWS):
                nudged = x.copy()
                nudged[t - 1, other] += 0.1
                if t and (states_of(layout, state, K, nudged)[t, b] != before[t, b]).any():
                    moved_by.add((t - 1, other))
            past = {(int(s), int(o)) for s, o in np.argwhere(mine)}
            there += bool(past)
            starts += bool(past) and moved_by == past
            strange += bool(moved_by) and moved_by != past
    assert scene.with_past(layout, state, K) == (starts, there)
    assert scene.from_others(layout, state, K) == strange


@pytest.mark.parametrize("layout", scene.LAYOUTS)
@pytest.mark.parametrize("K", [1, 3, 4, 8])
def test_by_what_a_step_is_multiplied(layout, K):
    """With a mean and with a sum, as the gradient of b_y by plain sums over what counts."""
    recording, _ = positions(layout, K)
    errors = np.random.default_rng(3).standard_normal(recording.shape)
    for mask in ("on", "off"):
        counts = (recording >= 0) if mask == "on" else np.ones_like(recording, bool)
        chunks = [slice(t, t + K) for t in range(0, len(errors), K)]
        summed = [(errors[s] * counts[s]).sum() / scene.ROWS for s in chunks]
        mean = [errors[s][counts[s]].mean() for s in chunks]
        assert np.allclose(scene.factors(layout, K, mask, "mean"), np.divide(mean, summed))
        assert (scene.factors(layout, K, mask, "sum") == 1).all()


def picture(**values):
    start = dict(guess=None, K=4, layout="rows", state="carry", mask="on", loss="sum")
    return scene.compute(**start | values)


def test_the_sentence():
    assert picture().sentence == (
        "K = 4, rows, carry: of 11 windows with a past 11 start from it (100 %); 0 of all 19 from "
        "another's. Padding is 0 % of the losses. "
        "A step is multiplied by 1 against the summed loss."
    )
    assert "multiplied by 0.25 against" in picture(loss="mean", mask="off").sentence
    assert "Padding is 25 % of the losses" in picture(mask="off").sentence
    assert "11 windows with a past 0 start from it (0 %)" in picture(layout="in order").sentence
    answer = picture(guess=75.0, state="reset").sentence.removeprefix(
        picture(state="reset").sentence
    )
    assert answer == " You said 75 %; in order, carried, K = 4, it is 0 of 11, 0 %."


@pytest.mark.parametrize("K", range(1, scene.LONGEST_K + 1))
def test_dealt_in_order_no_window_starts_from_its_past(K):
    for state in scene.STATES:
        assert scene.with_past("in order", state, K)[0] == 0
        assert scene.with_past("rows", "carry", K) == scene.with_past("rows", "across ends", K)
    assert len(set(scene.with_past("rows", "carry", K))) == 1
    assert scene.from_others("rows", "carry", K) == 0


def test_what_is_drawn_is_what_was_computed():
    for values in dict(mask="off", state="across ends"), dict(layout="shuffled", K=3):
        record, at = picture(**values), dict(layout="rows", state="carry", K=4) | values
        left, right = record.panels
        kinds, pairs = (f(at["layout"], at["state"], at["K"]) for f in (scene.begins, scene.sees))
        tiles = left.curves[1:9]
        assert [len(c.x) for c in tiles] == list(np.ravel(scene.LENGTHS))
        starts = dict(zip(("own", "another", "forgotten"), left.curves[-3:]))
        for kind, curve in starts.items():
            assert len(curve.x) == list(kinds.values()).count(kind)
            assert curve.color == scene.KINDS[kind][0] and curve.hollow == (kind == "forgotten")
        for kind, curve in zip(scene.KINDS, right.curves):
            there = {(t, k) for (t, k), what in pairs.items() if what == kind}
            there = set() if kind == "padding" and at.get("mask", "on") == "on" else there
            assert {(t, k) for k, t in zip(curve.x, curve.y)} == there
    colors = [BACKWARD, FORWARD, REFERENCE, QUIET, LOSS]
    assert [curve.color for curve in right.curves] == colors
    assert [picture(mask=m).panels[0].curves[-4].color for m in ("on", "off")] == [QUIET, LOSS]
