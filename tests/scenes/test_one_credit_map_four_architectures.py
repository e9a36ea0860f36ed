"""Notebook 16: four models, their gradients and their maps, by other routes than the scene's own.

The witness of a map runs each model in plain loops over numbers, written here from the equations
alone, and nudges one input in the imaginary direction.
"""

import cmath
import re
import runpy
from math import e, log
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from scenes import four_models as models
from scenes import one_credit_map_four_architectures as scene

EPS = 1e-12
BACKWARD, QUIET, FORWARD, LOSS = "#D55E00", "#767676", "#0072B2", "#E69F00"
REFERENCE = "#000000"
N = scene.SIZE
START = dict(guess=None, model="tanh", T=20, lag=5)
START |= dict(forget_bias=1.0, radius=0.9, temperature=1.0)
GATE = dict(guess=None, forget_bias=1.0, lag=10, size=1.0, seed=0)
KNOB = dict(LSTM="forget_bias", diagonal="radius", attention="temperature")


def sigma(z):
    return 1 / (1 + cmath.exp(-z))


def dot(a, b):
    return sum(u * v for u, v in zip(a, b))


def tanh_states(P, x):
    h = [0] * N
    for x_t in x:
        h = [cmath.tanh(dot(P.W_h[i], h) + P.W_x[i] * x_t + P.b[i]) for i in range(N)]
        yield h


def lstm_states(P, x):
    h, c = [0] * N, [0] * N
    for x_t in x:
        z = [dot(P.W_h[i], h) + P.W_x[i] * x_t + P.b[i] for i in range(4 * N)]
        f, i, o = ([sigma(z[k * N + j]) for j in range(N)] for k in range(3))
        g = [cmath.tanh(z[3 * N + j]) for j in range(N)]
        c = [f[j] * c[j] + i[j] * g[j] for j in range(N)]
        h = [o[j] * cmath.tanh(c[j]) for j in range(N)]
        yield h


def diagonal_states(P, x):
    """Real and imaginary parts apart: the nudge has the imaginary direction for itself."""
    h = [0] * N
    for x_t in x:
        new = [0] * N
        for i in range(N // 2):
            radius, angle, j = np.exp(-np.exp(P.nu[i])), P.angle[i], i + N // 2
            new[i] = radius * (np.cos(angle) * h[i] - np.sin(angle) * h[j]) + P.W_x[i] * x_t
            new[j] = radius * (np.sin(angle) * h[i] + np.cos(angle) * h[j]) + P.W_x[j] * x_t
        h = new
        yield h


def attention_states(P, x):
    keys, values = [], []
    for t, x_t in enumerate(x, 1):
        u = []
        for i in range(N):
            turn = t / 10_000 ** (i % (N // 2) / (N // 2))
            u.append(P.W_x[i] * x_t + (np.sin(turn) if i < N // 2 else np.cos(turn)))
        q, key, value = ([dot(W[i], u) for i in range(N)] for W in (P.W_q, P.W_k, P.W_v))
        keys.append(key)
        values.append(value)
        weights = [cmath.exp(dot(q, one) / N**0.5) for one in keys]
        yield [sum(w * v[i] for w, v in zip(weights, values)) / sum(weights) for i in range(N)]


STATES = dict(
    zip(scene.NAMES, (tanh_states, lstm_states, diagonal_states, attention_states), strict=True)
)


def column(name, P, x, k):
    """|dh_t/dx_k| for t = 1..T."""
    nudged = [complex(v, EPS * (t == k)) for t, v in enumerate(x, 1)]
    return [np.linalg.norm(np.imag(h)) / EPS for h in STATES[name](P, nudged)]


def witness_map(name, knob, T, seed=0):
    P, x, _ = scene.case(name, knob, seed)
    return np.transpose([column(name, P, x[:T, 0], k) for k in range(1, T + 1)])


@pytest.mark.parametrize(
    "name, knob",
    [("tanh", 1.0), ("LSTM", 1.0), ("LSTM", 4.0), ("diagonal", 0.9)]
    + [("diagonal", 0.5), ("attention", 1.0), ("attention", 0.3)],
)
@pytest.mark.parametrize("T", [2, 20])
def test_the_map_is_what_nudging_each_input_moves(name, knob, T):
    right = witness_map(name, knob, T)
    right /= right.sum(1, keepdims=True)
    values = START | {"model": name, "T": T, "lag": 1}
    values |= {KNOB[name]: knob} if name in KNOB else {}
    record = scene.compute(**values)
    (shown,) = record.maps
    at = np.tril_indices(T)
    np.testing.assert_allclose(10 ** shown.log10[at], right[at], rtol=1e-8, atol=1e-12)
    assert not np.isfinite(shown.log10[np.triu_indices(T, 1)]).any()
    assert shown.point == (T, T - 1) and record.labels == ("input k", "output t")


def test_the_witness_sees_a_wrong_map(monkeypatch):
    moves = models.lstm_moves
    wrong = scene.MODELS["LSTM"]._replace(
        moves=lambda P, run: moves(P._replace(W_h=0 * P.W_h), run)
    )
    monkeypatch.setitem(scene.MODELS, "LSTM", wrong)
    found = scene.sizes.__wrapped__("LSTM", 1.0)[:20, :20]
    right, at = witness_map("LSTM", 1.0, 20), np.tril_indices(20)
    off = abs(found[at] / right[at] - 1)
    assert off.max() > 0.5 and np.diagonal(found) == pytest.approx(np.diagonal(right))


# Gradients


@pytest.mark.parametrize("name", scene.NAMES)
@pytest.mark.parametrize("seed", [11, 12, 13])
def test_the_walk_back_agrees_with_central_differences(name, seed):
    """And with the complex step, which the notebook shows."""
    assert scene.off_from_complex_step(name, seed) < 1e-12
    model, rng = scene.MODELS[name], np.random.default_rng(seed)
    P = model.start(rng, N, scene.START[name])
    x, targets = rng.standard_normal((2, 15, 2))
    run = model.forward(P, x)
    gradient, dx = model.backward(P, x, run, run.y - targets)

    def loss(move):
        *params, there = (p + move * v for p, v in zip((*P, x), along))
        return 0.5 * ((model.forward(type(P)(*params), there).y - targets) ** 2).sum()

    for i in range(len(P) + 1):
        along = [rng.standard_normal(p.shape) * (i == j) for j, p in enumerate((*P, x))]
        slope = sum((g * v).sum() for g, v in zip((*gradient, dx), along))
        assert slope == pytest.approx((loss(1e-5) - loss(-1e-5)) / 2e-5, rel=1e-5, abs=1e-7)


@pytest.mark.parametrize("name", scene.NAMES)
def test_forward_in_time_and_back_in_time_meet(name):
    """A read-out of the moves, against one walk back from each output."""
    for seed in range(3):
        P, x, run = scene.case(name, scene.START[name], seed, 30)
        many = np.repeat(x, 30, axis=1)
        model = scene.MODELS[name]
        back = model.backward(P, many, model.forward(P, many), np.eye(30))[1].T
        np.testing.assert_allclose(model.moves(P, run) @ P.W_y, back, atol=1e-13)


@pytest.mark.parametrize("name", scene.NAMES)
def test_networks_side_by_side_are_the_networks_one_by_one(name):
    model, rng = scene.MODELS[name], np.random.default_rng(5)
    each = [model.start(rng, N, scene.START[name]) for _ in range(3)]
    x, dy = rng.standard_normal((2, 9, 3, 4))
    P = type(each[0])(*map(np.array, zip(*each)))
    run = model.forward(P, x)
    gradient, dx = model.backward(P, x, run, dy)
    for i, one in enumerate(each):
        alone = model.forward(one, x[:, i])
        of_one, dx_one = model.backward(one, x[:, i], alone, dy[:, i])
        np.testing.assert_allclose(run.y[:, i], alone.y, atol=1e-13)
        np.testing.assert_allclose(dx[:, i], dx_one, atol=1e-13)
        for a, b in zip(gradient, of_one):
            np.testing.assert_allclose(a[i], b, atol=1e-12)


@pytest.mark.parametrize("name", scene.NAMES)
def test_no_model_looks_ahead_and_a_shorter_sequence_is_the_corner(name):
    long = scene.sizes(name, scene.START[name])
    assert not np.triu(long, 1).any()
    P, x, _ = scene.case(name, scene.START[name])
    run = scene.MODELS[name].forward(P, x[:25])
    short = np.linalg.norm(scene.MODELS[name].moves(P, run), axis=2)
    np.testing.assert_allclose(long[:25, :25], short, rtol=1e-9, atol=1e-14)


@pytest.mark.parametrize("bias, size, seed", [(1.0, 1.0, 0), (3.0, 2.0, 4), (0.0, 5.0, 9)])
def test_along_the_cell_alone_all_gates_stand_still(bias, size, seed):
    P, x, _ = scene.case("LSTM", bias, seed, scene.GATE_T)
    P = P._replace(W_h=size * P.W_h)
    run = models.lstm_forward(P, x)
    (f, i, o, g), c = np.moveaxis(run.gates[:, :, 0], 1, 0), run.c[:, 0]
    T = scene.GATE_T
    right = []
    for k in range(1, T + 1):
        z = P.W_h @ run.h[k - 1, 0] + P.W_x * (x[k - 1, 0] + 1j * EPS) + P.b
        z_f, z_i, _, z_g = np.split(z, 4)
        cell = 1 / (1 + np.exp(-z_f)) * c[k - 1] + 1 / (1 + np.exp(-z_i)) * np.tanh(z_g)
        for t in range(k + 1, T + 1):
            cell = f[t - 1] * cell + i[t - 1] * g[t - 1]
        right.append((o[-1] * np.tanh(cell)).imag / EPS)
    np.testing.assert_allclose(models.lstm_cell_alone(P, run), right, rtol=1e-9, atol=1e-16)
    every, alone, *_ = scene.compute_gate(**GATE | dict(forget_bias=bias, size=size, seed=seed))[0][
        0
    ].curves
    whole = np.array([column("LSTM", P, x[:, 0], k)[-1] for k in range(T, 0, -1)])
    np.testing.assert_allclose(every.y, np.log10(whole / whole[0]), atol=1e-8)
    lengths = np.linalg.norm(right[::-1], axis=1)
    np.testing.assert_allclose(alone.y, np.log10(lengths / whole[0]), atol=1e-8)


# The picture


def numbers(text):
    return [float(n.replace(",", "")) for n in re.findall(r"-?\d[\d,]*\.?\d*(?:e[-+]\d+)?", text)]


def back(graph):
    """The lit arrows between boxes that are there."""
    return [edge for edge in arrows(graph) if edge.lit]


def arrows(graph):
    there = [node.lit is not None for node in graph.nodes]
    return [e for e in graph.edges if e.lit is not None and there[e.start] and there[e.end]]


@pytest.mark.parametrize("name", ["tanh", "LSTM", "diagonal"])
@pytest.mark.parametrize(
    "T, lag", [(20, 0), (20, 1), (20, 5), (20, 6), (20, 7), (60, 33), (60, 59)]
)
def test_a_recurrence_goes_back_step_by_step(name, T, lag):
    record = scene.compute(**START | dict(model=name, T=T, lag=lag))
    graph, size = record.beside, scene.sizes(name, scene.START[name])[T - 1, :T][::-1]
    lit = back(graph)
    assert len(lit) == min(lag, 6) + 1
    texts = [(graph.nodes[edge.start].text, graph.nodes[edge.end].text) for edge in lit]
    assert texts[-1] == (f"$h_{{{T - lag}}}$", f"$x_{{{T - lag}}}$")
    assert all(edge.color == BACKWARD and (edge.end - edge.start in (1, 7)) for edge in lit)
    assert lit[-1].size == pytest.approx(size[lag] / size[0])
    for edge, (start, end) in zip(lit, texts):
        if edge.text:
            i, j = (T - int(re.search(r"\d+", text)[0]) for text in (start, end))
            assert j == i + 1 and float(edge.text[2:]) == pytest.approx(size[j] / size[i], rel=0.06)
    assert f"{lag} factor" in record.sentence and f"{lag} factor" in graph.caption
    if lag:
        assert f"× {(size[lag] / size[0]) ** (1 / lag):.3g} on average" in graph.caption
    (panel,) = graph.panels
    *rows, curve, ring = panel.curves
    for row, each in zip((*rows, curve), (*scene.NAMES, name), strict=True):
        size = scene.sizes(each, scene.START[each])[T - 1, :T][::-1]
        np.testing.assert_allclose(10.0**row.y, np.maximum(size / size.sum(), 1e-6), rtol=1e-9)
        assert list(row.x) == list(range(T))
    assert {row.color for row in rows} == {QUIET} and curve.color == BACKWARD
    assert [row.line for row in rows] == ["-", "--", "-.", ":"]  # as the label of the axis says
    assert panel.xlabel == "lag (tanh —, LSTM – –, diagonal – ·, attention · · ·)"
    assert (ring.x, ring.y) == ([lag], [curve.y[lag]])
    for at, (low, high) in ((lag, panel.xlim), (curve.y[lag], panel.ylim)):
        assert low < at < high


@pytest.mark.parametrize("T, lag", [(20, 0), (20, 5), (3, 2), (60, 33)])
def test_attention_reaches_every_input_by_one_arrow(T, lag):
    record = scene.compute(**START | dict(model="attention", T=T, lag=lag))
    graph, share = record.beside, scene.shares("attention", 1.0, T)[T - 1, ::-1]
    (edge,) = back(graph)
    assert graph.nodes[edge.start].text == f"$h_{{{T}}}$"
    assert graph.nodes[edge.end].text == f"$x_{{{T - lag}}}$"
    for each in arrows(graph):
        at = T - int(re.search(r"\d+", graph.nodes[each.end].text)[0])
        assert each.start == 0 and each.size == pytest.approx(share[at])
    assert len(arrows(graph)) == (7 if T > 6 and lag < 7 else 6 if lag > 6 else T)
    assert "1 factor, one of" in graph.caption and f"one of {T} arrows" in record.sentence


def test_names_of_axes_and_colours():
    record = scene.compute(**START)
    assert [shown.title for shown in record.maps] == ["share of its row"]
    assert record.labels == ("input k", "output t") and record.limits == (-6, 0)
    (panel,) = record.beside.panels
    assert (panel.title, panel.ylabel) == ("", "log$_{10}$")
    first, second = scene.compute_gate(**GATE).panels
    assert (first.title, first.xlabel) == ("log$_{10}$ of what is left of lag 0", "lag")
    assert (second.title, second.xlabel) == ("share of the lag, steady gate, %", "forget bias")
    looks = [(c.label, c.color, c.line) for c in first.curves]
    assert looks == [
        ("in all", BACKWARD, "-"),
        ("along the cell alone", FORWARD, "-."),
        ("steady gate", REFERENCE, "--"),
        ("", REFERENCE, ""),
    ]
    curve, ring = second.curves
    assert (curve.color, curve.line, ring.color) == (REFERENCE, "--", REFERENCE)
    record = scene.compute_trained(None, "attention", 5)
    assert record.scale == "share of its row" and record.limits == (-6, 0)
    assert record.labels == ("input k", "output t")


@pytest.mark.parametrize("lag", range(8))
def test_boxes_stand_over_their_inputs_and_are_as_full_as_what_is_left(lag):
    for name in scene.NAMES:
        graph = scene.compute(**START | dict(model=name, lag=lag)).beside
        size = scene.sizes(name, scene.START[name])[19, :20][::-1]
        for node in graph.nodes:
            if node.lit is None or node.text == "…":
                continue
            letter, at = re.fullmatch(r"\$([hx])_\{(\d+)\}\$", node.text).groups()
            back = 20 - int(at)
            assert node.y == (letter == "h")
            assert node.x == (-back if lag < 7 else -back if back < 3 else lag - 6 - back)
            assert node.lit == (back == lag if letter == "x" else back <= lag)
            colors = FORWARD if letter == "x" else BACKWARD if back else LOSS
            assert node.color == colors
            left = size[back] / size[0] if letter == "h" and node.lit else 0
            assert node.fill == pytest.approx(left)


@pytest.mark.parametrize("values", [{}, dict(T=40, lag=20), dict(T=2, lag=1, forget_bias=4.0)])
def test_the_sentence_compares_all_four(values):
    values = START | values
    T, lag = values["T"], values["lag"]
    text = scene.compute(**values).sentence
    for name in scene.NAMES:
        right = witness_map(name, values.get(KNOB.get(name), 1.0), T)[-1]
        said = float(re.search(rf"{name} (\S+) %", text)[1])
        assert said == pytest.approx(100 * right[T - 1 - lag] / right.sum(), rel=0.06)


@pytest.mark.parametrize("T", [2, 17, 60])
def test_the_numbers_kept_are_those_of_the_arrays(T):
    for name in scene.NAMES:
        P, x, _ = scene.case(name, scene.START[name])
        run = scene.MODELS[name].forward(P, x[:T])
        if name == "attention":  # u comes from the inputs again
            arrays = [run.q, run.k, run.v, run.a[run.a > 0]]
        else:
            arrays = [a[-T:] for a in run[1:]]  # h_0 = c_0 = 0 needs no place
        found = sum(a.size for a in arrays)
        text = scene.compute(**START | dict(model=name, T=T, lag=1)).sentence
        assert f"{name} keeps {found:,} numbers for the way back" in text
        assert scene.kept(name, T) == found


def test_a_guess_is_held_against_twenty_networks():
    text = scene.compute(**START | dict(guess=100)).sentence.partition("You said")[2]
    found = []
    for seed in range(20):
        P, x, _ = scene.case("attention", 1.0, seed)
        nudged = x + 1j * EPS * np.eye(60)  # one sequence for each input
        run = models.attention_forward(P, nudged)
        row = np.linalg.norm((run.a @ run.v)[:, -1].imag, axis=1)
        found.append(100 * row[39] / row.sum())
    assert scene.asked() == pytest.approx(np.median(found), rel=1e-9)
    assert numbers(text)[1] == 20 and numbers(text)[2] == pytest.approx(np.median(found), rel=0.04)


def test_a_diagonal_row_is_geometric_whatever_the_network():
    for seed in range(4):
        share = scene.shares("diagonal", 0.9, seed=seed)[59, ::-1]
        np.testing.assert_allclose(share, 0.1 * 0.9 ** np.arange(60) / (1 - 0.9**60), rtol=1e-9)


def test_untrained_attention_gives_a_lag_about_1_over_T_in_other_networks():
    for T, lag in (20, 10), (60, 20), (60, 50):
        found = [
            scene.shares("attention", 1.0, T, seed)[T - 1, T - 1 - lag] for seed in range(40, 80)
        ]
        assert 0.5 / T < np.median(found) < 1.3 / T
    newest = [scene.shares("attention", 1.0, seed=seed)[59, 59] for seed in range(40, 80)]
    assert 0.08 < np.median(newest) < 0.3


# The gate


def test_the_best_steady_gate():
    f = np.linspace(0, 1, 200_001)[1:-1]
    for lag in (1, 5, 20, 39, 50):
        share = f**lag * (1 - f)
        assert scene.best_share(lag) == pytest.approx(share.max(), rel=1e-6)
        best = f[share.argmax()]
        assert log(best / (1 - best)) == pytest.approx(log(lag), abs=0.01)
        assert 1 / (e * (lag + 1)) < scene.best_share(lag) < 1 / (e * lag)
        assert scene.steady(log(best / (1 - best)), lag) == pytest.approx(
            (best**lag, share.max()), rel=1e-6
        )


def test_the_gate_picture_and_its_sentence():
    record = scene.compute_gate(**GATE | dict(forget_bias=2.0, lag=7))
    first, second = record.panels
    every, alone, steady, ring = first.curves
    f = 1 / (1 + np.exp(-2.0))
    np.testing.assert_allclose(10**steady.y, f ** np.arange(40), rtol=1e-9)
    assert ring.y == [every.y[7], alone.y[7]] and ring.x == [7, 7]
    curve, mark = second.curves
    assert mark.y == pytest.approx([100 * f**7 * (1 - f)]) and mark.x == [2.0]
    f_of = 1 / (1 + np.exp(-curve.x))
    np.testing.assert_allclose(curve.y, 100 * f_of**7 * (1 - f_of), rtol=1e-9)
    assert (curve.x[0], curve.x[-1]) == (0, 6)
    for each in every, alone, steady:
        assert list(each.x) == list(range(40))
    assert record.sentence == (
        f"Lag 7, forget bias 2: 10^{every.y[7]:.1f} of lag 0 is left, along the cell alone "
        f"10^{alone.y[7]:.1f}, of a steady gate 10^{7 * np.log10(f):.1f}: that is "
        f"{100 * f**7 * (1 - f):.2g} % of a long row. Weights × 1, network 0."
    )
    assert curve.x[curve.y.argmax()] == pytest.approx(log(7), abs=0.06)
    assert f"10^{every.y[7]:.1f} of lag 0 is left" in record.sentence
    other = scene.compute_gate(**GATE | dict(size=2.5, seed=7)).sentence
    assert other.endswith(" Weights × 2.5, network 7.")
    guessed = scene.compute_gate(**GATE | dict(guess=2.0)).sentence.partition("You said")[2]
    assert numbers(guessed) == [2, 20, float(f"{100 * f**20 * (1 - f):.2g}"), 1.8, 3.0]


def test_other_paths_carry_more_than_the_cell_from_far_back_in_other_networks():
    for bias in (0.0, 1.0):
        every, alone = scene.through_the_gates(bias, 39, seeds=range(40, 60)).T
        assert np.median(every - alone) > 1 and (every > alone).mean() > 0.9
        assert np.median(alone) == pytest.approx(39 * np.log10(1 / (1 + np.exp(-bias))), abs=0.3)
    every, alone = scene.through_the_gates(1.0, 39, 0.0, range(40, 60)).T
    np.testing.assert_allclose(every, alone, atol=1e-9)  # gates that read nothing of h


def test_nothing_leaves_the_gates_panels():
    for bias in (0.0, 3.0, 6.0):
        for size in (0.0, 1.0, 5.0):
            for seed in range(0, 21, 5):
                record = scene.compute_gate(None, bias, 39, size, seed)
                for panel in record.panels:
                    for curve in panel.curves:
                        assert panel.ylim[0] < np.min(curve.y) and np.max(curve.y) < panel.ylim[1]


# What can be told apart


def test_the_best_echo_of_one_lambda_by_hand():
    """The best multiple of lambda^j for an echo at the lag: 1 - lambda^(2 lag) (1 - lambda^2)."""
    for lam, lag in (0.9, 10), (0.5, 3):
        assert scene.best_echo(lam, lag) == pytest.approx(1 - lam ** (2 * lag) * (1 - lam**2))


# After training


@pytest.fixture(scope="module")
def tool():
    """tools/train_four.py, which has trained them."""
    root = Path(scene.__file__).resolve().parents[2]
    return SimpleNamespace(**runpy.run_path(str(root / "tools" / "train_four.py")))


def test_what_is_stored_is_what_the_tool_says(tool):
    stored = scene.stored()
    assert tuple(stored["case"]) == tuple(tool.CASES) and set(scene.NAMES) == set(tool.CASES)
    assert tuple(stored["lag"]) == scene.LAGS == tool.LAGS and tool.RATES == (scene.RATE,)
    assert tool.T == scene.TRAINED_T and list(stored["look"]) == list(tool.LOOKS)
    shape = len(tool.CASES), len(tool.LAGS), len(tool.RATES)
    assert stored["error"].shape == stored["share"].shape == (*shape, len(tool.LOOKS), 6)
    assert stored["map"].shape == (*shape, 2, 40, 40)
    assert np.isfinite(stored["error"]).all()


@pytest.mark.parametrize("case, lag", [("tanh", 20), ("attention", 5), ("LSTM", 10)])
def test_the_stored_start_is_what_the_equations_say(tool, case, lag):
    """Error and share before training, and a row of the map, by the plain loops."""
    name, knob = tool.CASES[case]
    model, rng = scene.MODELS[name], np.random.default_rng([0, lag])
    P = model.start(rng, tool.SIZE, knob)
    x, wanted = (a[:, 0] for a in tool.sequences([np.random.default_rng([0, lag, 1])], lag, 32))
    run = model.forward(P, x)
    error = np.mean((run.y - wanted)[lag:] ** 2)
    assert scene.trained_on("error", case, lag)[0, 0] == pytest.approx(error, rel=2e-3)
    np.testing.assert_array_equal(wanted[lag:], x[:-lag])
    size = []
    for k in range(40):
        nudged = x + EPS * 1j * (np.arange(40) == k)[:, None]
        size.append(abs(model.forward(P, nudged).y[-1].imag))
    share = size[39 - lag] / np.sum(size, axis=0)
    found = scene.trained_on("share", case, lag)[0, 0]
    assert found == pytest.approx(share.mean(), rel=2e-3, abs=1e-7)
    row = 10 ** scene.trained_on("map", case, lag)[0, -1]
    np.testing.assert_allclose(row, np.array(size)[:, 0] / np.sum(size, axis=0)[0], rtol=0.02)


def test_adam_takes_the_steps_that_its_paper_prints(tool):
    """Algorithm 1 of Kingma, Ba, number by number."""
    P = models.Tanh(*(np.array([value]) for value in (0.3, -1.0, 2.0, 0.0)))
    m = v = np.zeros(4)
    theta, moments = np.ravel(P), [[np.zeros(1)] * 4] * 2
    for t in range(1, 6):
        g = np.sin(theta * t)
        gradient = models.Tanh(*g[:, None])
        P, moments = tool.adam(P, gradient, moments, t, 0.01)
        m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g**2
        theta = theta - 0.01 * (m / (1 - 0.9**t)) / (np.sqrt(v / (1 - 0.999**t)) + 1e-8)
        np.testing.assert_allclose(np.ravel(P), theta, rtol=1e-12)


@pytest.mark.parametrize("case", ["tanh", "attention"])
def test_other_seeds_learn_the_short_lag(tool, case):
    error, share, maps = tool.train(case, 5, 0.01, seeds=(100, 101), looks=(0, 500))
    assert (error[0] > 0.9).all() and (error[1] < 0.1).all()
    for each in maps:
        np.testing.assert_allclose(each.sum(1), 1)


@pytest.mark.parametrize("case", scene.NAMES)
@pytest.mark.parametrize("lag", [5, 20])
def test_the_trained_picture_says_what_is_stored(case, lag):
    record = scene.compute_trained(None, case, lag)
    error = scene.trained_on("error", case, lag)
    text = record.sentence
    assert f"error {np.median(error[0]):.2f} before, {np.median(error[-1]):.2f} after" in text
    assert f"({min(error[-1]):.2f} to {max(error[-1]):.2f})" in text
    before, after = record.maps
    assert before.title == "before" and after.title == "after 1,000 updates"
    assert before.point == after.point == (40, 40 - lag)
    np.testing.assert_allclose(np.tril(10**after.log10).sum(1), 1, atol=0.01)
    drawn = scene.stored()["map"][list(scene.stored()["case"]).index(case), (5, 10, 20).index(lag)]
    for shown, log10 in zip((before, after), drawn[0]):
        np.testing.assert_array_equal(shown.log10, log10)
    share = 100 * np.median(scene.trained_on("share", case, lag)[[0, -1]], axis=1)
    assert text.startswith(f"{case}, lag {lag}, step size 0.01, medians of 6 networks: ")
    assert text.endswith(
        f"Of row 40 lag {lag} gets {share[0]:.2g} % before, {share[1]:.2g} % after."
    )


def test_a_guess_of_who_fails_is_held_against_all_four():
    text = scene.compute_trained(None, "LSTM", 5).sentence
    ends = [np.median(scene.trained_on("error", name, 20)[-1]) for name in scene.NAMES]
    tanh, lstm, diagonal, attention = (f"{end:.2f}" for end in ends)
    assert scene.compute_trained("diagonal", "LSTM", 5).sentence == text + (
        f" You said diagonal. At lag 20 the errors end at tanh {tanh}, LSTM {lstm}, "
        f"diagonal {diagonal}, attention {attention}."
    )


# Exercises


def test_exercises():
    ask = scene.exercise_1
    assert ask.reply(3.912)[0] and ask.reply(3.91)[0] and not ask.reply(log(49))[0]
    f = np.linspace(0.9, 0.9999, 100_000)
    best = f[(f**50 * (1 - f)).argmax()]
    assert ask.expected == pytest.approx(log(best / (1 - best)), abs=1e-3)
    f = np.linspace(0.5, 0.9999, 100_000)
    gate = (f**20 * (1 - f)).max()
    assert scene.exercise_2.expected == next(T for T in range(1, 100) if 1 / T < gate)
    kept = lambda name, T: int(  # noqa: E731
        re.search(
            r"keeps ([\d,]+)",
            scene.compute(**START | dict(model=name, T=T, lag=1)).sentence,
        )[1].replace(",", "")
    )
    T = scene.exercise_3.expected
    assert kept("attention", T) > kept("LSTM", T) and kept("attention", T - 1) == kept(
        "LSTM", T - 1
    )
    summed = [sum((1 - f) * f**j for j in range(lag + 1)) for f, lag in scene.exercise_4.cases]
    assert scene.exercise_4.reply(lambda f, lag: 1 - f ** (lag + 1))[0]
    assert scene.exercise_4.expected == pytest.approx(summed)
