"""Notebook 14: every exhibit is broken, the last hint under it mends it, and pictures tell why."""

import inspect
import math
import re
from pathlib import Path

import nbformat
import numpy as np
import pytest
from cells import run

from bptt_helpers.plots.style import BACKWARD, QUIET, REFERENCE
from scenes import bug_museum as scene

NOTEBOOK = Path(__file__).resolve().parents[2] / "notebooks" / "14_bug_museum.ipynb"
CELLS = {cell.id: cell for cell in nbformat.read(NOTEBOOK, 4).cells}
NUMBERS = range(1, 9)
DIFF = re.compile(r"Hint 3.*```diff\n-(.*)\n\+(.*)\n```", re.S)
WRONG = {1: [1, 2, 3, 4, 5], 2: [1, 2, 3, 4, 5], 3: [1, 2, 3, 4, 5, 6], 4: [1, 2, 3, 4, 5, 6]}
WRONG |= {5: [1, 2, 3, 4, 5], 6: [1, 2, 3, 4], 7: [2, 3, 4, 5, 6], 8: [1, 2, 3, 4, 5, 6]}


def mended(number):
    """The source of an exhibit after the last hint."""
    wrong, right = DIFF.search(CELLS[f"hints-{number}"].source).groups()
    source = CELLS[f"exhibit-{number}"].source
    assert source.count(wrong) == 1
    return source.replace(wrong, right)


def function(source, number):
    names = {"np": np}
    exec(source, names)
    return names[f"exhibit_{number}"]


@pytest.fixture(autouse=True)
def nobody_was_here():
    scene.verdicts.clear()


# The exhibits and the verdict


@pytest.mark.parametrize("number", NUMBERS)
def test_the_cell_shows_the_original(number):
    original = inspect.getsource(scene.EXHIBITS[number - 1])
    assert CELLS[f"exhibit-{number}"].source.strip() == original.strip()
    assert CELLS[f"verdict-{number}"].source == f"scene.verdict({number}, exhibit_{number})"


@pytest.mark.parametrize("number", NUMBERS)
def test_every_witness_disagrees_until_it_is_mended(number, capsys):
    for source, said, lines in (
        (CELLS[f"exhibit-{number}"].source, "still broken", "off by"),
        (mended(number), "mended", "agrees"),
    ):
        scene.verdict(number, function(source, number))
        title, *witnesses = capsys.readouterr().out.splitlines()
        assert title == f"Exhibit {number}: {said}" and len(witnesses) == 4
        assert all(lines in line for line in witnesses)
        wrong = re.findall(r"wrong at uses k = ([\d ]+)$", witnesses[2])
        assert wrong == [" ".join(map(str, WRONG[number]))] * (said != "mended")


@pytest.mark.parametrize("seed", range(200, 210))
def test_the_fingerprints_and_the_hints_hold_on_other_networks(seed):
    made = scene.network(seed)
    for number, exhibit in enumerate(scene.EXHIBITS, 1):
        claimed, right = exhibit(*scene.tape(made)), function(mended(number), number)
        long = number == 8 and np.linalg.norm(scene.by_bptt(made)) <= 1  # nothing is clipped
        assert scene.wrong_uses(claimed, made) == ([] if long else WRONG[number])
        assert np.allclose(right(*scene.tape(made)).sum(0), scene.by_complex_step(made), rtol=1e-9)


def test_a_version_that_does_not_run_gets_one_line(capsys):
    scene.verdict(1, lambda W_h, h, tanh_prime, g: W_h)
    scene.verdict(1, lambda W_h, h, tanh_prime, g: 1 / 0)
    scene.verdict(1, lambda W_h, h, tanh_prime, g: None)
    scene.verdict(1, None)
    scene.verdict(2, lambda W_h, h, tanh_prime, g: np.full((7, 3, 3), np.nan))
    out = capsys.readouterr().out
    shape, divided, nothing, no_call = re.findall(r"Exhibit 1.*error\n  (.*)\n", out)
    assert "expected shape (7, 3, 3), got (3, 3)" in shape and "ZeroDivisionError" in divided
    assert "got ()" in nothing and "TypeError" in no_call
    assert "Exhibit 2: still broken" in out and out.count("off by nan") == 4
    scene.score()
    assert capsys.readouterr().out == "mended: 0 of 2\nstill broken: 1 2\n"


def test_a_version_cannot_spoil_the_next_one(capsys):
    def greedy(W_h, h, tanh_prime, g):
        for a in (W_h, h, tanh_prime, g):
            a[:] = 0
        return np.zeros((7, 3, 3))

    before = scene.by_bptt(scene.network()).copy()
    scene.verdict(1, greedy)
    assert np.array_equal(scene.by_bptt(scene.network()), before)
    scene.verdict(2, function(mended(2), 2))
    assert "Exhibit 2: mended" in capsys.readouterr().out


def test_run_all_with_everything_mended(capsys):
    everything = {f"exhibit-{number}": mended(number) for number in NUMBERS}
    run(NOTEBOOK, r"scene\.(verdict|score)\(", everything)
    assert "mended: 8 of 8\nstill broken: none" in capsys.readouterr().out
    assert set(scene.verdicts.values()) == {"mended"}


# Networks and witnesses


@pytest.mark.parametrize("how", [*scene.CIRCUMSTANCES.values(), scene.LESSONS_UNIT, dict(n=4, T=9)])
@pytest.mark.parametrize("seed", [12, 300])
def test_four_witnesses_agree(how, seed):
    made = scene.network(seed, **how)
    seen = [witness(made) for witness, _ in scene.WITNESSES.values()]
    for (_, limit), claim in zip(scene.WITNESSES.values(), seen):
        assert np.allclose(claim, seen[1], rtol=0, atol=limit * max(np.linalg.norm(seen[1]), 1e-3))


def test_the_lessons_unit_rests():
    made = scene.network(**scene.LESSONS_UNIT)
    _, h, y = scene.run(made)
    assert np.allclose(h, math.sqrt(0.2)) and made.params.W_h.tolist() == [[0.9]] and len(y) == 20
    assert np.flatnonzero(made.targets != y).tolist() == [19]


def test_what_the_states_and_losses_say():
    for n in (1, 2, 4):
        rest = scene.network(n=n, gain=1.5, state="at rest", T=20)
        assert np.allclose(1 - scene.run(rest).h ** 2, 0.8) and not rest.params.W_x.any()
        assert not scene.network(n=n, state="from 0").h0.any()
        W_h = scene.network(n=n, gain=0.7).params.W_h
        assert np.allclose(W_h @ W_h.T, 0.49 * np.eye(n))
    full, tiny = scene.network(), scene.network(losses="tiny")
    missed = [c.targets - scene.run(c).y for c in (full, tiny)]
    assert np.allclose(missed[1], 1e-3 * missed[0])


def test_angle_and_error_against_plain_trigonometry():
    a, b = np.array([[3.0, 0], [0, 4]]), np.array([[0.0, 5], [0, 5]])
    assert scene.angle(a, b) == pytest.approx(math.degrees(math.acos(20 / (5 * math.sqrt(50)))))
    assert scene.off_by(a, b) == pytest.approx(math.sqrt(9 + 25 + 1) / math.sqrt(50))
    assert scene.angle(a, 7 * a) == pytest.approx(0, abs=1e-12)


# The pictures


TRIAL = dict(guess=None, n=3, T=2, gain=1.2, state="moving", losses="every step")


def trial(**values):
    return scene.compute_trial(**TRIAL | values)


def seen_by_the_complex_step(**how):
    """Error and angle of each original, without ``bptt``, ``off_by`` or ``angle``."""
    made = scene.network(**how)
    right = scene.by_complex_step(made).ravel()
    for exhibit in scene.EXHIBITS:
        claim = exhibit(*scene.tape(made)).sum(0).ravel()
        cos = claim @ right / math.sqrt((claim @ claim) * (right @ right))
        yield math.dist(claim, right) / math.hypot(*right), math.degrees(math.acos(min(cos, 1)))


@pytest.mark.parametrize(
    "how",
    [{}, dict(T=6), dict(n=2, T=20, gain=1.5), dict(T=6, losses="last step"), dict(T=3, n=1)],
)
def test_bars_are_what_the_complex_step_sees(how):
    error, turned = trial(**how).panels
    for number, (off, degrees) in enumerate(seen_by_the_complex_step(**dict(T=2) | how), 1):
        shows, passes = ([c.y[number - 1] for c in panel.curves[1:]] for panel in (error, turned))
        if off > 1e-9:
            assert shows[0] == pytest.approx(math.log10(off)) and np.isnan(shows[1])
            assert passes[0] == pytest.approx(degrees, abs=1e-3) and np.isnan(passes[1])
        else:
            assert np.isnan([shows[0], passes[0]]).all() and [shows[1], passes[1]] == [-4, 0]
        bar = error.curves[0].y[4 * number - 4 : 4 * number]
        assert bar.max() == pytest.approx(np.nanmax(shows)) and bar.min() == -4


@pytest.mark.parametrize("how", [dict(n=1, T=3), dict(gain=0.35, T=6, losses="last step")])
def test_the_setting_is_said_and_every_bar_ends_at_its_dot(how):
    record, values = trial(**how), TRIAL | how
    unit = "1 unit" if values["n"] == 1 else f"{values['n']} units"
    assert record.sentence.startswith(
        f"{unit}, T = {values['T']}, gain {values['gain']:.2f}, {values['state']}, "
        f"loss: {values['losses']}. An error shows in: "
    )
    for panel, floor in zip(record.panels, (scene.FLOOR, 0)):
        area, shows, _ = panel.curves
        x, y = (np.reshape(a, (8, 4)) for a in (area.x, area.y))
        assert x.mean(1) == pytest.approx(range(1, 9)) and (y[:, [0, 3]] == floor).all()
        assert (y[:, 1] == y[:, 2]).all()
        assert y[:, 1] == pytest.approx(np.where(np.isnan(shows.y), floor, shows.y))


def test_a_bar_is_a_gradients_colour_and_a_pass_is_quiet():
    for panel in trial().panels:
        assert [c.color for c in panel.curves] == [BACKWARD, BACKWARD, QUIET]
        assert [c.label for c in panel.curves[1:]] == ["error shows", "passes the test"]
        assert panel.curves[2].hollow and panel.ticks[1] == list("12345678")


def test_the_sentence_says_who_shows_and_who_passes():
    assert trial().sentence == (
        "3 units, T = 2, gain 1.20, moving, loss: every step. "
        "An error shows in: 1, 2, 3, 4, 5 and 7. "
        "Pass, broken as they are: 6 and 8."
    )
    assert "Pass, broken as they are: none." in trial(T=6).sentence
    zero = trial(T=1, state="from 0", n=1).sentence
    assert zero.startswith("1 unit, T = 1") and zero.endswith("The true gradient is 0.")


def test_the_guess_is_answered_and_the_start_does_not_tell():
    lessons = trial(**scene.LESSONS_UNIT).sentence
    assert "shows in: 2, 5, 7 and 8." in lessons and "You said" not in lessons
    told = " You said 6 for the lesson's unit; it is 4: 2, 5, 7 and 8."
    assert trial(guess=6.0).sentence == trial().sentence + told


@pytest.mark.parametrize("number", NUMBERS)
def test_growth_is_drawn_from_the_exhibits(number):
    """Added shares from a second run without the last loss, by steps back from T."""
    gain, T = 0.9, 12
    (W_h, h, tanh_prime, g), _ = scene.left_behind(gain)
    exhibit = scene.EXHIBITS[number - 1]
    full, before = (exhibit(W_h, h[: t + 1], tanh_prime[: t + 1], g[: t + 1]) for t in (T, T - 1))
    wanted = [np.linalg.norm(full[T - j] - (before[T - j] if j else 0)) for j in range(T)]
    share, error, turned = scene.compute_growth(number, gain, T).panels
    true, claimed = share.curves
    assert (true.label, true.color, claimed.color) == ("true", REFERENCE, BACKWARD)
    assert np.allclose(10**claimed.y, np.maximum(wanted, 1e-99), rtol=1e-6)
    back = g[T]  # dL_T/dh_T, then step by step: what the loss of step T adds to each use
    for j in range(T):
        dz = tanh_prime[T - j] * back
        size = np.linalg.norm(np.outer(dz, h[T - j - 1]))
        assert 10 ** true.y[j] == pytest.approx(size, rel=1e-9)
        back = dz @ W_h
    for path, ring in (error.curves, turned.curves[1:]):
        at = path.x.tolist().index(T)
        assert path.y[at] == ring.y[0] and ring.x[0] == T
    total, dz = np.zeros_like(W_h), np.zeros(len(W_h))
    for t in range(T, 0, -1):  # all losses at once, and the sum over the uses
        dz = tanh_prime[t] * (g[t] + dz @ W_h)
        total += np.outer(dz, h[t - 1])
    claim = full.sum(0)
    off = np.linalg.norm(claim - total) / np.linalg.norm(total)
    cosine = (claim * total).sum() / np.linalg.norm(claim) / np.linalg.norm(total)
    degrees = math.degrees(math.acos(np.clip(cosine, -1, 1)))
    assert error.curves[1].y[0] == pytest.approx(math.log10(max(off, 1e-3)))
    assert turned.curves[2].y[0] == pytest.approx(degrees, abs=1e-4)
    says = f"10^{math.log10(wanted[10]):.1f}" if wanted[10] > 1e-15 else "nothing"
    assert scene.compute_growth(number, gain, T).sentence == (
        f"Exhibit {number}, gain 0.90, T = 12: off by {off:.3g}, at an angle of {degrees:.0f}°. "
        f"10 steps back the last loss adds 10^{true.y[10]:.1f}; the exhibit says {says}."
    )


def test_the_curves_go_through_the_ring_between_their_places_too():
    for T in (7, 20, 29):
        _, error, turned = scene.compute_growth(4, 0.9, T).panels
        pairs = [scene.held_against_truth(4, 0.9, t) for t in error.curves[0].x]
        assert 10 ** error.curves[0].y == pytest.approx([off for off, _ in pairs])
        assert turned.curves[1].y == pytest.approx([degrees for _, degrees in pairs])
        for curve, ring in (error.curves, turned.curves[1:]):
            assert sorted(curve.x) == list(curve.x) and set(curve.x) == {*scene.SOME_T, T}
            assert curve.y[curve.x.tolist().index(T)] == ring.y[0]


@pytest.mark.parametrize("number", NUMBERS)
def test_nothing_leaves_its_panel(number):
    for gain in (0.0, 0.9, 2.0):
        for T in (1, 20, 30):
            for panel in scene.compute_growth(number, gain, T).panels:
                for curve in panel.curves:
                    y = np.atleast_1d(curve.y).astype(float)
                    y = y[y > -13] if panel.title.startswith("log$_{10}$ added") else y
                    assert (panel.ylim[0] <= y).all() and (y <= panel.ylim[1]).all(), (gain, T)


# What the text says, on other networks than the notebook's


def test_what_shows_all_of_the_first_seven_and_what_hides_them():
    for seed in range(400, 410):
        for n in (2, 3, 4):
            for T, gain in ((3, 0.3), (6, 1.2), (20, 1.5), (20, 0.5)):
                assert {*range(1, 8)} <= {*scene.showing(seed=seed, n=n, T=T, gain=gain)}
        for T in (3, 6):
            assert 1 not in scene.showing(seed=seed, n=1, T=T)
            assert 6 not in scene.showing(seed=seed, T=T, losses="last step")
        assert 6 not in scene.showing(seed=seed, T=2)
        for how in dict(T=1), dict(T=20, gain=0.0):
            assert {3, 4} <= {*scene.showing(seed=seed, **how)} <= {3, 4, 8}
        for T in (2, 20):
            resting = scene.showing(seed=seed, T=T, state="at rest")
            assert 3 not in resting and 4 not in resting


def test_the_table_of_hiding_on_other_seeds():
    counts = scene.hiding(range(500, 520))
    assert list(counts) == list(scene.CIRCUMSTANCES)
    assert all(counts["as on trial"][:7] == 20) and counts["nearly trained"][7] == 0
    assert list(np.flatnonzero(counts["two steps, h_0 = 0"][:7])) == [2, 3]


def test_each_exhibit_passes_clipped_somewhere_and_the_right_one_everywhere():
    assert (scene.both_clipped(seeds=range(200, 600)) > 0).all()
    assert (scene.both_clipped(1e9, range(5))[:7] == 0).all(), "nothing is clipped, nothing passes"


def test_the_passes_of_the_linear_unit():
    """By hand: fields that are added to and never zeroed."""
    w, h0, field = 0.2, 0.9, {}
    for t in range(1, 5):
        delta = brought = 0
        for k in range(t, 0, -1):
            delta = 1 if k == t else field[k]
            brought += delta * h0 * w ** (k - 1)
            field[k - 1] = field.get(k - 1, 0) + w * delta
        assert scene.passes(4)[t - 1] == pytest.approx(brought)
    assert scene.passes(3)[2] == pytest.approx(0.288) and brought == pytest.approx(0.3168)


def test_what_the_exercises_expect():
    assert scene.exercise_1.reply(0.3168)[0] is True and scene.exercise_3.reply(3)[0] is True
    w, met = 0.2, 0.9 * 0.2 ** np.array([3, 2, 1, 0])  # h_3, h_2, h_1, h_0
    own = met @ [1, w, w + w**2, w + w**2 + w**3]  # sent on: what this pass adds alone
    tempting = [4 * w**3 * 0.9, 0.288, own, 0.3168 - met[0]]
    assert np.allclose([wrong for wrong, _ in scene.exercise_1.tempting], tempting)
    h = scene.exercise_2.expected
    assert h == pytest.approx(math.tanh(0.5 * h + 0.3), abs=1e-12)
    assert scene.exercise_2.reply(round(h, 3))[0] is True


def test_no_words_in_quotation_marks_and_the_thread_is_linked():
    prose = "\n".join(c.source for c in CELLS.values() if c.cell_type == "markdown")
    prose = re.sub(r"```.*?```|`[^`]*`", "", prose, flags=re.S)
    assert not re.search('[“”„]|"', prose)
    assert (
        "discuss.pytorch.org/t/implementing-truncated-backpropagation-through-time/15500" in prose
    )


@pytest.mark.parametrize("T", [12, 16, 20, 25, 30])
def test_which_points_fall_with_the_steps_back(T):
    """At gain 0.9, from the last use to the second (the first meets h_0)."""
    true, _ = scene.last_added(1, 0.9, T)
    claimed = {number: scene.last_added(number, 0.9, T)[1] for number in (2, 6, 8)}
    assert (claimed[6][1] / claimed[6][-3]) ** (1 / (T - 3)) > 1.3
    assert claimed[8][1] / claimed[8][-1] > 10 * true[1] / true[-1]
    W_h, h, tanh_prime, g = scene.left_behind(0.9)[0]
    back = g[T]
    for k in range(T, 0, -1):  # what exhibit 2 sends back shrinks by 0.9, whatever the units do
        assert np.linalg.norm(back) == pytest.approx(np.linalg.norm(g[T]) * 0.9 ** (T - k))
        share = np.linalg.norm(tanh_prime[k] * back) * np.linalg.norm(h[k - 1])
        assert claimed[2][k - 1] == pytest.approx(share)
        back = W_h.T @ back
