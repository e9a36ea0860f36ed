"""Bad input: each error names the argument, what came and what was expected."""

import numpy as np
import pytest
from witnesses import make_case

from bptt_helpers import (
    Params,
    bptt,
    checkpointed_bptt,
    chunks,
    clip,
    contribution_matrices,
    contributions,
    forward,
    gradient_decay,
    horizon,
    init_params,
    jacobian_product,
    log10_gradient_decay,
    log10_singular_values,
    loss_per_step,
    settle,
    sgd,
    sliding_window,
    step_jacobians,
    truncated_bptt,
)

CASE = make_case(0, T=5, n=4, d=3, o=2)
BATCH = make_case(0, T=5, n=4, d=3, o=2, B=3)
PARAMS, X, TARGETS = CASE.params, CASE.x, CASE.targets
RUN, BATCH_RUN = forward(PARAMS, X), forward(BATCH.params, BATCH.x)


def spoilt(a, value):
    a = np.array(a, float)
    a[(-1,) * a.ndim] = value
    return a


def rejects(call, *words):
    with pytest.raises(ValueError) as caught:
        call()
    message = str(caught.value)
    for word in words:
        assert word in message, f"{word!r} is not in {message!r}"
    assert message.startswith(words[0] + ":"), message


@pytest.mark.parametrize(
    "name, bad, expected, came",
    [
        ("W_h", np.ones((4, 3)), "(n, n)", "(4, 3)"),
        ("W_h", np.ones(4), "(n, n)", "(4,)"),
        ("W_h", np.ones((0, 0)), "(n, n)", "(0, 0)"),
        ("W_x", np.ones((3, 3)), "(4, d)", "(3, 3)"),
        ("W_x", np.ones((4, 0)), "(4, d)", "(4, 0)"),
        ("b", np.ones(3), "(4,)", "(3,)"),
        ("b", 0.0, "(4,)", "()"),
        ("W_y", np.ones((2, 5)), "(o, 4)", "(2, 5)"),
        ("W_y", np.ones((0, 4)), "(o, 4)", "(0, 4)"),
        ("b_y", np.ones((2, 1)), "(2,)", "(2, 1)"),
        ("W_h", spoilt(PARAMS.W_h, np.nan), "finite", "nan at index (3, 3)"),
        ("W_x", spoilt(PARAMS.W_x, -np.inf), "finite", "-inf at index (3, 2)"),
        ("b", ["a", "b", "c", "d"], "numbers", "<U1"),
        ("W_y", [[1, 2], [3]], "numbers", "inhomogeneous"),
        ("b_y", None, "numbers", "object"),
    ],
)
def test_params_that_do_not_fit(name, bad, expected, came):
    params = PARAMS._replace(**{name: bad})
    rejects(lambda: forward(params, X), name, expected, came)
    rejects(lambda: bptt(params, RUN, TARGETS), name, expected, came)


@pytest.mark.parametrize(
    "bad, came", [(None, "NoneType"), (PARAMS[:4], "4"), (RUN, "3"), (3, "int")]
)
def test_params_that_are_no_params(bad, came):
    rejects(lambda: forward(bad, X), "params", "(W_h, W_x, b, W_y, b_y)", came)
    rejects(lambda: bptt(bad, RUN, TARGETS), "params", "(W_h, W_x, b, W_y, b_y)", came)


@pytest.mark.parametrize(
    "bad, expected, came",
    [
        (np.ones((5, 2)), "(T, [B], 3)", "(5, 2)"),
        (np.ones(5), "(T, [B], 3)", "(5,)"),
        (np.ones((5, 1, 1, 3)), "(T, [B], 3)", "(5, 1, 1, 3)"),
        (np.ones((0, 3)), "(T, [B], 3)", "(0, 3)"),
        (np.ones((5, 0, 3)), "(T, [B], 3)", "(5, 0, 3)"),
        (spoilt(X, np.nan), "finite", "nan at index (4, 2)"),
        (spoilt(BATCH.x, np.inf), "finite", "inf at index (4, 2, 2)"),
        ("abc", "numbers", "<U3"),
        (None, "numbers", "object"),
    ],
)
def test_x_that_does_not_fit(bad, expected, came):
    rejects(lambda: forward(PARAMS, bad), "x", expected, came)
    rejects(lambda: bptt(PARAMS, RUN._replace(x=bad), TARGETS), "trajectory.x", expected, came)


@pytest.mark.parametrize(
    "x, bad, expected, came",
    [
        (X, np.ones(3), "(4,)", "(3,)"),
        (X, np.ones((3, 4)), "(4,)", "(3, 4)"),
        (BATCH.x, np.ones(4), "(3, 4)", "(4,)"),
        (BATCH.x, np.ones((2, 4)), "(3, 4)", "(2, 4)"),
        (X, spoilt(np.ones(4), np.nan), "finite", "nan at index (3,)"),
    ],
)
def test_states_from_outside_that_do_not_fit(x, bad, expected, came):
    run, targets = (RUN, TARGETS) if x is X else (BATCH_RUN, BATCH.targets)
    rejects(lambda: forward(PARAMS, x, bad), "h0", expected, came)
    rejects(lambda: bptt(PARAMS, run, targets, dh_T=bad), "dh_T", expected, came)


@pytest.mark.parametrize(
    "name, bad, expected, came",
    [
        ("h", RUN.h[1:], "(6, 4)", "(5, 4)"),
        ("h", BATCH_RUN.h, "(6, 4)", "(6, 3, 4)"),
        ("h", spoilt(RUN.h, np.inf), "finite", "inf at index (5, 3)"),
        ("y", RUN.y[:, :1], "(5, 2)", "(5, 1)"),
        ("y", spoilt(RUN.y, np.nan), "finite", "nan at index (4, 1)"),
    ],
)
def test_trajectories_that_do_not_fit(name, bad, expected, came):
    broken = RUN._replace(**{name: bad})
    for function in (bptt, contributions, contribution_matrices):
        rejects(lambda f=function: f(PARAMS, broken, TARGETS), f"trajectory.{name}", expected, came)
    rejects(lambda: step_jacobians(PARAMS, broken), f"trajectory.{name}", expected, came)


def test_a_trajectory_that_is_none():
    rejects(lambda: bptt(PARAMS, None, TARGETS), "trajectory", "(x, h, y)", "NoneType")
    rejects(lambda: bptt(PARAMS, RUN[:2], TARGETS), "trajectory", "(x, h, y)", "2")


@pytest.mark.parametrize(
    "loss, bad, expected, came",
    [
        ("squared_error", TARGETS[1:], "(5, 2)", "(4, 2)"),
        ("squared_error", TARGETS[:, :1], "(5, 2)", "(5, 1)"),
        ("squared_error", BATCH.targets, "(5, 2)", "(5, 3, 2)"),
        ("squared_error", spoilt(TARGETS, np.nan), "finite", "nan at index (4, 1)"),
        ("squared_error", None, "numbers", "object"),
        ("cross_entropy", [0, 1, 0, 1], "(5,)", "(4,)"),
        ("cross_entropy", [[0], [1], [0], [1], [0]], "(5,)", "(5, 1)"),
        ("cross_entropy", [0.0, 1.0, 0.0, 1.0, 0.0], "integer", "float64"),
        ("cross_entropy", [0, 1, 0, 1, 2], "from 0 to 1", "0 to 2"),
        ("cross_entropy", [0, 1, 0, 1, -1], "from 0 to 1", "-1 to 1"),
        ("cross_entropy", [[0, 1], [0]], "numbers", "inhomogeneous"),
    ],
)
def test_targets_that_do_not_fit(loss, bad, expected, came):
    rejects(lambda: bptt(PARAMS, RUN, bad, loss), "targets", expected, came)
    rejects(lambda: loss_per_step(RUN.y, bad, loss), "targets", expected, came)


@pytest.mark.parametrize("bad", ["hinge", None, ["squared_error"], ""])
def test_losses_that_do_not_exist(bad):
    names = ("squared_error", "cross_entropy", repr(bad))
    rejects(lambda: bptt(PARAMS, RUN, TARGETS, bad), "loss", *names)
    rejects(lambda: list(truncated_bptt(PARAMS, X, TARGETS, 2, loss=bad)), "loss", *names)
    rejects(lambda: loss_per_step(RUN.y, TARGETS, bad), "loss", *names)


def test_outputs_that_do_not_fit():
    rejects(lambda: loss_per_step(3.0, 3.0), "y", "(T, [B], o)", "()")
    rejects(lambda: loss_per_step(np.ones((0, 2)), np.ones((0, 2))), "y", "(T, [B], o)", "(0, 2)")


@pytest.mark.parametrize(
    "bad, expected", [(0, ">= 1"), (-3, ">= 1"), (2.0, "whole"), (True, "whole"), ("2", "whole")]
)
def test_chunk_lengths_that_are_none(bad, expected):
    rejects(lambda: chunks(10, bad), "K", expected, repr(bad))
    rejects(lambda: chunks(bad, 10), "T", expected, repr(bad))
    rejects(lambda: list(truncated_bptt(PARAMS, X, TARGETS, bad)), "K", expected, repr(bad))
    for decay in (gradient_decay, log10_gradient_decay):
        rejects(lambda f=decay: f(0.9, 0.8, bad), "T", expected, repr(bad))
    rejects(lambda: settle(0.9, 0.1, steps=bad), "steps", expected, repr(bad))


def test_numpy_integers_are_whole_numbers():
    assert chunks(np.int64(5), np.int32(5)) == [slice(0, 5)]


@pytest.mark.parametrize(
    "x, targets, name, expected, came",
    [
        (X, TARGETS[:4], "targets", "(5, 2)", "(4, 2)"),
        (X, 3.0, "targets", "(5, 2)", "()"),
        (3.0, 3.0, "x", "(T, [B], 3)", "()"),
        (X[:0], TARGETS[:0], "x", "(T, [B], 3)", "(0, 3)"),
        (X[:, :2], TARGETS, "x", "(T, [B], 3)", "(5, 2)"),
    ],
)
def test_sequences_for_truncated_bptt_that_do_not_fit(x, targets, name, expected, came):
    rejects(lambda: list(truncated_bptt(PARAMS, x, targets, 2)), name, expected, came)


@pytest.mark.parametrize("bad", [0, -1, 1.5, True])
def test_windows_and_marks_that_do_not_exist(bad):
    rejects(lambda: sliding_window(PARAMS, RUN, TARGETS, bad), "K", "whole", repr(bad))
    rejects(lambda: checkpointed_bptt(PARAMS, X, TARGETS, every=bad), "every", "whole", repr(bad))


@pytest.mark.parametrize("bad", [0, -1, np.nan, "x"])
def test_lengths_to_clip_to_that_do_not_exist(bad):
    rejects(lambda: clip(PARAMS, bad), "max_norm", "number", str(bad))


def test_windows_and_checkpoints_check_the_rest_as_bptt_does():
    rejects(lambda: sliding_window(PARAMS, RUN, TARGETS[1:], 2), "targets", "(5, 2)", "(4, 2)")
    rejects(lambda: sliding_window(PARAMS, None, TARGETS, 2), "trajectory", "(x, h, y)", "NoneType")
    rejects(lambda: checkpointed_bptt(PARAMS, X, TARGETS[1:]), "targets", "(5, 2)", "(4, 2)")
    rejects(lambda: checkpointed_bptt(PARAMS, X, TARGETS, np.ones(3)), "h0", "(4,)", "(3,)")
    rejects(lambda: checkpointed_bptt(PARAMS, X, TARGETS, loss="hinge"), "loss", "'hinge'")


def test_truncated_bptt_checks_all_targets_before_the_first_chunk():
    bad = TARGETS.copy()
    bad[4, 1] = np.nan
    rejects(lambda: next(truncated_bptt(PARAMS, X, bad, 2)), "targets", "nan at index (4, 1)")
    rejects(lambda: checkpointed_bptt(PARAMS, X, bad), "targets", "nan at index (4, 1)")


@pytest.mark.parametrize("huge", [1e20, 1e200])
def test_gradients_that_clip_cannot_measure(huge):
    gradient = Params(*(np.full_like(p, huge) for p in PARAMS))
    if huge < 1e100:  # its square overflows in float32 only, and its length is measured in float64
        short = clip(Params(*(g.astype("float32") for g in gradient)), 1.0)
        assert np.isclose(np.linalg.norm([np.linalg.norm(g) for g in short]), 1, rtol=1e-5)
    else:
        rejects(lambda: clip(gradient, 1.0), "gradient", "finite length", "inf")


@pytest.mark.parametrize("bad", [np.nan, "0.1", None])
def test_rates_that_sgd_cannot_take(bad):
    rejects(lambda: sgd(PARAMS, PARAMS, bad), "rate", "number", str(bad))


def test_sgd_wants_the_params_of_the_gradients_and_keeps_the_dtype():
    gradients = bptt(PARAMS, RUN, TARGETS)
    rejects(lambda: sgd(PARAMS, gradients, 0.1), "gradient", "Params(W_h", "Gradients of 3")
    half = Params(*(p.astype("float32") for p in PARAMS))
    stepped = sgd(half, clip(half, np.float64(1)), np.float64(0.1))
    assert {p.dtype for p in stepped} == {np.dtype("float32")}


def test_complex_numbers_in_a_real_computation():
    rejects(lambda: bptt(PARAMS, RUN, TARGETS + 5j), "targets", "real numbers", "complex128")
    rejects(lambda: bptt(PARAMS, RUN, TARGETS, dh_T=1j * np.ones(4)), "dh_T", "real", "complex128")


def test_truncated_bptt_checks_h0():
    rejects(lambda: list(truncated_bptt(PARAMS, X, TARGETS, 2, np.ones(3))), "h0", "(4,)", "(3,)")


def test_paths_take_one_sequence():
    for f in (contributions, contribution_matrices):
        rejects(
            lambda f=f: f(PARAMS, BATCH_RUN, BATCH.targets), "trajectory.x", "(T, d)", "(5, 3, 3)"
        )
    rejects(lambda: step_jacobians(PARAMS, BATCH_RUN), "trajectory.x", "(T, d)", "(5, 3, 3)")


@pytest.mark.parametrize(
    "t, k, name, expected", [(6, 0, "t", "0 to 5"), (-1, 0, "t", "0 to 5"), (3, 4, "k", "0 to 3")]
)
def test_places_in_time_that_do_not_exist(t, k, name, expected):
    J = step_jacobians(PARAMS, RUN)
    if name == "t":
        rejects(lambda: log10_singular_values(J, t), "t", "0 to 5", str(t))
    rejects(lambda: jacobian_product(J, t, k), name, expected, str(max(t, k) if t > 0 else t))


@pytest.mark.parametrize("bad", [np.ones((5, 2, 3)), np.ones((2, 2)), np.full((1, 2, 2), np.nan)])
def test_jacobians_that_are_none(bad):
    rejects(lambda: jacobian_product(bad, 1, 0), "J", "expected", "got")
    rejects(lambda: log10_singular_values(bad), "J", "expected", "got")


@pytest.mark.parametrize("bad", [np.nan, np.inf, "x", "0.9", 10**400, None, [1, 2]])
def test_numbers_that_are_none(bad):
    for name, call in {
        "W_h": lambda: gradient_decay(bad, 0.8, 3),
        "tanh_prime": lambda: log10_gradient_decay(0.9, bad, 3),
        "r": lambda: horizon(bad),
        "drive": lambda: settle(0.9, bad),
        "h": lambda: settle(0.9, 0, bad),
        "gain": lambda: init_params(np.random.default_rng(0), 1, 1, 1, gain=bad),
    }.items():
        rejects(call, name, "number", str(bad))


@pytest.mark.parametrize("bad", [0, 1, -0.5, 2])
def test_fractions_outside_0_to_1(bad):
    rejects(lambda: horizon(0.9, bad), "fraction", "between 0 and 1", str(bad))


@pytest.mark.parametrize("place, name", [(0, "input_size"), (1, "hidden_size"), (2, "output_size")])
def test_sizes_and_kinds_of_init_params(place, name):
    sizes = [1, 1, 1]
    sizes[place] = 0
    rejects(lambda: init_params(np.random.default_rng(0), *sizes), name, ">= 1", "0")
    kinds = ("orthogonal", "identity", "gaussian", "'eye'")
    rejects(lambda: init_params(np.random.default_rng(0), 1, 1, 1, "eye"), "recurrent", *kinds)


@pytest.mark.parametrize("bad", [np.inf, np.nan])
@pytest.mark.filterwarnings("error")
def test_no_warning_comes_before_the_error(bad):
    x = X.copy()
    x[0, 0], x[1, 0] = bad, -bad
    rejects(lambda: forward(PARAMS, x), "x", "finite")


@pytest.mark.filterwarnings("error")
def test_numbers_whose_square_overflows_are_still_finite():
    x = np.full((5, 3), 1e300)
    assert np.isfinite(forward(PARAMS, x).h).all()
    narrow = Params(*(p.astype(np.float32) for p in PARAMS))
    assert np.isfinite(forward(narrow, np.full((5, 3), 1e37, np.float32)).h).all()
