"""Notebook 13's scene, by other routes: the stored arrays read plainly, the cliff by ``bptt``."""

from math import atanh, exp, hypot, log10, tanh
from pathlib import Path

import numpy as np
import pytest

from bptt_helpers import Params, bptt, clip, forward, sgd
from bptt_helpers.plots.style import BACKWARD, FORWARD, LOSS, QUIET, WEIGHT
from scenes import long_memory as scene

FILE = Path(scene.__file__).parent / "data" / "memory.npz"
STARTS = ["tiny", "uniform", "gaussian", "0.9 I", "identity", "orthogonal"]
LENGTHS = [5, 10, 20, 50, 100]
RULES = ["plain 0.01", "plain 0.03", "plain 0.1", "plain 0.3", "plain 1"]
RULES += ["Adam 0.001", "Adam 0.003", "Adam 0.01"]


@pytest.fixture(scope="module")
def stored():
    with np.load(FILE) as arrays:
        return {name: arrays[name].astype(float) for name in arrays}


@pytest.fixture(scope="module")
def counts(stored):
    """noise, T, start, rule"""
    return (stored["recalled"] >= 0.9).sum(-1)


def boxes(record):
    """The numbers of the table: row, column -> node."""
    return {(-n.y - 1, n.x - 1): n for n in record.nodes if n.x > 0 and n.y < 0}


def test_the_axes_are_those_of_the_command():
    tool = scene.tool()
    assert (scene.STARTS, scene.LENGTHS, scene.NOISES) == (tool.STARTS, tool.LENGTHS, tool.NOISES)
    rates = [rate for _, rate in tool.RULES]
    assert rates == [*scene.PLAIN, *scene.ADAM] and [r for r, _ in tool.RULES].count("sgd") == 5
    assert (list(scene.RULES), scene.SEEDS, scene.LOOKS) == (RULES, len(tool.SEEDS), tool.LOOKS)
    assert scene.CURVES == {name: case[-1] for name, case in tool.CURVES.items()}
    assert list(scene.CURVES) == list(tool.CURVES) and scene.LEVELS == tool.LEVELS
    assert list(scene.LADDER) == [f"{start}, T = {T}" for start, T in tool.LADDER]
    assert scene.MEMORY == tool.OUT


# Which start, which step size


@pytest.mark.parametrize("noise", [0.0, 0.1])
@pytest.mark.parametrize("rule", ["plain 0.03", "plain 1", "Adam 0.01"])
def test_every_box_counts_the_networks_that_learned(counts, noise, rule):
    record = scene.compute_networks(None, noise, 50, rule)
    found = counts[int(noise > 0), :, :, RULES.index(rule)].T
    for (i, j), node in boxes(record).items():
        if LENGTHS[j] <= 50:
            assert node.text == str(found[i, j]) and node.fill == found[i, j] / 20 and node.lit
        else:
            assert (node.text, node.fill, node.lit) == ("?", 0, False)
        assert node.color == WEIGHT
    assert [n.text for n in record.nodes if n.x == 0] == STARTS
    assert [n.text for n in record.nodes if n.y == 0] == [f"T = {T}" for T in LENGTHS]
    listed = ", ".join(f"{name} {n}" for name, n in zip(STARTS, found[:, 3]))
    assert f"{rule}, noise {noise}" in record.sentence and f"T = 50: {listed}." in record.sentence


def test_the_opening_state_does_not_answer_and_the_guess_is_held_against_the_count(counts):
    opening = scene.compute_networks(None, 0.1, 10, "plain 0.03")
    assert all(n.text == "?" for (_, j), n in boxes(opening).items() if j > 1)
    right = counts[1, 2, 1, 1]
    text = scene.compute_networks(12.0, 0.1, 10, "plain 0.03").sentence
    assert text.endswith(f"You said 12 for uniform with plain 0.03 and noise 0.1: it is {right}.")


@pytest.mark.parametrize("start", ["tiny", "identity"])
def test_the_table_of_rules(counts, start):
    record = scene.compute_steps(0.1, start)
    found = counts[1, :, STARTS.index(start)].T
    for (i, j), node in boxes(record).items():
        assert node.text == str(found[i, j]) and node.fill == found[i, j] / 20
    assert [n.text for n in record.nodes if n.x == 0] == RULES
    for T, most in zip(LENGTHS, found[:5].max(0)):
        assert f"T = {T} at most {most}" in record.sentence
    assert ", ".join(str(most) for most in found[5:].max(0)) in record.sentence


def test_what_the_text_says_of_the_counts(counts):
    plain = counts[1, :, :, 1]
    assert plain[0, 0] == 0 and plain[1, 1] >= 19 and plain[2, 1] <= 5
    assert (plain[3, 2:] >= 19).all() and list(plain[4, 2:]) == [14, 0, 20, 15]
    longest = counts[1, :, :, 4]
    assert (longest[2, 2:] <= 11).all() and longest[1, 0] > counts[1, 1, 0, :4].max()
    assert (counts[1, :2, 0, :5].max(-1) == longest[:2, 0]).all()
    assert ((longest[1, 1:] >= 8) & (longest[1, 1:] <= 15)).all()
    assert (counts[1, 1, 1:, 0:4] >= 19).all()
    assert (counts[0, 3, :, 7] >= 19).all()


# Forward and backward


@pytest.mark.parametrize("case, place", [("tiny, T = 20", 0), ("0.9 I, T = 100", 1)])
def test_the_ladder(stored, case, place):
    record = scene.compute_ladder(None, case)
    first, recalled = stored["ladder_first"][place], stored["ladder_recalled"][place]
    back, dots, ahead, ahead_dots = record.panels[0].curves
    assert back.y == pytest.approx(np.median(first[..., 0], 1)) and back.color == BACKWARD
    assert dots.y.reshape(6, 20) == pytest.approx(first[..., 0]) and len(set(dots.x)) == 6
    assert ahead.y == pytest.approx(np.median(first[1:, :, 1], 1)) and ahead.color == FORWARD
    assert np.isnan(ahead_dots.y[:20]).all() and np.isfinite(ahead_dots.y[20:]).all()
    each, share = record.panels[1].curves
    learned = [sum(v >= 0.9 for v in level) for level in recalled]
    assert share.y == pytest.approx([5 * n for n in learned])
    assert each.y == pytest.approx(100 * recalled.ravel())
    ends = [first[i, :, 0] for i in (0, -1)] + [first[i, :, 1] for i in (1, -1)]
    stays, still, bit, less = (f"10^{np.median(level):.1f}" for level in ends)
    assert record.sentence == (
        f"{case}, Adam 0.003. From no noise to noise 0.1 the backward factor stays ({stays} to "
        f"{still}, medians of 20); in h_T the bit falls from {bit} of the noise to {less}. "
        f"Learned: {', '.join(map(str, learned))} of 20."
    )
    assert record.panels[0].ticks[1] == ["0", "0.001", "0.003", "0.01", "0.03", "0.1"]
    low, high = record.panels[0].ylim
    assert low < min(first[..., 0].min(), ahead.y.min()) and ahead.y.max() < high


def test_the_ladder_parts_forward_from_backward(stored):
    for first, recalled in zip(stored["ladder_first"], stored["ladder_recalled"]):
        backward, forward = np.median(first[..., 0], 1), np.median(first[1:, :, 1], 1)
        assert np.ptp(backward) < 0.2 and (np.diff(forward) < 0).all()
        learned = (recalled >= 0.9).sum(1)
        assert learned[0] == learned[2] == 20 and learned[-1] <= 2
    said = scene.compute_ladder("shrinks a lot", "0.9 I, T = 100").sentence
    assert "You said it shrinks a lot; its median moves by 0.0" in said


def test_one_rung_from_the_package():
    """|dh_T/dh_1| of one network with the package's own forward pass, by finite differences."""
    P = scene.tool().start("0.9 I", 100)
    rng = np.random.default_rng([100, 2])
    x, _, _ = scene.tool().recall(rng, 100, 1e-300, 256)
    net = Params(P[:24, :24], P[:24, 24:-1], P[:24, -1], P[24:, :24], P[24, -1:])
    x = np.concatenate([np.ones((1, 1)), x[1:, :1]])
    h_1, J = forward(net, x[:1]).h[1], np.empty((24, 24))
    for i, push in enumerate(1e-5 * np.eye(24)):
        ends = [forward(net, x[1:], h_1 + sign * push).h[-1] for sign in (1, -1)]
        J[:, i] = (ends[0] - ends[1]) / 2e-5
    size = log10(np.linalg.norm(J, 2))
    assert scene.data()["ladder_first"][1, 0, 0, 0] == pytest.approx(size, abs=0.01)


# What Adam does


@pytest.mark.parametrize("case", list(scene.CASES))
def test_a_training_is_drawn_as_it_is_stored(stored, case):
    record = scene.compute_adam(None, case)
    place = list(scene.CURVES).index(scene.CASES[case])
    size, right = stored["curve_size"][place], stored["curve_right"][place]
    updates = scene.CURVES[scene.CASES[case]]
    each, middle = record.panels[0].curves
    lines = each.y.reshape(20, 52)
    assert np.allclose(lines[:, :51], size.T) and np.isnan(lines[:, 51]).all()
    assert each.color == QUIET and middle.color == BACKWARD
    assert middle.y == pytest.approx([np.median(look) for look in size[1:]])
    assert middle.x[-1] == updates and middle.x[0] == updates / 50
    networks, shares = (curve.y for curve in record.panels[1].curves)
    assert shares == pytest.approx([100 * np.median(look) for look in right[1:]])
    np.testing.assert_allclose(networks.reshape(20, 52)[:, :51], 100 * right.T)
    at_1000 = np.median(size[1000 * 50 // updates])
    learned = sum(stored["curve_recalled"][place] >= 0.9)
    assert record.sentence == (
        f"{case}: median log10 |dh_T/dh_1| {np.median(size[0]):.1f} at first, {at_1000:.1f} after "
        f"1000 updates, {np.median(size[-1]):.1f} after {updates} (20 networks: "
        f"{size[-1].min():.1f} to {size[-1].max():.1f}). {learned} of 20 have learned."
    )
    low, high = record.panels[0].ylim
    assert low < np.nanmin(size) and np.nanmax(size) < high


def test_the_buttons_name_the_conditions():
    adam, plain = ("adam", 0.003), ("sgd", 0.3)
    conditions = {
        "the bit": (0.1, adam, "bit"),
        "random labels": (0.1, adam, "random"),
        "plain 0.3": (0.1, plain, "bit"),
        "no noise": (0.0, adam, "bit"),
        "balanced": (0.0, adam, "balanced"),
        "balanced, no eps": (0.0, ("adam without eps", 0.003), "balanced"),
    }
    assert list(scene.CASES) == list(conditions)
    for name, told in conditions.items():
        kind, T, *rest, _ = scene.tool().CURVES[scene.CASES[name]]
        assert (kind, T, *rest) == ("tiny", 20, *told)


def test_the_controls_say_what_adam_does_not(stored):
    size = dict(zip(scene.CURVES, np.median(stored["curve_size"], -1)))
    learned = dict(zip(scene.CURVES, (stored["curve_recalled"] >= 0.9).sum(1)))
    assert np.ptp(size["no noise, balanced"]) < 0.1 and learned["no noise, balanced"] == 0
    assert learned["no noise, balanced, no eps"] == 20 and learned["bit"] >= 15
    for case in ("random labels", "plain descent"):
        assert size[case][10] > size[case][0] + 10 and learned[case] == 0
    said = scene.compute_adam("stays", "the bit").sentence
    assert said.endswith(
        f" You said it stays: after 1000 updates it is {size['random labels'][10]:.1f} with random "
        f"labels and {size['bit'][10]:.1f} with the bit."
    )


# A bit well held


def test_before_and_after(stored, monkeypatch):
    shown = []
    monkeypatch.setattr(scene, "show", lambda picture, record, size: shown.append(record))
    scene.before_after()
    same, lost, won = shown[0].panels[0].curves
    assert list(same.x) == list(same.y)
    sane = [i for i, rule in enumerate(RULES) if rule != "plain 1"]
    recalled = stored["recalled"][1, 4][:, sane] >= 0.9
    assert len(won.x) == recalled.sum() and len(won.x) + len(lost.x) == 6 * 7 * 20
    n = np.flatnonzero(recalled[4, 2])[0]
    network = stored["first"][0, 4, 4, n, 0], stored["after"][1, 4, 4, sane[2], n]
    assert network in set(zip(won.x, won.y)) and won.color == WEIGHT
    before = np.broadcast_to(stored["first"][0, 4, :, None, :, 0], recalled.shape)
    fell = (stored["after"][1, 4][:, sane] < before)[recalled].sum()
    (left, right), (low, high) = shown[0].panels[0].xlim, shown[0].panels[0].ylim
    for curve in (lost, won):
        assert left < curve.x.min() and curve.x.max() < right
        assert low < curve.y.min() and curve.y.max() < high
    middle = [np.median(a[recalled]) for a in (before, stored["after"][1, 4][:, sane])]
    assert shown[0].sentence == (
        f"T = 100, noise 0.1, seven rules: {len(won.x)} networks recall. The gradient of {fell} of "
        "them is smaller after training; the median log10 went from {:.1f} to {:.1f}.".format(
            *middle
        )
    )


def test_some_gaussian_networks_know_the_bit_before_training_and_none_of_0_9_I():
    gaussian, scaled = scene.readout_alone("gaussian"), scene.readout_alone("0.9 I")
    assert 3 <= (gaussian > 0.9).sum() <= 10 and scaled.max() < 0.8
    P, rng = scene.tool().start("gaussian", 100), np.random.default_rng([100, 3])
    net = Params(P[:24, :24], P[:24, 24:-1], P[:24, -1], P[24:, :24], P[24, -1:])
    (x, bit, _), (fresh, bits, _) = (scene.tool().recall(rng, 100, 0.1, 256) for _ in range(2))
    W_y = np.linalg.pinv(forward(net, x[..., None]).h[-1]) @ bit
    right = np.mean(np.sign(forward(net, fresh[..., None]).h[-1] @ W_y) == bits)
    assert gaussian[0] == pytest.approx(right, abs=0.05)


# The cliff

CLIFF = dict(guess=None, W_h=1.5, b=-0.3, T=20, rate=0.05, max_norm=1.0)


def package_slope(W_h, b, T):
    net = Params([[W_h]], [[0.0]], [b], [[1.0]], [0.0])
    run = forward(net, np.zeros((T, 1)), h0=[0.5])
    targets = run.y.copy()
    targets[-1] = 0.7
    found = bptt(net, run, targets)
    return found.loss, found.params.W_h[0, 0], found.params.b[0]


@pytest.mark.parametrize("W_h, b, T", [(2.0, -0.44, 20), (1.5, -0.3, 20), (0.8, 0.5, 2)])
def test_loss_and_slope_are_those_of_bptt(W_h, b, T):
    assert scene.loss_and_slope(W_h, b, T) == pytest.approx(package_slope(W_h, b, T), rel=1e-9)
    many = scene.loss_and_slope(np.array([W_h, 1.0]), np.array([b, 0.0]), T)
    assert [m[0] for m in many] == pytest.approx(package_slope(W_h, b, T), rel=1e-9)


@pytest.mark.parametrize("max_norm", [np.inf, 1.0])
def test_paths_step_down_and_are_clipped(max_norm):
    path = scene.descend(1.5, -0.3, 20, 0.05, max_norm)
    for now, then in zip(path[:12], path[1:13]):
        _, dW_h, db = package_slope(now[0], now[1], 20)
        length = hypot(dW_h, db)
        shorter = min(1, max_norm / length)
        assert then[:2] == pytest.approx(
            [now[0] - 0.05 * shorter * dW_h, now[1] - 0.05 * shorter * db], abs=1e-9
        )
        assert now[3] == pytest.approx(length, rel=1e-9)
    moved = np.hypot(*np.diff(path[:, :2], axis=0).T)
    assert (moved.max() > 1) == (max_norm == np.inf)


def test_a_path_at_rest_stays():
    path = scene.descend(1.5, scene.level_lines(1)[-1][32], 1, 0.05)  # on the line of loss 0
    assert path[:, 2].max() < 1e-20 and np.isfinite(path).all()


def test_the_cliff_in_the_picture():
    record = scene.compute_cliff(**CLIFF)
    surface, profile, losses = record.panels
    *areas, zero, free, clipped, ring = surface.curves
    assert [a.line for a in areas] == ["fill"] * 5 and zero.color == LOSS
    assert "−0.9, −0.5, 0, 0.4, 0.9" in areas[0].label
    for area, level in zip(areas, (-0.9, -0.5, 0.0, 0.4, 0.9)):
        for W_h, b in list(zip(area.x, area.y))[:89:22]:
            h = 0.5
            for _ in range(20):
                h = tanh(W_h * h + b)
            assert h == pytest.approx(level, abs=1e-3)
    for W_h, b in list(zip(zero.x, zero.y))[::20]:
        h = 0.5
        for _ in range(20):
            h = tanh(W_h * h + b)
        assert h == pytest.approx(0.7, abs=1e-3), "where the loss is 0"
    assert (free.x[0], free.y[0]) == (clipped.x[0], clipped.y[0]) == (1.5, -0.3)
    assert (ring.x[0], ring.y[0]) == (1.5, -0.3) and free.color == BACKWARD
    curve, target, here = profile.curves
    at = 100
    h = 0.5
    for _ in range(20):
        h = tanh(1.5 * h + curve.x[at])
    assert curve.y[at] == pytest.approx(h) and target.y == 0.7
    loss = package_slope(1.5, -0.3, 20)[0]
    assert 0.5 * (here.y[0] - 0.7) ** 2 == pytest.approx(loss)
    assert losses.curves[0].y[0] == pytest.approx(log10(loss))
    path = scene.descend(1.5, -0.3, 20, 0.05)
    assert f"Not clipped: steepest gradient {path[:, 3].max():.3g}" in record.sentence
    assert f"with loss {path[-1, 2]:.3f}. Clipped at 1:" in record.sentence


def test_a_start_is_seen_whole_wherever_the_sliders_put_it():
    """A ring is 15 pixels wide, a panel some 180."""
    specs = scene.cliff().specs
    for W_h in (specs["W_h"].low, specs["W_h"].high):
        for b in (specs["b"].low, specs["b"].high):
            surface, profile, _ = scene.compute_cliff(**CLIFF | dict(W_h=W_h, b=b, T=2)).panels
            for panel in surface, profile:
                ring = panel.curves[-1]
                for at, (low, high) in ((ring.x[0], panel.xlim), (ring.y[0], panel.ylim)):
                    assert low + 0.043 * (high - low) < at < high - 0.043 * (high - low)
            for curve in surface.curves[:6]:
                assert (min(curve.x), max(curve.x)) == surface.xlim
            assert (min(profile.curves[0].x), max(profile.curves[0].x)) == profile.xlim


@pytest.mark.parametrize("changed", [{}, dict(W_h=2.0, b=-0.45, rate=0.1, max_norm=0.5, T=9)])
def test_each_path_of_the_picture_is_walked_with_its_own_clipping(changed):
    """With ``bptt``, ``clip`` and ``sgd``: the map, the losses and both halves of the words."""
    values = CLIFF | changed
    record = scene.compute_cliff(**values)
    surface, _, losses = record.panels
    said = record.sentence.split("Clipped at ")
    for i, max_norm in enumerate((1e9, values["max_norm"])):
        net, seen = Params([[values["W_h"]]], [[0.0]], [values["b"]], [[1.0]], [0.0]), []
        for update in range(101):
            run = forward(net, np.zeros((values["T"], 1)), h0=[0.5])
            back = bptt(net, run, np.append(run.y[:-1], [[0.7]], axis=0))
            only = Params(back.params.W_h, [[0.0]], back.params.b, [[0.0]], [0.0])
            place = float(net.W_h[0][0]), float(net.b[0])
            seen.append((*place, back.loss, hypot(back.params.W_h[0, 0], back.params.b[0])))
            if update < 100:
                net = sgd(net, clip(only, max_norm), values["rate"])
        path = np.array(seen)
        drawn, loss = surface.curves[6 + i], losses.curves[i]
        assert drawn.label == ("not clipped", "clipped")[i]
        early = np.arange(12)  # after the fall the last digits part
        np.testing.assert_allclose(np.array([drawn.x, drawn.y])[:, early], path[early, :2].T)
        assert loss.y[early] == pytest.approx(np.log10(path[early, 2]), abs=1e-6)
        assert list(loss.x) == list(range(101)) and loss.color == drawn.color
        steepest = path[:, 3].argmax()
        wanted = f"steepest gradient {path[steepest, 3]:.3g} at update {steepest}; ends at W_h = "
        wanted += f"{drawn.x[-1]:.3g}, b = {drawn.y[-1]:.3g} with loss {10 ** loss.y[-1]:.3f}."
        assert wanted in said[i]
    assert said[0].startswith("Not clipped: ") and said[1].startswith(f"{values['max_norm']:g}: ")


def test_the_wall_is_where_the_start_rests():
    for W_h in (1.6, 2.0, 2.8):
        assert tanh(W_h * 0.5 + scene.wall(W_h)) == pytest.approx(0.5)
        r = 0.75 * W_h
        assert r > 1
        above, below = (
            scene.loss_and_slope(W_h, scene.wall(W_h) + push, 80)[0] for push in (1e-4, -1e-4)
        )
        assert below > above + 0.3


def test_thrown_paths_one_by_one():
    rng = np.random.default_rng(0)
    W_h, b = rng.uniform(1.4, 2.2, 500), rng.uniform(-0.9, 0, 500)
    rate, T = 0.2, 12
    fates = [
        (rate * scene.descend(w, v, T, rate)[:-1, 3]).max() > 1
        for w, v in zip(W_h[:125].tolist(), b[:125].tolist())
    ]
    share = scene.thrown()[scene.RATES.index(rate), scene.TRIED.index(T), 0]
    assert share == pytest.approx(np.mean(fates), abs=0.02)


def test_a_middle_length_is_the_most_dangerous():
    shares = dict(zip(scene.RATES, scene.thrown().mean(-1)))
    for rate in (0.05, 0.1, 0.2):
        assert shares[rate].max() > 2 * max(shares[rate][0], shares[rate][-1])
    assert shares[0.2].argmax() < shares[0.05].argmax() <= shares[0.01].argmax() + 1


def test_the_picture_of_lengths_names_each_rate(monkeypatch):
    shown = []
    monkeypatch.setattr(scene, "show", lambda picture, record, size: shown.append(record))
    scene.lengths()
    curves = shown[0].panels[0].curves
    assert [c.label for c in curves[::2]] == [f"rate {r:g}" for r in scene.RATES]
    for i, (line, dots) in enumerate(zip(curves[::2], curves[1::2])):
        assert line.y == pytest.approx(100 * scene.thrown()[i].mean(-1))
        assert dots.y.reshape(-1, 4).mean(1) == pytest.approx(line.y) and dots.color == line.color
        worst = max(zip(line.y, line.x))[1]
        assert f" {worst} at rate {scene.RATES[i]:g}" in shown[0].sentence


# The gate


def test_the_gates_curves(monkeypatch):
    shown = []
    monkeypatch.setattr(scene, "show", lambda picture, record, size: shown.append(record))
    scene.gates()
    unit, *gates = shown[0].panels[0].curves
    for h in (0.2, 0.9):
        W_h = atanh(h) / h
        slope = (tanh(W_h * (h + 1e-6)) - tanh(W_h * (h - 1e-6))) / 2e-6
        assert np.interp(h, unit.x, unit.y) == pytest.approx(slope, abs=1e-3)
    for curve, a in zip(gates, (0, 1, 2, 4)):
        assert curve.label == f"gate, bias {a}"
        assert curve.y == pytest.approx([1 / (1 + exp(-a))] * 2)
    left = shown[0].panels[1].curves
    gate = {a: 1 / (1 + exp(-a)) for a in (0, 1, 2, 4)}
    for curve, (label, kept) in zip(left, [("", 0.72), *gate.items()], strict=True):
        assert curve.label == (f"gate, bias {label}" if curve is not left[0] else "r = 0.72")
        assert curve.y == pytest.approx([j * log10(kept) for j in range(101)])
    kept = atanh(0.9) / 0.9 * (1 - 0.9**2)
    assert shown[0].sentence == (
        f"A tanh unit that holds 0.9 keeps {kept:.2f} of the gradient a step; "
        f"a gate keeps {gate[0]:.2f} to {gate[4]:.3f} (bias 0 to 4) whatever it holds. After 100 "
        f"steps 10^{100 * log10(0.72):.1f} is left at 0.72, and {gate[4] ** 100:.2f} with bias 4."
    )


# Exercises


def test_exercise_1():
    def clip(g_1, g_2, most):
        length = (g_1**2 + g_2**2) ** 0.5
        return (g_1, g_2) if length <= most else (g_1 / length * most, g_2 / length * most)

    assert scene.exercise_1.reply(clip)[0]
    always = scene.exercise_1.reply(lambda a, b, m: (a / hypot(a, b) * m, b / hypot(a, b) * m))
    assert always[0] is False and "unchanged" in always[1]
    each = scene.exercise_1.reply(lambda a, b, m: (min(a, m), min(b, m)))
    assert each[0] is False and "direction" in each[1]


def test_exercise_2():
    b = scene.exercise_2.expected
    assert tanh(1.8 * 0.5 + b) == pytest.approx(0.5)
    assert scene.exercise_2.reply(-0.35)[0] and scene.exercise_2.reply(0.351)[0] is False


def test_exercise_3():
    a = scene.exercise_3.expected
    assert (1 / (1 + exp(-a))) ** 100 == pytest.approx(0.01)
    assert scene.exercise_3.reply(3.055)[0] and not scene.exercise_3.reply(0.955)[0]
