"""Input checks: every message names the argument, what came and what was expected."""

from functools import lru_cache
from math import isfinite
from numbers import Real
from sys import float_info

import numpy as np

MOST = 10**8  # numbers in one array (0.8 GB): a wish for more is taken for a slip
quiet = np.errstate(all="ignore")  # no warnings from a function that looks at its own result


def floating(*arrays):
    """The dtype in which ``arrays`` meet, at least float32; float64 if all are whole numbers."""
    try:
        dtype = np.result_type(*{np.asarray(a).dtype for a in arrays if a is not None})
    except Exception:  # one of them is no array of numbers: ``array`` will name it
        return np.dtype(float)
    if dtype.kind not in "fc":
        return np.dtype(float)
    return dtype if dtype.isnative and dtype.char != "e" else np.result_type(dtype, np.float32)


def record(name, value, kind):
    """``value``, a tuple or list of the right length, as the NamedTuple ``kind``."""
    fields, came = kind._fields, type(value).__name__
    if isinstance(value, tuple | list):
        if len(value) == len(fields) and getattr(value, "_fields", fields) == fields:
            return kind(*value)
        came += f" of {len(value)}"
    raise ValueError(f"{name}: expected {kind.__name__}({', '.join(fields)}), got {came}")


def _masked(value):
    return any(map(_masked, value)) if isinstance(value, tuple | list) else np.ma.is_masked(value)


def numbers(name, value, kinds="biufc"):
    """``value`` as an array of numbers, in the dtype that it has, which is one of ``kinds``."""
    if type(value) is not np.ndarray:
        try:
            if _masked(value):
                raise ValueError("a mask that hides some")
            value = np.asarray(value)
        except Exception as error:  # an object may refuse with whatever it likes
            raise ValueError(f"{name}: expected an array of numbers, got {error}") from error
    if value.dtype.kind not in kinds:
        real = "" if "c" in kinds else "real "
        raise ValueError(f"{name}: expected an array of {real}numbers, got dtype {value.dtype}")
    return value


def array(name, value, shape, dtype=None):
    """``value`` as a C-ordered array of ``shape``: an int must match, a letter is one size >= 1.

    The axis "[B]" may be absent. Raises ValueError for another shape, an empty axis, NaN, infinity,
    a mask that hides some, or what is not a number.
    """
    if type(value) is np.ndarray and value.dtype is dtype:
        a = np.asarray(value, order="C")
    else:
        a = numbers(name, value, "biufc" if dtype is None or dtype.kind == "c" else "biuf")
        a = quiet(np.asarray)(a, dtype or floating(a), order="C")
    if a.shape != shape and not _fits(a.shape, shape):
        spelled = ", ".join(map(str, shape)) + ("," if len(shape) == 1 else "")
        raise ValueError(f"{name}: expected shape ({spelled}), got {a.shape}")
    return a if isfinite(np.vdot(a, a).real) else finite(name, a)  # the call costs as much again


@lru_cache
def _fits(sizes, shape):
    axes = shape if len(shape) == len(sizes) else [axis for axis in shape if axis != "[B]"]
    named = dict(zip(axes, sizes))
    wanted = [named.get(axis) if isinstance(axis, str) else axis for axis in axes]
    return list(sizes) == wanted and 0 not in wanted


def finite(name, a, step=None, last=False):
    """``a``, unless an entry is NaN or infinite: then ValueError with its index.

    With the ``step`` of row 0, for results: the first step (or the last) where it is so.
    """
    # |a|^2 is cheap and tells nearly always; only one that overflowed needs the look at each entry.
    if isfinite(np.vdot(a, a).real) or np.isfinite(a).all():
        return a
    where = tuple(int(i) for i in np.argwhere(~np.isfinite(a))[-1 if last else 0])
    place = f"index {where}" if step is None else f"step {where[0] + step}: beyond {a.dtype}"
    raise ValueError(f"{name}: expected finite numbers, got {a[where]} at {place}")


def whole(name, value, low, high=None):
    """``value`` as an int within [low, high]."""
    if isinstance(value, bool | np.bool_) or not isinstance(value, int | np.integer):
        raise ValueError(f"{name}: expected a whole number, got {value!r}")
    if value < low or (high is not None and value > high):
        span = f">= {low}" if high is None else f"from {low} to {high}"
        raise ValueError(f"{name}: expected a whole number {span}, got {value}")
    return int(value)


def number(name, value, above=None):
    """``value``, a real number or an array of shape () with one, as a finite Python float."""
    plain = value[()] if getattr(value, "shape", None) == () else value
    if isinstance(plain, bool | np.bool_) or not isinstance(plain, Real):
        raise ValueError(f"{name}: expected a number, got {value!r}")
    if isinstance(plain, int) and abs(plain) > float_info.max or not isfinite(plain):
        raise ValueError(f"{name}: expected a finite number, got {value}")
    if above is not None and plain <= above:
        raise ValueError(f"{name}: expected a number > {above}, got {value}")
    return float(plain)


def one_of(name, value, options):
    """``value``, which is one of ``options``: texts, or True and False."""
    if not isinstance(value, str | bool | np.bool_) or value not in options:
        raise ValueError(f"{name}: expected one of {', '.join(map(str, options))}, got {value!r}")
    return value


def as_drawn(record, drawn, of=""):
    """ValueError for the first field of ``record`` that is not as its picture was ``drawn``."""
    for name, value, was in zip(record._fields, record, drawn):
        if value != was:
            raise ValueError(f"{of}{name}: expected {was} as drawn, got {value}")


def generator(name, value):
    """``value``, which is a numpy.random.Generator."""
    if not isinstance(value, np.random.Generator):
        raise ValueError(f"{name}: expected np.random.default_rng(seed), got {value!r}")
    return value
