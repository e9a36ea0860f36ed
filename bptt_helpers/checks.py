"""Input checks: every message names the argument, what came and what was expected."""

from functools import lru_cache
from math import isfinite

import numpy as np


def floating(*arrays):
    """The dtype in which ``arrays`` meet: theirs if inexact, else float64. None does not count."""
    try:
        dtype = np.result_type(*[np.asarray(a) for a in arrays if a is not None])
    except (TypeError, ValueError):
        return np.dtype(float)  # one of them is no array of numbers: ``array`` will name it
    return dtype if dtype.kind in "fc" else np.dtype(float)


def record(name, value, kind):
    """``value``, any sequence of the right length, as the NamedTuple ``kind``."""
    try:
        return kind(*value)
    except TypeError as error:
        size = f" of {len(value)}" if hasattr(value, "__len__") else ""
        wanted = f"{kind.__name__}({', '.join(kind._fields)})"
        raise ValueError(f"{name}: expected {wanted}, got {type(value).__name__}{size}") from error


def numbers(name, value, kinds="biufc"):
    """``value`` as an array of numbers, in the dtype that it has, which is one of ``kinds``."""
    try:
        a = np.asarray(value)
    except ValueError as error:
        raise ValueError(f"{name}: expected an array of numbers, got {error}") from error
    if a.dtype.kind not in kinds:
        real = "" if "c" in kinds else "real "
        raise ValueError(f"{name}: expected an array of {real}numbers, got dtype {a.dtype}")
    return a


def array(name, value, shape, dtype=None):
    """``value`` as a C-ordered array of ``shape``: an int must match, a letter is one size >= 1.

    The axis "[B]" may be absent. Raises ValueError for another shape, an empty axis, NaN, infinity,
    or what is not a number.
    """
    a = numbers(name, value, "biufc" if dtype is None or np.dtype(dtype).kind == "c" else "biuf")
    a = np.asarray(a, dtype or floating(a), order="C")
    if a.shape != shape and not _fits(a.shape, shape):
        spelled = ", ".join(map(str, shape)) + ("," if len(shape) == 1 else "")
        raise ValueError(f"{name}: expected shape ({spelled}), got {a.shape}")
    # |a|^2 is cheap and tells nearly always; only one that overflowed needs the look at each entry.
    if not isfinite(np.vdot(a, a).real) and not np.isfinite(a).all():
        where = tuple(int(i) for i in np.argwhere(~np.isfinite(a))[0])
        raise ValueError(f"{name}: expected finite numbers, got {a[where]} at index {where}")
    return a


@lru_cache
def _fits(sizes, shape):
    axes = shape if len(shape) == len(sizes) else [axis for axis in shape if axis != "[B]"]
    named = dict(zip(axes, sizes))
    wanted = [named.get(axis) if isinstance(axis, str) else axis for axis in axes]
    return list(sizes) == wanted and 0 not in wanted


def whole(name, value, low, high=None):
    """``value`` as an int within [low, high]."""
    if isinstance(value, bool | np.bool_) or not isinstance(value, int | np.integer):
        raise ValueError(f"{name}: expected a whole number, got {value!r}")
    if value < low or (high is not None and value > high):
        span = f">= {low}" if high is None else f"from {low} to {high}"
        raise ValueError(f"{name}: expected a whole number {span}, got {value}")
    return int(value)


def number(name, value):
    """``value`` as a finite Python float."""
    try:
        value = float(value - 0.0)  # the difference refuses a string
    except (TypeError, ValueError, OverflowError) as error:
        raise ValueError(f"{name}: expected a number, got {value!r}") from error
    if not isfinite(value):
        raise ValueError(f"{name}: expected a finite number, got {value}")
    return value
