"""Bad input: each error names the argument, what came and what was expected."""

import numpy as np
import pytest
from witnesses import assert_same, make_case

from bptt_helpers import (
    Params,
    bptt,
    checkpointed_bptt,
    chunks,
    clip,
    contribution_matrices,
    contributions,
    data,
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

RNG = np.random.default_rng(0)
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
    params, name = PARAMS._replace(**{name: bad}), f"params.{name}"
    rejects(lambda: forward(params, X), name, expected, came)
    rejects(lambda: bptt(params, RUN, TARGETS), name, expected, came)
    rejects(lambda: clip(params, 1.0), name.replace("params", "gradient"), expected, came)
    rejects(lambda: sgd(params, PARAMS, 0.1), name, expected, came)


@pytest.mark.parametrize(
    "bad, came",
    [(None, "NoneType"), (PARAMS[:4], "4"), (RUN, "3"), (3, "int"), (PARAMS._asdict(), "dict")],
)
def test_params_that_are_no_params(bad, came):
    rejects(lambda: forward(bad, X), "params", "(W_h, W_x, b, W_y, b_y)", came)
    rejects(lambda: bptt(bad, RUN, TARGETS), "params", "(W_h, W_x, b, W_y, b_y)", came)
    rejects(lambda: sgd(bad, PARAMS, 0.1), "params", "(W_h, W_x, b, W_y, b_y)", came)
    rejects(lambda: sgd(PARAMS, bad, 0.1), "gradient", "(W_h, W_x, b, W_y, b_y)", came)
    rejects(lambda: clip(bad, 0.1), "gradient", "(W_h, W_x, b, W_y, b_y)", came)


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


@pytest.mark.parametrize("bad", ["no", 1, None, np.ones(2), [True]])
def test_yes_or_no_that_is_neither(bad):
    """A text would count as yes."""
    rejects(
        lambda: truncated_bptt(PARAMS, X, TARGETS, 2, carry=bad), "carry", "True, False", repr(bad)
    )
    rejects(lambda: bptt(PARAMS, RUN, TARGETS, keep_h=bad), "keep_h", "True, False", repr(bad))
    assert len(bptt(PARAMS, RUN, TARGETS, keep_h=np.bool_(False)).h) == 1


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
        ("cross_entropy", np.eye(2)[[0, 1, 0, 1, 1]], "(5,)", "targets.argmax(-1)"),
        ("cross_entropy", np.eye(2, dtype=int)[[0, 1, 0, 1, 1]], "(5,)", "targets.argmax(-1)"),
        ("cross_entropy", [0.0, 1.0, 0.0, 1.0, 0.0], "integer", "float64"),
        ("cross_entropy", [0, 1, 0, 1, 2], "from 0 to 1", "0 to 2"),
        ("cross_entropy", [0, 1, 0, 1, -1], "from 0 to 1", "-1 to 1"),
        ("cross_entropy", [[0, 1], [0]], "numbers", "inhomogeneous"),
    ],
)
def test_targets_that_do_not_fit(loss, bad, expected, came):
    rejects(lambda: bptt(PARAMS, RUN, bad, loss), "targets", expected, came)
    rejects(lambda: loss_per_step(RUN.y, bad, loss), "targets", expected, came)


@pytest.mark.parametrize("bad", ["hinge", None, ["squared_error"], "", np.array(["a", "b"]), len])
def test_losses_that_do_not_exist(bad):
    names = ("squared_error", "cross_entropy", repr(bad))
    rejects(lambda: bptt(PARAMS, RUN, TARGETS, bad), "loss", *names)
    rejects(lambda: truncated_bptt(PARAMS, X, TARGETS, 2, loss=bad), "loss", *names)
    rejects(lambda: loss_per_step(RUN.y, TARGETS, bad), "loss", *names)


def test_outputs_that_do_not_fit():
    rejects(lambda: loss_per_step(3.0, 3.0), "y", "(T, [B], o)", "()")
    rejects(lambda: loss_per_step(np.ones((0, 2)), np.ones((0, 2))), "y", "(T, [B], o)", "(0, 2)")


@pytest.mark.parametrize(
    "bad, expected", [(0, ">= 1"), (-3, ">= 1"), (2.0, "whole"), (True, "whole"), ("two", "whole")]
)
def test_chunk_lengths_that_are_none(bad, expected):
    rejects(lambda: chunks(10, bad), "K", expected, repr(bad))
    rejects(lambda: chunks(bad, 10), "T", expected, repr(bad))
    rejects(lambda: truncated_bptt(PARAMS, X, TARGETS, bad), "K", expected, repr(bad))
    for decay in (gradient_decay, log10_gradient_decay):
        rejects(lambda f=decay: f(0.9, 0.8, bad), "T", "whole number", repr(bad))
    rejects(lambda: settle(0.9, 0.1, steps=bad), "steps", "whole number", repr(bad))


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
    rejects(lambda: truncated_bptt(PARAMS, x, targets, 2), name, expected, came)


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


def test_truncated_bptt_checks_all_targets_at_the_call():
    bad = TARGETS.copy()
    bad[4, 1] = np.nan
    rejects(lambda: truncated_bptt(PARAMS, X, bad, 2), "targets", "nan at index (4, 1)")
    rejects(lambda: checkpointed_bptt(PARAMS, X, bad), "targets", "nan at index (4, 1)")


@pytest.mark.parametrize("huge", [1e20, 1e200])
def test_gradients_that_clip_cannot_measure(huge):
    gradient = Params(*(np.full_like(p, huge) for p in PARAMS))
    if huge < 1e100:  # its square overflows in float32 only, and its length is measured in float64
        short = clip(Params(*(g.astype("float32") for g in gradient)), 1.0)
        assert np.isclose(np.linalg.norm([np.linalg.norm(g) for g in short]), 1, rtol=1e-5)
    else:
        rejects(lambda: clip(gradient, 1.0), "gradient's length", "finite", "inf")


@pytest.mark.parametrize("bad", [np.nan, "0.1", None, -0.1, 1j, True, [0.1]])
def test_rates_that_sgd_cannot_take(bad):
    rejects(lambda: sgd(PARAMS, PARAMS, bad), "rate", "number", str(bad))


def test_sgd_wants_the_params_of_the_gradients_and_keeps_the_dtype():
    gradients = bptt(PARAMS, RUN, TARGETS)
    rejects(lambda: sgd(PARAMS, gradients, 0.1), "gradient", "Params(W_h", "Gradients of 3")
    broadcast = PARAMS._replace(b=np.ones((4, 1)))
    rejects(lambda: sgd(PARAMS, broadcast, 0.1), "gradient.b", "(4,)", "(4, 1)")
    other = make_case(0, n=4, d=1, o=2).params  # (4, 1) beside (4, 3) would broadcast
    rejects(lambda: sgd(PARAMS, other, 0.1), "gradient", "(4, 3)", "(4, 1)")
    rejects(lambda: sgd(PARAMS, PARAMS._replace(b_y=[np.nan, 1]), 0.1), "gradient.b_y", "finite")
    huge = Params(*(np.full_like(p, 1e300) for p in PARAMS))
    rejects(lambda: sgd(PARAMS, huge, 1e300), "rate", "finite", "inf")
    half = Params(*(p.astype("float32") for p in PARAMS))
    stepped = sgd(half, clip(half, np.float64(1)), np.float64(0.1))
    assert {p.dtype for p in stepped} == {np.dtype("float32")}


def test_complex_numbers_in_a_real_computation():
    rejects(lambda: bptt(PARAMS, RUN, TARGETS + 5j), "targets", "real numbers", "complex128")
    rejects(lambda: bptt(PARAMS, RUN, TARGETS, dh_T=1j * np.ones(4)), "dh_T", "real", "complex128")


def test_a_complex_step_goes_through_sgd_and_not_through_clip():
    """One entry of the gradient and one of params moved: the new params move with them, exactly."""
    gradient = bptt(PARAMS, RUN, TARGETS).params
    moved = gradient._replace(b=gradient.b + [1e-30j, 0, 0, 0])
    stepped = sgd(PARAMS._replace(b=PARAMS.b + [0, 1e-30j, 0, 0]), moved, 0.3)
    assert np.allclose(stepped.b.imag / 1e-30, [-0.3, 1, 0, 0], rtol=1e-15, atol=0)
    for one, real in zip(stepped, sgd(PARAMS, gradient, 0.3)):
        assert np.array_equal(one.real, real)
    rejects(lambda: clip(moved, 1.0), "gradient", "real numbers", "complex128")


def test_truncated_bptt_checks_h0():
    rejects(lambda: truncated_bptt(PARAMS, X, TARGETS, 2, np.ones(3)), "h0", "(4,)", "(3,)")


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


NO_NUMBERS = [np.nan, np.inf, "x", "0.9", 10**400, None, [1, 2], True, 1j, np.complex128(1)]


@pytest.mark.parametrize("bad", [*NO_NUMBERS, np.array([0.5])])
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
    kinds = ("orthogonal", "identity", "gaussian")
    for bad in ("eye", None, np.eye(1), ["identity"]):
        rejects(lambda b=bad: init_params(RNG, 1, 1, 1, b), "recurrent", *kinds, repr(bad))
    rejects(
        lambda: init_params(np.random.default_rng(3), 1, 1, 1, "gaussian", 1e308), "gain", "inf"
    )


@pytest.mark.parametrize("bad", [np.inf, np.nan])
def test_no_warning_comes_before_the_error(bad):
    x = X.copy()
    x[0, 0], x[1, 0] = bad, -bad
    rejects(lambda: forward(PARAMS, x), "x", "finite")


def test_numbers_whose_square_overflows_are_still_finite():
    x = np.full((5, 3), 1e300)
    assert np.isfinite(forward(PARAMS, x).h).all()
    narrow = Params(*(p.astype(np.float32) for p in PARAMS))
    assert np.isfinite(forward(narrow, np.full((5, 3), 1e37, np.float32)).h).all()


@pytest.mark.parametrize("bad", [None, 0, "0", np.random, np.random.RandomState(0)])
def test_one_check_for_every_rng(bad):
    for call in (
        lambda: init_params(bad, 1, 1, 1),
        lambda: data.echo(bad, 5, 1),
        lambda: data.leaky(bad, 5),
    ):
        rejects(call, "rng", "np.random.default_rng(seed)", repr(bad))


def test_hidden_numbers_are_not_used():
    x = np.ma.array(X, mask=X > 0)
    for call in (
        lambda: forward(PARAMS, x),
        lambda: forward(PARAMS, list(x)),
        lambda: forward(PARAMS, [[row] for row in x]),
        lambda: forward(PARAMS, [[np.ma.masked, 0, 1]]),
        lambda: bptt(PARAMS, RUN._replace(x=x), TARGETS),
    ):
        with pytest.raises(ValueError, match="^(trajectory.)?x: expected .* got a mask that hides"):
            call()
    rejects(lambda: forward(PARAMS._replace(b=np.ma.array(PARAMS.b, mask=True)), X), "params.b")
    hidden = np.ma.array([0, 1, 0, 1, 1], mask=[0, 0, 0, 0, 1])
    rejects(lambda: loss_per_step(RUN.y, hidden, "cross_entropy"), "targets", "mask")
    rejects(lambda: horizon(np.ma.masked), "r", "number", "masked")
    assert np.array_equal(forward(PARAMS, np.ma.array(X)).h, RUN.h)  # it hides nothing


@pytest.mark.parametrize("function", [bptt, contributions, contribution_matrices, sliding_window])
def test_a_trajectory_of_other_params_or_another_x(function):
    more = (2,) if function is sliding_window else ()
    for name in Params._fields:
        other = PARAMS._replace(**{name: getattr(PARAMS, name) + 0.01})
        rejects(lambda o=other: function(o, RUN, TARGETS, *more), "trajectory", "forward", "off")
    far = PARAMS._replace(b_y=PARAMS.b_y + 1e200)  # whose square overflows
    rejects(lambda: function(far, RUN, TARGETS, *more), "trajectory", "y_5 that is 1e+200 off")
    rejects(lambda: function(PARAMS, RUN._replace(x=0 * X), TARGETS, *more), "trajectory", "h_5")
    rejects(
        lambda: function(PARAMS, RUN._replace(y=RUN.y + 1), TARGETS, *more), "trajectory", "y_5"
    )
    once = RUN.h.copy()
    once[2, 1] = -1.001
    rejects(
        lambda: function(PARAMS, RUN._replace(h=once), TARGETS, *more), "trajectory.h", "-1.001"
    )


def test_a_batch_that_comes_first_is_seen_beside_targets_alone():
    x = BATCH.x.swapaxes(0, 1)
    assert len(forward(PARAMS, x).x) == 3 and "x.swapaxes(0, 1) if the batch" in forward.__doc__
    targets = BATCH.targets
    rejects(lambda: truncated_bptt(PARAMS, x, targets, 2), "targets", "(3, 5, 2)", "(5, 3, 2)")
    rejects(lambda: bptt(PARAMS, forward(PARAMS, x), targets), "targets", "(3, 5, 2)", "(5, 3, 2)")


def test_a_batch_is_checked_in_every_row():
    x = BATCH.x.copy()
    x[-1, 1] += 0.01
    rejects(lambda: bptt(BATCH.params, BATCH_RUN._replace(x=x), BATCH.targets), "trajectory", "h_5")


def test_what_the_check_of_a_trajectory_does_not_see():
    """A change before the last step: to see it would cost as much as ``forward``."""
    x = X.copy()
    x[1] = 0
    wrong = bptt(PARAMS, RUN._replace(x=x), TARGETS).params.W_x
    assert not np.allclose(wrong, bptt(PARAMS, RUN, TARGETS).params.W_x)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("scale", [1, 100, 1e6])
def test_rounding_alone_is_no_other_trajectory(seed, scale):
    """In float32, wide nets and large weights too; and a trajectory that float64 reads again."""
    case = make_case(seed, T=3, n=200, d=50, o=5, B=4)
    params = Params(*(np.float32(scale * p) for p in case.params))
    run = forward(params, np.float32(case.x))
    single = bptt(params, run, case.targets)
    double = bptt(Params(*(p.astype(float) for p in params)), run, case.targets)
    assert single.params.W_h.dtype == np.float32 and double.params.W_h.dtype == float
    assert single.loss == pytest.approx(double.loss, rel=1e-5)


def test_x_changed_in_place_after_forward_changes_no_gradient():
    for case in (CASE, BATCH):
        x = case.x.copy()
        run = forward(case.params, x)
        wanted = bptt(case.params, run, case.targets)
        x[...] = 7
        assert np.array_equal(bptt(case.params, run, case.targets).params.W_x, wanted.params.W_x)


def test_float16_is_computed_in_float32():
    half = Params(*(p.astype(np.float16) for p in PARAMS))
    x, targets = X.astype(np.float16), 300 * np.ones_like(TARGETS, np.float16)  # 300^2 overflows
    run = forward(half, x)
    found = bptt(half, run, targets)
    assert {a.dtype for a in (*run, *found.params, found.loss)} == {np.dtype("float32")}
    wide = Params(*(p.astype(float) for p in half))
    wanted = bptt(wide, forward(wide, x.astype(float)), targets)
    assert_same((found.loss, *found.params), (wanted.loss, *wanted.params), 1e-5)
    assert loss_per_step(run.y.astype(np.float16), targets).dtype == np.float32


def doubling(T, n=2):
    """W_h = 2 I at rest: every step doubles the gradient."""
    params = Params(2 * np.eye(n), np.eye(n), np.zeros(n), np.eye(n), np.zeros(n))
    return params, forward(params, np.zeros((T, n))), np.ones((T, n))


def test_a_gradient_that_explodes_beyond_its_numbers_says_where():
    params, run, targets = doubling(2000)
    # dL/dz_t = -(2^(2001 - t) - 1), so 2^1024 is reached at t = 977, in products a step later
    for keep_h in (True, False):
        rejects(lambda k=keep_h: bptt(params, run, targets, keep_h=k), "dL/dh_t", "step 977", "inf")
    rejects(lambda: sliding_window(params, run, targets, 2000), "dL/dh_t", "step 977", "float64")
    rejects(lambda: checkpointed_bptt(params, run.x, targets), "dL/dh_t", "step")
    J = step_jacobians(params, run)
    rejects(lambda: jacobian_product(J, 2000, 0), "dh_t/dh_k", "step 976", "float64")
    assert jacobian_product(J, 2000, 977)[0, 0] == 2.0**1023
    assert_same(log10_singular_values(J)[0], [2000 * np.log10(2)] * 2)


def test_contributions_that_explode_say_where():
    params, run, targets = doubling(1500)
    h0 = forward(params, np.zeros((1500, 2)), np.full(2, 1e-300)).h
    run = run._replace(h=h0 * np.r_[1, np.zeros(1500)][:, None])  # a start, then rest
    rejects(lambda: contributions(params, run, targets), "contributions", "step 1", "float64")


@pytest.mark.parametrize("size", [1e170, 1e-170, 1e300, 1e-300])
def test_jacobians_of_any_size_have_singular_values(size):
    J = np.broadcast_to(size * np.diag([1.0, 0.5]), (9, 2, 2))
    steps = np.arange(9, -1, -1)[:, None]
    assert_same(log10_singular_values(J), steps * np.log10([size, size / 2]))


def test_losses_beyond_float64():
    rejects(lambda: loss_per_step([[0.0], [1e200]], [[0.0], [0.0]]), "loss", "step 2", "inf")
    params, run, targets = doubling(3)
    rejects(lambda: bptt(params, run, 1e200 * targets), "loss", "finite")
    tall = params._replace(W_y=np.full((2, 2), 1e308), b_y=np.full(2, 1e308))
    rejects(lambda: forward(tall, np.ones((3, 2))), "y", "step 1", "inf")


def test_what_would_fill_the_memory():
    for call in (
        lambda: gradient_decay(0.9, 0.8, 10**13),
        lambda: log10_gradient_decay(0.9, 0.8, 10**13),
        lambda: chunks(10**13, 1),
        lambda: init_params(RNG, 1, 10**7, 1),
        lambda: data.echo(RNG, 10**7, 1, 10**7),
        lambda: contribution_matrices(*doubling(150, 70)),
        lambda: settle(-2, 0, 0.5, 10**13),
    ):
        with pytest.raises(ValueError, match="expected a whole number from 1 to 10{1,8}, got"):
            call()
    assert len(chunks(10**13, 10**12)) == 10


def test_a_leak_that_explodes():
    rejects(lambda: data.leaky(RNG, 5000, 2.0), "leak", "step", "float64")
