"""Notebook 7: its maps, its bias and its questions, computed once more by another route."""

import re
import tracemalloc

import numpy as np
import pytest

from bptt_helpers import bptt, forward, sliding_window, truncated_bptt
from scenes import truncated_bptt as scene
from scenes.exercise import same

START = dict(guess=None, K=30, t=100, gain=0.9)
PAIRS = [(t, k) for t in range(1, 101) for k in range(1, t + 1)]
PINK, BLUE, BLACK = "#CC79A7", "#0072B2", "#000000"


def kept(K, t, k):
    """By chunks and by window. Chunks: how many borders lie between the two steps?"""
    return not any(k <= border < t for border in range(K, 100, K)), t < k + K


def norms(gain):
    """{(t, k): norm of the term}, step by step."""
    params, x, targets = scene.case(gain)
    h = [np.zeros(8)]
    for x_t in x:
        h.append(np.tanh(params.W_h @ h[-1] + params.W_x @ x_t + params.b))
    found = {}
    for t in range(1, 101):
        delta = params.W_y.T @ (params.W_y @ h[t] + params.b_y - targets[t - 1])
        for k in range(t, 0, -1):
            dz = (1 - h[k] ** 2) * delta
            found[t, k] = np.linalg.norm(np.outer(dz, h[k - 1]))
            delta = params.W_h.T @ dz
    return found


def numbers(text):
    return [float(found) for found in re.findall(r"\d+(?:\.\d+)?", text)]


@pytest.mark.parametrize("K", [1, 20, 30, 79, 100])
def test_masks(K):
    by_chunks, by_window = scene.kept(K)
    for t, k in PAIRS:
        assert (by_chunks[t - 1, k - 1], by_window[t - 1, k - 1]) == kept(K, t, k)
    assert not np.triu(by_chunks, 1).any() and not np.triu(by_window, 1).any()


@pytest.mark.parametrize("K, t, gain", [(30, 100, 0.9), (79, 90, 1.5), (1, 1, 0.5), (20, 61, 0.9)])
def test_the_sentence_counts_pairs_and_sizes(K, t, gain):
    said = numbers(scene.compute(None, K, t, gain).sentence)
    size, whole = norms(gain), sum(norms(gain).values())
    pairs = [[pair for pair in PAIRS if kept(K, *pair)[way]] for way in (0, 1)]
    share = [100 * len(found) / 5050 for found in pairs]
    part = [100 * sum(size[pair] for pair in found) / whole for found in pairs]
    back = [sum(pair[0] == t for pair in found) for found in pairs]
    part = [min(p, 99.9) if p < 100 - 1e-9 else p for p in part]
    right = [K, len(pairs[0]), 5050, share[0], part[0], len(pairs[1]), share[1], part[1], t, *back]
    assert said == pytest.approx(right, abs=0.051)


def test_the_lesson_s_numbers():
    said = numbers(scene.compute(20, 20, 100, 0.9).sentence)
    assert said[:4] == [20, 1050, 5050, 20.8] and said[-4:] == [20, 20, 10.5, 18.1]


@pytest.mark.parametrize("K, t", [(30, 100), (79, 90), (20, 61), (1, 1)])
def test_the_maps_show_losses_up_to_t_with_the_border_where_the_gradient_stops(K, t):
    size = norms(0.9)
    largest = max(size.values())
    for way, shown in enumerate(scene.compute(**START | dict(K=K, t=t)).maps):
        assert shown.title == ("chunks", "sliding window")[way]
        for loss in (1, 2, 50, t):
            first = min(k for k in range(1, loss + 1) if kept(K, loss, k)[way])
            if loss <= t:
                assert shown.kept_from[loss - 1] == first
            for k in range(2, loss + 1):
                right = np.log10(size[loss, k] / largest) if loss <= t else np.nan
                assert shown.log10[loss - 1, k - 1] == pytest.approx(right, abs=1e-8, nan_ok=True)
        assert np.isnan(shown.kept_from[t:]).all() and not np.isfinite(shown.log10[t:]).any()
        assert shown.point == (t, shown.kept_from[t - 1])
        assert not np.isfinite(shown.log10[np.triu_indices(100, 1)]).any()


@pytest.mark.parametrize("K, gain, seed", [(1, 0.9, 7), (20, 0.9, 7), (79, 1.5, 1), (100, 1.6, 20)])
def test_bias_against_the_engine(K, gain, seed):
    params, x, targets = scene.case(gain, seed)
    run = forward(params, x)
    g = bptt(params, run, targets).params.W_h.ravel()
    parts = truncated_bptt(params, x, targets, K)
    by_chunks = sum(part.gradients.params.W_h for part in parts).ravel()
    by_window = sliding_window(params, run, targets, K).params.W_h.ravel()
    record = scene.compute_bias(None, K, gain, seed)
    said = numbers(record.sentence)
    unit = g / np.linalg.norm(g)
    for way, cut in enumerate((by_chunks, by_window)):
        along, across = cut @ unit, np.linalg.norm(cut - (cut @ unit) * unit)
        right = np.linalg.norm(cut) / np.linalg.norm(g), np.degrees(np.arctan2(across, along))
        for panel, value in zip(record.panels, right):
            assert panel.curves[way].y[K - 1] == pytest.approx(value, abs=2e-5)
            assert panel.curves[3].y[way] == panel.curves[way].y[K - 1]
        assert said[1 + 2 * way : 3 + 2 * way] == pytest.approx(right, abs=0.0501)
    for panel in record.panels:
        assert 10 ** panel.curves[3].x == pytest.approx([K, K])
        assert panel.note.startswith(f"K = {K}:") and said[0] == K
        assert [curve.color for curve in panel.curves] == [PINK, BLUE, BLACK, BLACK]
        assert [curve.label for curve in panel.curves[:2]] == ["chunks", "sliding window"]
        assert 10 ** panel.curves[0].x == pytest.approx(np.arange(1, 101))
        assert panel.ylim[0] <= min(map(np.min, [c.y for c in panel.curves]))
        assert max(map(np.max, [c.y for c in panel.curves])) <= panel.ylim[1]


@pytest.mark.pictures
def test_no_curve_leaves_its_panel():
    for gain in np.arange(5, 17) / 10:
        for seed in range(21):
            length, angle = np.split(scene.off(gain, seed), 2)
            assert 0 <= length.min() and length.max() < 1.9
            assert -5 < angle.min() and angle.max() < 118


def test_about_every_second_step_makes_chunks_worse_for_other_seeds_too():
    for gain in 0.5, 0.9, 1.2, 1.5:
        for seed in range(100, 115):
            found = scene.off(gain, seed)
            assert 30 < (np.diff(found[2]) > 0.1).sum() < 70
            assert (np.diff(found[3]) > 0.1).sum() <= 10
    example = scene.off(1.5, 1)[2]
    assert example[50 - 1] < 2 and example[70 - 1] > 50


def test_any_K_can_be_typed_and_is_what_is_shown():
    view, bias = scene.schedule(), scene.bias()
    for explorer in view, bias:
        assert (explorer.specs["K"].low, explorer.specs["K"].high) == (1, 100)
        assert explorer.read(K=79).startswith("K = 79: ")
        with pytest.raises(ValueError, match="K: expected 1 to 100"):
            explorer.read(K=101)
    assert view.specs["t"].play > 0


def test_a_guess_is_answered_and_none_says_nothing():
    assert "You said" not in scene.compute(**START).sentence
    text = scene.compute(**START | dict(guess=20)).sentence
    places = [sum(kept(20, t, k)[0] for k in range(1, t + 1)) for t in range(1, 101)]
    assert f"You said 20 steps; with chunks of 20 it is {np.mean(places):.1f} on average" in text


def test_a_guess_about_K_70_is_answered_wherever_the_sliders_stand():
    there = scene.compute_bias(None, 70, 1.5, 1).sentence
    assert "You said" not in there
    angles = [numbers(scene.compute_bias(None, K, 1.5, 1).sentence)[2] for K in (50, 70)]
    text = scene.compute_bias("less", 5, 0.9, 7).sentence
    assert "You said less; with gain 1.5 and seed 1, K = 50" in text
    assert numbers(text.partition("seed 1,")[2]) == [50, angles[0], 70, angles[1]]
    assert angles[1] > 40 * angles[0]


def test_nearly_all_is_not_called_all():
    assert scene.share(99.95) == scene.share(100 - 1e-7) == "over 99.9 %"
    assert scene.share(100.0) == "100.0 %" and scene.share(99.86) == "99.9 %"


def test_states_kept():
    count = {
        do.__name__: [scene.states_kept(do, T) for T in (1000, 100_000)] for do in scene.PASSES
    }
    assert count["full_pass"] == [1000, 100_000] and count["chunked_pass"] == [20, 20]
    assert count["checkpointed_pass"] == [32 + 31, 317 + 315]  # a block, and the other starts


def test_the_three_passes():
    case = scene.long_case(100)
    full, cut, checkpointed = (do(*case) for do in scene.PASSES)
    np.testing.assert_allclose(checkpointed, full, rtol=1e-9)
    assert np.linalg.norm(cut - full) > 1e-3 * np.linalg.norm(full)
    with pytest.raises(ZeroDivisionError):
        scene.peak_bytes(lambda *_: 1 / 0, 10)
    assert not tracemalloc.is_tracing()
    assert scene.peak_bytes(lambda *_: np.zeros(10**6), 10) == pytest.approx(8e6, rel=1e-2)


def test_the_leaky_task_remembers_33_steps():
    x, targets = scene.leaky_task(5)
    weights = 0.97 ** np.arange(3000)
    for t in (0, 1, 40, 2999):
        assert targets[t] == pytest.approx(weights[: t + 1] @ x[t::-1], rel=1e-9)


def test_exercises():
    assert scene.exercise_1.expected == sum(kept(25, *pair)[0] for pair in PAIRS) == 1300
    credited = {K: sum(place > 12 for place in range(1, K + 1)) / K for K in range(1, 100)}
    assert scene.exercise_2.expected == min(K for K, share in credited.items() if share >= 0.75)
    r, K = 0.72, round(scene.exercise_3.expected)
    missed = np.mean([r**j for j in range(1, K + 1)])
    assert missed == pytest.approx(r**20, rel=1e-3)
    for exercise in scene.exercise_1, scene.exercise_2, scene.exercise_3:
        for wrong, _ in exercise.tempting:
            assert not same(wrong, exercise.expected, exercise.tolerance)
    for close in 1830, 1834, 1827:  # 12.8 / 0.14 * 20 among them
        assert scene.exercise_3.reply(close)[0] is True
    for wrong in 1300.5, 5050:
        assert scene.exercise_1.reply(wrong)[0] is False


def test_what_a_cut_drops():
    params, x, targets = scene.case(1.5, 1)
    g = bptt(params, forward(params, x), targets).params.W_h
    for K in 50, 70:
        parts = truncated_bptt(params, x, targets, K)
        off = np.linalg.norm(sum(part.gradients.params.W_h for part in parts) - g)
        assert scene.dropped(1.5, 1, K) == pytest.approx(off / np.linalg.norm(g), rel=1e-6)
