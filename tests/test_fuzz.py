"""Every public function of the package, called with what is right and with what is not.

The answer is right, as an independent formula finds it, or a ValueError that says what was
expected. Nothing else: no warning, no other exception, no NaN. What no cheap check can see is left
out here: a trajectory that was changed before its last step.
"""

import re
from inspect import isfunction
from math import inf, log, nan, tanh

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from witnesses import Case, cases, textbook

import bptt_helpers
from bptt_helpers import Gradients, Params, data, forward, gradcheck

RNG = np.random.default_rng(0)
ODD = [
    *(
        None,
        True,
        0,
        1,
        -1,
        3,
        5.0,
        0.3,
        1e200,
        -1e300,
        5e-324,
        nan,
        inf,
        -inf,
        1j,
        10**13,
        10**400,
    ),
    *("two", "", b"2", [], [1, 2], [[1, 2], [3]], {}, {1: 2}, {3}, range(3), object(), print),
    *(np.float16(0.5), np.longdouble("1e400"), np.complex128(1), np.int8(3), np.bool_(1)),
    *(np.array(0.25), np.array([0.5]), np.array(["a"]), np.array([None]), np.ones((2, 2, 2, 2))),
    *(np.datetime64("2020"), np.ma.masked, Params(*range(5)), Gradients(1, 2, 3)),
    *(["squared_error"], "cross_entropy", np.array(["squared_error"] * 2)),
    *(RNG, np.random.RandomState(0), np.random),
]


def put(a, value):
    a = np.array(a, np.result_type(a, float) if np.size(a) else float)
    a[(-1,) * a.ndim] = value
    return a


CHANGES = {
    "list": lambda a: a.tolist(),
    "float16": lambda a: a.astype("f2"),
    "float32": lambda a: a.astype("f4"),
    "wide": lambda a: a.astype(np.longdouble),
    "big end first": lambda a: a.astype(">f8"),
    "whole": lambda a: a.astype(int),
    "int8": lambda a: a.astype("i1"),
    "complex": lambda a: a.astype(complex),
    "fortran": np.asfortranarray,
    "reversed": lambda a: a[::-1],
    "a mask that hides": lambda a: np.ma.array(a, mask=np.arange(a.size).reshape(a.shape) == 0),
    "a mask that hides in a list": lambda a: [np.ma.array(a[0], mask=True), *a[1:]],
    "a mask that hides none": np.ma.array,
    "NaN": lambda a: put(a, nan),
    "infinity": lambda a: put(a, -inf),
    "huge": lambda a: put(a, 1e200),
    "times 1e200": lambda a: a * 1e200,
    "times 1e-200": lambda a: a * 1e-200,
    "times 1000": lambda a: a * 1000,
    "nothing": lambda a: a * 0,
    "one more axis": lambda a: a[None],
    "one axis less": lambda a: a[0],
    "transposed": lambda a: a.T,
    "the first two swapped": lambda a: a.swapaxes(0, -1),
    "empty": lambda a: a[:0],
    "twice": lambda a: np.concatenate([a, a]),
    "texts": lambda a: a.astype(str),
    "objects": lambda a: a.astype(object),
}
RECORDS = {
    "dict": lambda r: r._asdict(),
    "tuple": tuple,
    "list": list,
    "one field less": lambda r: r[:-1],
    "other order": lambda r: r[::-1],
}


def changed(draw, value):
    """``value`` with something done to it that a learner might do."""
    if hasattr(value, "_fields") and draw(st.booleans()):
        return draw(st.sampled_from(list(RECORDS.values())))(value)
    if hasattr(value, "_fields"):
        name = draw(st.sampled_from(value._fields))
        return value._replace(**{name: changed(draw, getattr(value, name))})
    if (
        isinstance(value, np.ndarray)
        and value.size > 1
        and value.dtype.kind in "if"
        and draw(st.integers(0, 3))
    ):
        change = draw(st.sampled_from(list(CHANGES.values())))
        with np.errstate(all="ignore"):
            return change(value)
    return draw(st.sampled_from(ODD))


def plain(value, dtype=float):
    return np.array(value, np.result_type(np.asarray(value), dtype)).astype(dtype)


def case_of(a):
    """The arguments as plain float64 arrays, for formulas that share no code with the package."""
    run = a.get("trajectory")
    x, h0 = (a["x"], a.get("h0")) if run is None else (run[0], plain(run[1])[0])
    whole = a["loss"] == "cross_entropy"
    dh_T = a.get("dh_T")
    return Case(
        Params(*map(plain, a["params"])),
        plain(x),
        plain(a["targets"], int if whole else float) if "targets" in a else None,
        None if h0 is None else plain(h0),
        a["loss"],
        None if dh_T is None else plain(dh_T),
    )


def states(a):
    W_h, W_x, b, W_y, b_y = case_of(a).params
    case = case_of(a)
    h = [np.zeros((*case.x.shape[1:-1], len(b))) if case.h0 is None else case.h0]
    for x_t in case.x:
        h.append(np.tanh(h[-1] @ W_h.T + x_t @ W_x.T + b))
    return case.x, np.array(h), np.array(h[1:]) @ W_y.T + b_y


def losses(y, targets, loss):
    if loss == "squared_error":
        steps = ((plain(y) - plain(targets)) ** 2).sum(-1) / 2
    else:
        p = np.exp(plain(y) - plain(y).max(-1, keepdims=True))
        p /= p.sum(-1, keepdims=True)
        steps = -np.log((p * np.eye(p.shape[-1])[np.asarray(targets)]).sum(-1))
    return steps.reshape(len(steps), -1).mean(1)


def terms(a):
    """dL_t/dz_k h_{k-1}^T, each by its own walk from t back to k."""
    case, (_, h, y) = case_of(a), states(a)
    T, n = len(y), h.shape[1]
    found = np.zeros((T, T, n, n))
    for t in range(1, T + 1):
        if case.loss == "squared_error":
            dy = y[t - 1] - case.targets[t - 1]
        else:
            p = np.exp(y[t - 1] - y[t - 1].max())
            dy = p / p.sum() - np.eye(len(p))[case.targets[t - 1]]
        back = dy @ case.params.W_y
        for k in range(t, 0, -1):
            dz = back * (1 - h[k] ** 2)
            found[t - 1, k - 1] = np.outer(dz, h[k - 1])
            back = dz @ case.params.W_h
    return found


def chunk_gradients(a):
    case, (_, h, _) = case_of(a), states(a)
    for start in range(0, len(case.x), a["K"]):
        steps = slice(start, start + a["K"])
        h0 = h[start] if a["carry"] else case.h0
        yield from textbook(case._replace(x=case.x[steps], targets=case.targets[steps], h0=h0))


def product(a):
    J = plain(a["J"])
    found = np.eye(J.shape[1])
    for step in range(a["t"], a["k"], -1):
        found = found @ J[step - 1]
    return found


def settled(W_h, drive, h, steps):
    slopes = []
    for _ in range(steps):
        h = tanh(W_h * h + drive)
        slopes = [*slopes[-1:], 1 - h * h]
    return h, np.prod(slopes) ** (1 / len(slopes))


@np.errstate(all="ignore")
def sine(params):
    return sum(np.sin(p).sum() for p in params)


def stepped(a, size):
    """``sine`` so far along the direction."""
    return sine([plain(p) + size * plain(v) for p, v in zip(a["params"], a["direction"])])


def flat(gradients):
    return (gradients.loss, *gradients.params, gradients.h)


def clipped(a):
    g = [plain(p) for p in a["gradient"]]
    length = np.sqrt(sum((p**2).sum() for p in g))
    return [p * min(1, float(a["max_norm"]) / length) if length else p for p in g]


# name: (its arguments, what of the result is compared, what it should be)
CALLS = {
    "forward": ("params x h0", tuple, states),
    "bptt": ("params trajectory targets loss dh_T", flat, lambda a: textbook(case_of(a))),
    "checkpointed_bptt": (
        "params x targets h0 loss every",
        flat,
        lambda a: [*textbook(case_of(a))[:6], textbook(case_of(a))[6][:1]],
    ),
    "truncated_bptt": (
        "params x targets K h0 loss carry",
        lambda parts: [p for part in parts for p in flat(part.gradients)],
        lambda a: list(chunk_gradients(a)),
    ),
    "sliding_window": (
        "params trajectory targets K loss",
        lambda g: [g.params.W_h],
        lambda a: [sum(np.trace(terms(a), -j) for j in range(min(a["K"], len(terms(a)))))],
    ),
    "contributions": (
        "params trajectory targets loss",
        lambda found: [found],
        lambda a: [np.sqrt((terms(a) ** 2).sum((2, 3)))],
    ),
    "contribution_matrices": (
        "params trajectory targets loss",
        lambda found: [found],
        lambda a: [terms(a)],
    ),
    "step_jacobians": (
        "params trajectory",
        lambda found: [found],
        lambda a: [[np.diag(1 - h**2) @ case_of(a).params.W_h for h in states(a)[1][1:]]],
    ),
    "jacobian_product": ("J t k", lambda found: [found], lambda a: [product(a)]),
    "log10_singular_values": (
        "J t",
        lambda found: [10 ** found[0, 0]],
        lambda a: [
            np.linalg.norm(p, 2) if np.isfinite(p).all() else inf
            for p in [
                product({"J": a["J"], "t": len(a["J"]) if a["t"] is None else a["t"], "k": 0})
            ]
        ],
    ),
    "loss_per_step": (
        "y targets loss",
        lambda found: [found],
        lambda a: [losses(a["y"], a["targets"], a["loss"])],
    ),
    "clip": ("gradient max_norm", list, clipped),
    "sgd": (
        "params gradient rate",
        list,
        lambda a: [
            plain(p) - float(a["rate"]) * plain(g) for p, g in zip(a["params"], a["gradient"])
        ],
    ),
    "chunks": (
        "T K",
        lambda found: [[(s.start, s.stop) for s in found]],
        lambda a: [[(t, min(t + a["K"], a["T"])) for t in range(0, a["T"], a["K"])]],
    ),
    "init_params": (
        "rng input_size hidden_size output_size recurrent gain",
        lambda p: [p.W_h @ p.W_h.T, p.b, p.b_y, p.W_x.shape[1:]] if p.W_h.any() else [],
        lambda a: (
            [
                float(a["gain"]) ** 2 * np.eye(a["hidden_size"]),
                np.zeros(a["hidden_size"]),
                np.zeros(a["output_size"]),
                [a["input_size"]],
            ]
            if a["gain"]
            else []
        ),
    ),
    "gradient_decay": (
        "W_h tanh_prime T",
        lambda found: [found],
        lambda a: [
            [np.float64(float(a["W_h"]) * float(a["tanh_prime"])) ** j for j in range(a["T"])]
        ],
    ),
    "log10_gradient_decay": (
        "W_h tanh_prime T",
        lambda found: [found[:2]],
        lambda a: [
            [0, np.log10(abs(float(a["W_h"]))) + np.log10(abs(float(a["tanh_prime"])))][: a["T"]]
        ],
    ),
    "horizon": (
        "r fraction",
        lambda found: [found],
        lambda a: [
            0 if not a["r"] else inf if abs(a["r"]) >= 1 else log(a["fraction"]) / log(abs(a["r"]))
        ],
    ),
    "settle": (
        "W_h drive h steps",
        list,
        lambda a: settled(*(float(a[key]) for key in ("W_h", "drive", "h")), a["steps"]),
    ),
    "complex_step": (
        "f params direction size",
        lambda found: [found] if isinstance(found, float) else list(found),
        lambda a: (
            [stepped(a, 1j * float(a["size"])).imag / float(a["size"])]
            if a["direction"] is not None
            else [np.cos(plain(p)) * np.sinh(a["size"]) / a["size"] for p in a["params"]]
        ),
    ),
    "central_difference": (
        "f params direction eps",
        lambda found: [found],
        lambda a: [(stepped(a, a["eps"]) - stepped(a, -a["eps"])) / (2 * float(a["eps"]))],
    ),
    "random_direction": (
        "params rng",
        lambda found: [*(v.shape for v in found), sum((v**2).sum() for v in found)],
        lambda a: [*(np.shape(p) for p in a["params"]), 1],
    ),
    "echo": (
        "rng T lag batch",
        lambda found: [a.shape for a in found],
        lambda a: [(a["T"], a["batch"], 1)] * 2,
    ),
    "leaky": (
        "rng T leak batch",
        lambda found: [a.shape for a in found],
        lambda a: [(a["T"], a["batch"], 1)] * 2,
    ),
}


@st.composite
def arguments(draw, names):
    """Right ones for a function with arguments of these names."""
    case = draw(cases())
    if SINGLE & set(names):
        case = one_of_the_batch(case)
    params, x, targets, h0, loss, dh_T = case
    run = forward(params, x, h0)
    t = draw(st.integers(0, len(x)))
    whole = draw(st.integers(1, 13))
    return {
        "params": params,
        "x": x,
        "targets": targets,
        "h0": h0,
        "loss": loss,
        "dh_T": dh_T,
        "trajectory": run,
        "y": run.y,
        "gradient": Params(*(p * 0.7 + 0.1 for p in params)),
        "J": np.random.default_rng(whole).standard_normal((len(x), 3, 3)),
        "t": t,
        "k": draw(st.integers(0, t)),
        "K": whole,
        "every": draw(st.none() | st.just(whole)),
        "steps": whole,
        "carry": draw(st.booleans()),
        "T": whole + 4,
        "lag": 4,
        "batch": 2,
        "rng": np.random.default_rng(0),
        "leak": 0.9,
        "input_size": 2,
        "hidden_size": 3,
        "output_size": 1,
        "recurrent": "orthogonal",
        "gain": draw(st.floats(-2, 2)),
        "max_norm": 0.5,
        "rate": 0.1,
        "fraction": 0.01,
        "W_h": draw(st.floats(-2, 2)),
        "tanh_prime": draw(st.floats(0.01, 1)),
        "h": 0.3,
        "r": draw(st.floats(-1.5, 1.5)),
        "drive": draw(st.floats(-1, 1)),
        "f": sine,
        "direction": draw(st.none() | st.just(Params(*(np.cos(7 * p) for p in params)))),
        "size": 1e-30,
        "eps": 1e-5,
        "tolerance": 1e-7,
        "directions": 2,
    }


def one_of_the_batch(case):
    if case.x.ndim == 2:
        return case
    h0, dh_T = (None if a is None else a[0] for a in (case.h0, case.dh_T))
    return case._replace(x=case.x[:, 0], targets=case.targets[:, 0], h0=h0, dh_T=dh_T)


def parts(values):
    """The arrays and numbers in arguments, those in records too."""
    for value in values:
        if isinstance(value, tuple | list) and hasattr(value, "_fields"):
            yield from parts(value)
        else:
            yield value if isinstance(value, np.ndarray | complex | np.complex128) else 0


def call(name, given_arguments):
    (function,) = (vars(m)[name] for m in MODULES if name in vars(m))
    found = function(**given_arguments)
    return list(found) if name == "truncated_bptt" else found


MODULES = bptt_helpers, data, gradcheck
SINGLE = {"contributions", "contribution_matrices", "step_jacobians", "sliding_window"}


def test_no_public_function_is_left_out():
    public = {n for m in MODULES for n, f in vars(m).items() if isfunction(f) and n[0] != "_"}
    assert public - {"eeg", "check_gradient"} == set(CALLS)  # one has no argument, one comes last


@pytest.mark.parametrize("name", CALLS)
@settings(max_examples=40, deadline=None, derandomize=True, phases=[Phase.generate])
@given(draw=st.data())
def test_right_or_a_value_error(name, draw):
    names, got, wanted = CALLS[name]
    names = names.split()
    right = draw.draw(arguments([name, *names]))
    a = {key: right[key] for key in names}
    for _ in range(draw.draw(st.integers(0, 2))):
        key = draw.draw(st.sampled_from(names))
        a[key] = changed(draw.draw, a[key])
    try:
        found = call(name, a)
    except ValueError as error:
        assert re.match(r"[\w .*/'|\[\]-]+: expected .+ got ", str(error), re.DOTALL), str(error)
        return
    if any(np.asarray(part).dtype.kind == "c" for part in parts(a.values())):
        return  # the complex step has tests of its own
    with np.errstate(all="ignore"):
        found, wanted = got(found), wanted({"loss": right["loss"], **a})
    for one, other in zip(found, wanted, strict=True):
        if type(one) is list and one == other:  # the chunks of 10**400 steps are beyond a float
            continue
        one, other = np.asarray(one, float), np.asarray(other, float)
        assert one.shape == other.shape
        size = abs(other).max(initial=1e-290)
        if np.isfinite(size):
            assert abs(one - other).max(initial=0) <= 1e-4 * size, (one, other)


@settings(max_examples=80, deadline=None, derandomize=True, phases=[Phase.generate])
@given(draw=st.data())
def test_a_gradient_that_is_accepted_is_right(draw):
    a = draw.draw(arguments(["f", "params"]))
    names = "f params gradient rng directions tolerance".split()
    a = {key: a[key] for key in names}
    a["gradient"] = Params(*map(np.cos, a["params"]))
    if draw.draw(st.booleans()):
        key = draw.draw(st.sampled_from(names))
        a[key] = changed(draw.draw, a[key])
    try:
        gap, right = gradcheck.check_gradient(**a), True
    except AssertionError:
        right = False
    except ValueError as error:
        assert re.match(r"[\w\[\]]+: (expected .+ got |too rough)", str(error), re.DOTALL), str(
            error
        )
        return
    if max(abs(plain(p)).max() for p in a["params"]) > 1e6:
        return  # a step of 0.016 is lost in such a number: all is forgiven
    wanted = [np.cos(plain(p)) for p in a["params"]]
    off = max(abs(plain(g) - w).max() for g, w in zip(a["gradient"], wanted))
    assert off < 1e-3 if right else off > 1e-9  # in between it depends on the direction
    assert not right or gap <= a["tolerance"]
