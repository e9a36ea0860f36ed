"""The command behind notebook 13's arrays, on seeds and budgets that are not the stored ones."""

import runpy
from pathlib import Path

import numpy as np
import pytest

from bptt_helpers import Params, bptt, clip, forward, log10_singular_values, step_jacobians

ROOT = Path(__file__).resolve().parent.parent
tool = runpy.run_path(str(ROOT / "tools" / "train_memory.py"))
RNG, N, STARTS = np.random.default_rng, tool["SIZE"], tool["STARTS"]


def params_of(P):
    """One network of the stack, as the package knows it."""
    return Params(P[:N, :N], P[:N, N:-1], P[:N, -1], P[N:, :N], P[N, -1:])


def one_pass(P, x, bit):
    """Trajectory and gradient by the package; x (T, B), a loss at the last step alone."""
    trajectory = forward(params_of(P), x[..., None])
    targets = trajectory.y.copy()
    targets[-1, :, 0] = bit
    return trajectory, bptt(params_of(P), trajectory, targets).params


@pytest.fixture
def moved():
    """One network a start, moved a little, so that no bias is 0: (6, n + 1, n + 2)."""
    P = np.array([tool["start"](kind, 3) for kind in STARTS])
    P += 0.01 * RNG(0).standard_normal(P.shape)
    P[:, N, N] = 0
    return P


@pytest.mark.parametrize("noise", [0.0, 0.1])
def test_the_stack_is_the_package_network_by_network(moved, noise):
    batches = [tool["recall"](RNG(seed), 12, noise) for seed in range(len(moved))]
    x, bit, weight = map(np.array, zip(*batches))
    A = tool["run"](moved, x)
    y = tool["answers"](moved, A)
    G, size = tool["backward"](moved, A, weight * (y - bit)), tool["log10_jacobian"](moved, A)
    for i, P in enumerate(moved):
        copies = np.rint(32 * weight[i]).astype(int)  # without noise two sequences stand for 32
        _, gradient = one_pass(P, np.repeat(x[i], copies, 1), np.repeat(bit[i], copies))
        for ours, its in zip(params_of(G[i]), gradient):
            assert np.allclose(ours, its, rtol=1e-10, atol=1e-10)
        assert G[i, N, N] == 0
        sizes = []
        for sequence in x[i].T[:4]:
            J = step_jacobians(params_of(P), forward(params_of(P), sequence[:, None]))
            sizes.append(log10_singular_values(J[1:])[0, 0])
        assert size[i] == pytest.approx(np.median(sizes), abs=1e-10)


def test_only_W_h_depends_on_the_start():
    P = {kind: tool["start"](kind, 4) for kind in STARTS}
    W_h = {kind: params_of(p).W_h for kind, p in P.items()}
    for kind in STARTS:
        for other, usual in zip(params_of(P[kind])[1:], params_of(P["gaussian"])[1:]):
            assert np.array_equal(other, usual)
    for kind, size in ("0.9 I", 0.9), ("identity", 1), ("orthogonal", 1):
        assert np.allclose(W_h[kind] @ W_h[kind].T, size**2 * np.eye(N))
    assert np.abs(W_h["orthogonal"] - np.eye(N)).max() > 0.5
    assert abs(W_h["tiny"].std() / 0.01 - 1) < 0.1
    assert 0.9 < np.abs(W_h["uniform"]).max() * np.sqrt(N) <= 1
    with pytest.raises(ValueError, match="kind: expected one of tiny, uniform"):
        tool["start"]("orthogonl", 4)


def test_recall_shows_the_bit_once():
    x, bit, weight = tool["recall"](RNG(0), 500, 0.3)
    assert np.array_equal(x[0], bit) and set(bit) == {-1.0, 1.0}
    assert abs(x[1:].std() - 0.3) < 0.01 and np.allclose(weight, 1 / 32)
    x, two, weight = tool["recall"](RNG(0), 5, 0.0)
    assert np.array_equal(x, [[1, -1]] + 4 * [[0, 0]])
    assert weight[0] == np.mean(bit > 0) and weight.sum() == 1


def test_sgd_is_clipped_and_adam_divides_by_the_usual_size(moved):
    G = RNG(1).standard_normal(moved.shape) * np.logspace(-6, 1, len(moved))[:, None, None]
    G[:, N, N] = 0
    step, _ = tool["sgd"](G, 0.3, None)
    for s, g in zip(step, G):
        for ours, its in zip(params_of(s), clip(params_of(g), tool["MAX_NORM"])):
            assert np.allclose(ours, 0.3 * its, rtol=1e-12)
    memory, m, v = (0, np.zeros_like(G), np.zeros_like(G)), 0.0, 0.0
    for t in 1, 2, 3:  # one entry, by the paper's formulas
        g = t * G[2, 0, 0]
        m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g * g
        step, memory = tool["adam"](t * G, 0.01, memory)
        hat = np.sqrt(v / (1 - 0.999**t)) + 1e-8
        assert step[2, 0, 0] == pytest.approx(0.01 * m / (1 - 0.9**t) / hat, rel=1e-12)


def test_networks_of_a_stack_do_not_meet():
    many = tool["train"]("uniform", 8, 0.1, "adam", 0.01, seeds=(5, 4, 3), updates=150)
    assert len(set(many.updates)) > 1  # they stop one after another
    for i, seed in enumerate((5, 4, 3)):
        one = tool["train"]("uniform", 8, 0.1, "adam", 0.01, seeds=(seed,), updates=150)
        for a, b in zip(many[:3], one[:3]):
            assert np.allclose(a[i], b[0], rtol=1e-6)


def test_learned_is_fifty_right_batches_in_a_row():
    found = tool["train"]("uniform", 6, 0.1, "sgd", 0.1, seeds=(3, 4), updates=110, every=1)
    for i, updates in enumerate(found.updates):
        right = found.right[1:, i] == 1
        runs = [right[k - 50 : k].all() for k in range(50, len(right) + 1)]
        assert updates == (50 + np.argmax(runs) if any(runs) else -1) and updates > 50


def test_the_step_size_decides_whether_the_tiny_start_learns_five_steps():
    case = dict(seeds=range(3, 7), updates=250)
    for rate, learned in ((0.03, 0), (1.0, 4)):
        found = tool["train"]("tiny", 5, 0.1, "sgd", rate, **case)
        assert (found.recalled >= 0.9).sum() == (found.updates > 0).sum() == learned


def test_adam_lifts_the_jacobian_with_random_labels_and_not_without_label_noise():
    case = dict(seeds=range(3, 6), updates=200, every=100)
    lifted = tool["train"]("tiny", 10, 0.1, "adam", 0.01, labels="random", **case)
    assert (lifted.size[-1] > lifted.size[0] + 3).all() and (lifted.recalled < 0.9).all()
    still = tool["train"]("tiny", 20, 0.0, "adam", 0.003, labels="balanced", **case)
    assert np.allclose(still.size[-1], still.size[0], atol=0.05) and (still.recalled == 0).all()
    rescaled = tool["train"]("tiny", 20, 0.0, "adam without eps", 0.003, labels="balanced", **case)
    found = tool["train"]("tiny", 20, 0.0, "adam", 0.003, labels="bit", **case)
    assert (rescaled.recalled == 1).all() and (found.recalled == 1).all()


def test_pushed_apart_is_the_difference_of_two_runs(moved):
    x = np.array([tool["recall"](RNG(seed), 4, 0.1)[0] for seed in range(len(moved))])
    flipped = np.concatenate([-x[:, :1], x[:, 1:]], 1)
    plus, minus = tool["run"](moved, x), tool["run"](moved, flipped)
    apart = (plus - minus)[:, -1, :, :N] / 2
    assert np.allclose(tool["pushed_apart"](moved, plus, minus), apart, atol=1e-14)


def test_memory_at_start_knows_the_noise():
    loud, quiet = (tool["memory_at_start"]("0.9 I", 60, s, (3, 4)) for s in (0.1, 0.01))
    assert np.allclose(loud[:, [0, 2]], quiet[:, [0, 2]], atol=0.1)  # without noise in them
    assert np.allclose(quiet[:, 1] - loud[:, 1], 1, atol=0.2)  # ten times less noise
    assert np.allclose(loud[:, 0], 59 * np.log10(0.9), atol=0.3)


@pytest.fixture(scope="module")
def data():
    with np.load(tool["OUT"]) as arrays:
        return dict(arrays)


def test_the_stored_arrays_are_what_the_command_computes(data):
    grid = tool["NOISES"], tool["LENGTHS"], tool["STARTS"], tool["RULES"], tool["SEEDS"]
    for name in "recalled", "updates", "after":
        assert data[name].shape == tuple(len(axis) for axis in grid)
    for place in (0.1, 10, "identity", ("sgd", 0.1)), (0.0, 20, "tiny", ("adam", 0.003)):
        noise, T, kind, rule = place
        place = tuple(list(axis).index(value) for axis, value in zip(grid, place))
        found = tool["train"](kind, T, noise, *rule, seeds=tool["SEEDS"][:2])
        for name in "recalled", "updates", "after":
            stored = data[name][place][:2].astype(float)
            assert np.allclose(getattr(found, name), stored, atol=0.02)
    assert tool["OUT"].stat().st_size < 200_000


def counts(data, noise, kind):
    """How many of the 20 networks recall: (length, rule)."""
    place = tool["NOISES"].index(noise), slice(None), tool["STARTS"].index(kind)
    return (data["recalled"][place] >= 0.9).sum(-1)


def test_the_number_belongs_to_start_step_size_rule_and_noise(data):
    lengths, rules = list(tool["LENGTHS"]), list(tool["RULES"])
    calm = [i for i, rule in enumerate(rules) if rule != ("sgd", 1.0)]
    tiny, uniform = counts(data, 0.1, "tiny"), counts(data, 0.1, "uniform")
    at = {rate: rules.index(("sgd", rate)) for rate in (0.01, 0.03, 0.3, 1.0)}
    five, twenty, fifty = (lengths.index(T) for T in (5, 20, 50))
    assert tiny[five, [at[0.01], at[0.03]]].max() == 0
    assert tiny[five, [at[0.3], at[1.0]]].min() == 20
    assert uniform[five].min() == 20 and uniform[twenty, :5].max() < 8
    assert uniform[twenty, rules.index(("adam", 0.01))] == 20
    for kind in "gaussian", "0.9 I", "identity", "orthogonal":
        good = counts(data, 0.1, kind)
        assert good[: twenty + 1, calm].min() >= 18
        assert good[[twenty, fifty], at[1.0]].max() < 15  # a step too far
    quiet = counts(data, 0.0, "0.9 I")[lengths.index(100)]
    noisy = counts(data, 0.1, "0.9 I")[lengths.index(100)]
    adam = [i for i, rule in enumerate(rules) if rule[0] == "adam"]
    assert quiet[adam].min() == 20 and noisy[adam].max() < 5


def test_the_controls_say_what_adam_does(data):
    size = {name: data["curve_size"][i].astype(float) for i, name in enumerate(tool["CURVES"])}
    won = {name: (data["curve_recalled"][i] >= 0.9).sum() for i, name in enumerate(tool["CURVES"])}
    assert won["bit"] > 12 and won["random labels"] == won["plain descent"] == 0
    for name in "bit", "random labels", "plain descent":  # all lift it, at first alike
        assert np.median(size[name][0]) < -23 and -13 < np.median(size[name][10]) < -8
    assert won["no noise"] == won["no noise, balanced, no eps"] == 20
    assert won["no noise, balanced"] == won["no noise, random labels"] == 0
    assert np.allclose(size["no noise, balanced"], size["no noise, balanced"][0], atol=0.05)
    assert won["0.9 I, no noise"] == 20 and won["0.9 I"] < 5
    for recalled, first in zip(data["ladder_recalled"], data["ladder_first"]):
        learned = (recalled >= 0.9).sum(1)
        assert (learned[:3] == 20).all() and learned[-1] <= 2 and (np.diff(learned) <= 0).all()
        same = np.median(first[:, :, 0].astype(float), axis=1)  # |dh_T/dh_1| at the start
        assert np.ptp(same) < 0.2
