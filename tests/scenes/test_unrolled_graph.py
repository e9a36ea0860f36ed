"""Notebook 2's pictures and questions, held to the package's gradients and to plain loops."""

import math
import re

import numpy as np
import pytest
from matplotlib.colors import to_rgba

from bptt_helpers import Params, bptt, forward, truncated_bptt
from bptt_helpers.plots import graph
from bptt_helpers.plots.canvas import Canvas
from bptt_helpers.plots.style import (
    BACKWARD,
    FORWARD,
    LOSS,
    QUIET,
    REFERENCE,
    TRUNCATION,
    WEIGHT,
    word,
)
from scenes import unrolled_graph as scene

X = (1.0, -0.5, 0.8, -0.6, 0.5, 0.2)
TARGETS = (0.0, *X[:-1])
START = dict(guess=None, step=11, W_h=0.9, T=6, K=6, loss="last")
PLACES = [
    (T, K, W_h, loss)
    for T in (1, 4, 6)
    for K in (1, 2, 6)
    for W_h in (-1.3, 0.0, 0.9)
    for loss in ("last", "every")
]


def shown(**values):
    return scene.compute(**START | values)


def unit(W_h):
    return Params(np.array([[W_h]]), np.array([[0.8]]), np.array([0.1]), np.array([[1.2]]), [0.0])


def by_package(T, K, W_h, loss):
    """h_1..h_T, L_t, delta_1..delta_T and dL/dW_h; a silent loss has its output as target."""
    x, params = np.array(X[:T])[:, None], unit(W_h)
    run, targets = forward(params, x), np.array(TARGETS[:T])[:, None]
    if loss == "last":
        targets[:-1] = run.y[:-1]
    parts = list(truncated_bptt(params, x, targets, K))
    delta = np.concatenate([part.gradients.h[1:, 0] for part in parts])
    dW_h = sum(part.gradients.params.W_h[0, 0] for part in parts)
    return run.h[1:, 0], (run.y - targets)[:, 0] ** 2 / 2, delta, dW_h


def boxes(record):
    """The nodes that are there, by their names without the letters of mathtext."""
    return {n.text.split()[0].strip("$"): n for n in record.nodes if n.lit is not None and n.text}


def numbers(text):
    return [float(n) for n in re.findall(r"(?<![_\d])-?\d+\.?\d*(?:e-?\d+)?", text)]


def edges(record, *wanted):
    """The arrows that are there, {(from, to): edge} by the names of their boxes."""
    found = {}
    for edge in record.edges:
        ends = [record.nodes[i] for i in (edge.start, edge.end)]
        if edge.lit is not None and all(n.lit is not None for n in ends):
            found[tuple(n.text.split()[0].strip("$") for n in ends)] = edge
    return found


@pytest.mark.parametrize("place", PLACES)
def test_states_losses_and_gradients_in_the_boxes_are_the_package_s(place):
    T, K, W_h, loss = place
    h, L, delta, dW_h = by_package(*place)
    there = boxes(shown(step=13, T=T, K=K, W_h=W_h, loss=loss))
    for t in range(1, T + 1):
        state, gradient = there[f"h_{t}"].text.split("\n")
        assert numbers(state.split("$")[-1]) == [pytest.approx(h[t - 1], abs=6e-3)]
        assert numbers(gradient) == [pytest.approx(delta[t - 1], abs=6e-4)]
        if loss == "every" or t == T:
            assert numbers(there[f"L_{t}"].text.split("\n")[1])[0] == pytest.approx(
                L[t - 1], abs=6e-4
            )
        else:
            assert f"L_{t}" not in there
    assert float(there["L"].text.split("\n")[1]) == pytest.approx(L.sum(), abs=6e-4)
    assert float(there["dL/dW_h"].text.split("\n")[1]) == pytest.approx(dW_h, abs=6e-4)


@pytest.mark.parametrize("place", PLACES)
def test_fills_and_arrows_follow_the_gradient_and_carry_their_factor(place):
    T, K, W_h, loss = place
    h, _, delta, _ = by_package(*place)
    record = shown(step=13, T=T, K=K, W_h=W_h, loss=loss)
    there, ways, most = boxes(record), edges(record), abs(delta).max()
    for t in range(1, T + 1):
        node = there[f"h_{t}"]
        assert node.color == BACKWARD and node.fill == pytest.approx(abs(delta[t - 1]) / most)
    for t in range(2, T + 1):
        way = ways[f"h_{t}", f"h_{t - 1}"]
        assert way.color == BACKWARD
        if (t - 1) % K == 0:
            assert way.text == "cut" and way.size is None and way.lit
            continue
        factor = W_h * (1 - h[t - 1] ** 2)
        assert float(way.text.lstrip("×")) == pytest.approx(factor, abs=6e-3)
        assert way.size == pytest.approx(abs(factor * delta[t - 1]) / most, abs=1e-9)
        assert bool(way.lit) == (factor * delta[t - 1] != 0)
    from_losses = [way for ends, way in ways.items() if ends[0].startswith("L_")]
    assert len(from_losses) == (1 if loss == "last" else T)
    assert all(way.color == BACKWARD and way.size > 0 for way in from_losses)


def test_with_the_last_loss_alone_the_gradient_is_seen_to_fade():
    record = shown(step=13)
    fills = [boxes(record)[f"h_{t}"].fill for t in range(1, 7)]
    delta = (0.022, 0.028, 0.078, 0.096, 0.185, 0.393)
    assert fills == pytest.approx(np.array(delta) / 0.393, abs=2e-3)
    assert np.all(np.diff(fills) > 0) and fills[0] < 0.06
    arrows = Canvas(graph, record, (8.4, 2.6)).artists[0]
    orange = [
        path.vertices[0] - path.vertices[-2]
        for path, color in zip(arrows.get_paths(), arrows.get_facecolors())
        if tuple(color) == to_rgba(BACKWARD)
    ]
    widths = [math.hypot(*across) for across in orange]  # of those from h_2, ..., h_6, and L_6
    wanted = [max(10 * d / 0.3925, 0.5) for d in delta]
    assert sorted(widths) == pytest.approx(wanted, rel=0.02)


def test_the_opening_shows_the_fade_and_not_the_answer():
    assert scene.unrolled().start == START
    record = shown()
    there = boxes(record)
    assert [t for t in range(1, 7) if "δ" in there[f"h_{t}"].text] == [3, 4, 5, 6]
    assert there["h_1"].color == FORWARD and there["h_3"].color == BACKWARD
    assert "5.7" not in record.sentence and "δ_1" not in record.sentence
    delta = by_package(6, 6, 0.9, "last")[2]
    told = shown(guess=50.0).sentence
    assert f"it is {100 * delta[0] / delta[5]:.2g} %" in told and "You said 50 %" in told


@pytest.mark.parametrize("T", [1, 3, 6])
def test_each_step_of_the_walk_shows_one_thing_more(T):
    steps = [shown(step=step, T=T, loss="every") for step in range(2 * T + 2)]
    lit = [sum(bool(n.lit) for n in r.nodes if n.text.startswith("$h_")) for r in steps]
    assert lit == [min(step, T) + 1 for step in range(2 * T + 2)]  # h_0 is given
    arrived = [sum("δ" in n.text for n in r.nodes) for r in steps]
    assert arrived == [max(step - T - 1, 0) for step in range(2 * T + 2)]
    assert len({r.caption for r in steps}) == len({r.sentence for r in steps}) == 2 * T + 2
    assert shown(step=13, T=T, loss="every") == steps[-1]  # past its end it stays there


def test_play_ends_where_the_walk_does():
    spec = scene.unrolled().specs["step"]
    assert [spec.upto(T=T, K=6) for T in (1, 3, 6)] == [3, 7, 13] and spec.play


@pytest.mark.parametrize("place", PLACES)
def test_the_sentence_names_both_sources_and_they_make_delta(place):
    T, K, W_h, loss = place
    _, _, delta, _ = by_package(*place)
    for t in range(T, 0, -1):
        text = shown(step=2 * T + 2 - t, T=T, K=K, W_h=W_h, loss=loss).sentence
        sources, said = text.split(f": δ_{t} = ")
        total = numbers(said)[0]
        assert total == pytest.approx(delta[t - 1], abs=6e-4)
        own = 0 if "nothing from L_" in sources else numbers(sources.split(":")[1])[0]
        assert ("nothing from L_" in sources) == (loss == "last" and t < T)
        later = float(sources.split(" = ")[1].split()[0]) if " = " in sources else 0
        assert own + later == pytest.approx(total, abs=2e-3)
        assert ("across the cut" in sources) == (t < T and t % K == 0)
        assert ("no later step" in sources) == (t == T)


def test_the_sentence_collects_the_uses():
    h, _, delta, _ = by_package(6, 6, 0.9, "every")
    uses = delta * (1 - h**2) * np.append(0, h[:-1])
    for t in range(6, 0, -1):
        text = shown(step=14 - t, loss="every").sentence
        adds, so_far = re.search(
            r"adds (\S+); (?:so far|in all) dL/dW_h = (\S+\d)[.,]", text
        ).groups()
        assert float(adds) == pytest.approx(uses[t - 1], abs=6e-4)
        assert float(so_far) == pytest.approx(uses[t - 1 :].sum(), abs=6e-4)
    assert text.endswith(", as bptt says.")
    full = by_package(6, 6, 0.9, "every")[3]
    assert f"the full one is {full:.3f}" in shown(step=13, K=2, loss="every").sentence
    assert " % of δ_6" not in text and " % of δ_6" in shown(step=13).sentence


def test_sentences_on_the_way_forward_are_recomputed():
    h = by_package(6, 6, 0.9, "every")[0]
    for t in range(1, 7):
        before = h[t - 2] if t > 1 else 0.0
        text = shown(step=t).sentence
        *parts, state = numbers(text.split("= tanh(")[-1])
        assert parts == pytest.approx([0.9 * before, 0.8 * X[t - 1], 0.1], abs=6e-4)
        assert state == pytest.approx(h[t - 1], abs=6e-4)
        assert (
            shown(step=t).caption == f"Forward, step {t} of 6: the state h{'₁₂₃₄₅₆'[t - 1]} appears"
        )
    assert shown(step=13, loss="every").caption == "Backward, at step 1: δ₁ arrives from L₁ and h₂"
    assert shown(step=13).caption == "Backward, at step 1: δ₁ arrives from h₂"
    assert shown(step=13, K=1).caption == "Backward, at step 1: nothing arrives"
    assert shown(step=8).caption == "Backward, at step 6: δ₆ arrives from L₆"


def test_colours_of_boxes_and_arrows_say_what_they_are():
    record = shown(step=7, loss="every")
    there, ways = boxes(record), edges(record)
    for t in range(1, 7):
        assert (there[f"h_{t}"].color, there[f"h_{t}"].fill > 0) == (FORWARD, True)
        assert there[f"L_{t}"].color == LOSS and there[f"x_{t}"].color == REFERENCE
        assert ways[f"h_{t - 1}", f"h_{t}"].color == WEIGHT
        assert ways[f"h_{t - 1}", f"h_{t}"].text == "$W_h$"
        assert (ways[f"x_{t}", f"h_{t}"].text, ways[f"h_{t}", f"L_{t}"].text) == ("$W_x$", "$W_y$")
    assert there["dL/dW_h"].color == WEIGHT and not there["dL/dW_h"].lit
    assert boxes(shown(step=13))["dL/dW_h"].fill == 1


def test_a_box_is_wide_enough_for_its_words():
    for W_h in np.arange(-20, 21) / 10:
        for loss in "last", "every":
            for node in shown(step=13, W_h=W_h, loss=loss).nodes:
                for row in node.text.split("\n"):
                    assert not row or np.ptp(word(row).vertices[:, 0]) < scene.BOX[0] - 2, row


# the experiment


def experiment(**values):
    start = dict(guess=None, shown="whole", rate=0.1, updates=400)
    return scene.compute_experiment(**start | values)


@pytest.mark.parametrize("seed", [2, 11])
def test_the_stored_percentages_are_what_the_command_computes(tool, seed):
    train = tool("train_without_past")
    assert (train.RATES, train.UPDATES) == (scene.RATES, scene.UPDATES)
    assert scene.explained().shape == (3, 3, len(train.SEEDS), 2)
    for i, how in enumerate(train.GRADIENTS):
        found = train.train(how, seed, rate=0.1, updates=(400,))
        assert found == pytest.approx([scene.found(0.1, 400)[i, seed]], abs=0.5)


@pytest.mark.parametrize("seed", [101, 102, 103])
def test_the_claim_holds_for_seeds_that_the_notebook_does_not_show(tool, seed):
    train = tool("train_without_past")
    whole, cut = (train.train(how, seed, 0.1, (400,))[0] for how in train.GRADIENTS[:2])
    assert whole > cut + 13 and whole > 60 and cut < 70


def test_without_the_past_trains_by_the_gradient_that_stays_at_its_step(tool):
    train, rng = tool("train_without_past"), np.random.default_rng(5)
    params = train.init_params(rng, 1, 4, 1)
    x, targets = train.echo(rng, 3)
    assert np.array_equal(targets[train.LAG :], x[: -train.LAG]) and not targets[: train.LAG].any()
    run = forward(params, x)
    dz = (run.y - targets) / 3 @ params.W_y * (1 - run.h[1:] ** 2)  # the mean over the batch
    wanted = np.einsum("tbi,tbj->ij", dz, run.h[:-1])
    assert np.allclose(train.not_through_time(params, run, targets).W_h, wanted)
    read_out, whole = (g(params, run, targets) for g in (train.read_out_only, train.whole))
    assert not any(part.any() for part in read_out[:3])
    assert np.array_equal(read_out.W_y, whole.W_y) and np.array_equal(read_out.b_y, whole.b_y)


@pytest.mark.parametrize("place", PLACES)
def test_between_forward_and_backward_all_losses_are_said_that_count(place):
    T, K, W_h, loss = place
    L = by_package(*place)[1]
    each = [f"L_{t} = {L[t - 1]:.3f}" for t in ([T] if loss == "last" else range(1, T + 1))]
    judged = f"Judged: {', '.join(each)}. Together L = {L.sum():.3f}."
    assert shown(step=T + 1, T=T, K=K, W_h=W_h, loss=loss).sentence == judged


def test_dots_are_the_stored_networks_and_only_those_that_are_chosen():
    for shown_now, how_many in zip(scene.SHOWN, (1, 2, 3)):
        (panel,) = experiment(shown=shown_now, rate=0.3, updates=2000).panels
        dots = [curve for curve in panel.curves if curve.marker]
        assert [dot.color for dot in dots] == [BACKWARD, TRUNCATION, QUIET]
        for i, dot in enumerate(dots):
            stored = scene.explained()[2, i, :, 1]
            assert np.array_equal(dot.y, stored) if i < how_many else np.isnan(dot.y).all()
            assert abs(np.array(dot.x) - i).max() < 0.31
            bar = panel.curves[2 * i + 2]
            middle = np.median(stored) if i < how_many else np.nan
            assert np.array_equal(bar.y, [middle] * 2, equal_nan=True) and np.mean(bar.x) == i
        step = "Step size 0.3 / T, 2000 updates. Explained"
        assert experiment(shown=shown_now, rate=0.3, updates=2000).sentence.startswith(step)
        assert panel.ticks[1] == ["whole", "not through time", "read-out only"]
        values = scene.explained()
        assert panel.ylim[0] < values.min() and values.max() < panel.ylim[1]


def test_the_sentence_of_the_experiment_gives_median_and_range():
    text = experiment(shown=scene.SHOWN[1], guess=80.0).sentence
    for name, seen in zip(("whole", "not through time"), scene.explained()[1, :2, :, 0]):
        low, middle, high = np.quantile(seen, [0, 0.5, 1])
        assert f"{name} {middle:.0f} % ({low:.0f} to {high:.0f})" in text
    assert text.startswith("Step size 0.1 / T, 400 updates.")
    assert "You said 80 %" in text and "read-out" not in text
    assert "not through time" not in experiment().sentence  # the opening does not tell
    guessed = experiment(guess=80.0).panels[0].curves[0]
    assert (guessed.x, guessed.y, guessed.label) == (None, 80.0, "you said")
    medians = [c for c in experiment().panels[0].curves if c.color == REFERENCE]
    assert list(medians[0].y) == [np.median(scene.explained()[1, 0, :, 0])] * 2


# exercises


def test_the_exercises_expect_what_differences_give():
    def loss(W, first=0.0, start=0):
        h, L = first, 0.0
        for x, target in list(zip(X, TARGETS))[start:]:
            h = math.tanh(W * h + 0.8 * x + 0.1)
            L += (1.2 * h - target) ** 2 / 2
        return L

    h, own = [0.0], []
    for x, target in zip(X, TARGETS):
        h.append(math.tanh(0.9 * h[-1] + 0.8 * x + 0.1))
        own.append(1.2 * (1.2 * h[-1] - target))
    for t in range(1, 6):  # delta_t: its own loss, and all that follows from h_t
        after = (loss(0.9, h[t] + 1e-5, t) - loss(0.9, h[t] - 1e-5, t)) / 2e-5
        assert scene.exercise_1.expected[t - 1] == pytest.approx(own[t - 1] + after, rel=1e-6)
        given = own[t - 1], scene.DELTA[t], h[t + 1], 0.9
        assert scene.exercise_1.cases[t - 1] == pytest.approx(given)
        assert own[t - 1] + 0.9 * (1 - given[2] ** 2) * given[1] == pytest.approx(
            own[t - 1] + after
        )
    factors = sorted(0.9 * (1 - state**2) for state in h[2:])
    assert scene.exercise_2.expected == pytest.approx(100 * math.prod(factors[1:]))
    assert scene.exercise_3.expected == [64 * 75, 100 * 64 * 75]
    *_, cut = by_package(6, 1, 0.9, "every")
    assert scene.exercise_4.expected == pytest.approx(cut, rel=1e-12)
    full = bptt(unit(0.9), forward(unit(0.9), np.array(X)[:, None]), np.array(TARGETS)[:, None])
    assert scene.exercise_4.reply(full.params.W_h[0, 0])[0] is False


def test_digits_of_the_picture_are_near_enough_for_exercise_2():
    record = shown(step=13)
    factors = [float(e.text[1:]) for e in edges(record).values() if e.text.startswith("×")]
    assert scene.exercise_2.reply(round(100 * math.prod(sorted(factors)[1:]), 1))[0]
    assert scene.exercise_2.reply(round(5.68 / min(factors), 1))[0]
    assert scene.exercise_2.reply(5.68)[0] is False
