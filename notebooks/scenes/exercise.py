"""Questions that answer back: what a learner may write, and what to say to it."""

from math import isfinite

import numpy as np


def number(text):
    """The number that ``text`` is, or None: 0.5, 0,5, −0.5, 1e-3, 12 %. No thousands comma."""
    text = text.strip().removesuffix("%").strip().replace("−", "-")
    before, comma, after = text.partition(",")
    if comma and (len(after) == 3 and before.strip("+-") not in ("", "0") or "." in text):
        return None  # 1,830 is 1830 to one reader and 1.83 to another
    try:
        value = float(text.replace(",", ".").replace("_", "x"))
    except ValueError:
        return None
    return value if isfinite(value) else None


def _has_truth(answer):
    if isinstance(answer, list | tuple):
        return any(map(_has_truth, answer))
    return isinstance(answer, bool | np.bool_)


def same(answer, wanted, tolerance=1e-3):
    """Whether ``answer`` is ``wanted``: text, True, False to the letter, whole numbers up to what
    floats round, other numbers and arrays within a relative ``tolerance``. Never raises."""
    if isinstance(wanted, str | bool) or isinstance(answer, str | bool | np.bool_):
        kinds = {bool if isinstance(v, np.bool_) else type(v) for v in (answer, wanted)}
        return len(kinds) == 1 and bool(answer == wanted)
    try:
        given, wanted = np.asarray(answer), np.asarray(wanted)
        if given.dtype.kind not in "iuf" or given.shape != wanted.shape or _has_truth(answer):
            return False
        tolerance = 1e-9 if wanted.dtype.kind in "iu" else tolerance
        return bool(np.allclose(given, wanted, tolerance, 1e-12))
    except (TypeError, ValueError, OverflowError, RecursionError):
        return False


class Exercise:
    """A question: ``exercise(answer)`` prints what it says to an answer. None is not answered yet.

    expected : the right answer. tempting : pairs (wrong answer, why it tempts). A first miss that
    is none of them gets ``nudge``, later ones ``formula``. cases : where a function is asked for,
    the tuples of arguments that it is tried on; ``expected`` then lists its values.
    """

    def __init__(self, label, expected, nudge, formula, tempting=(), tolerance=1e-3, cases=()):
        self.label, self.expected, self.tolerance, self.cases = label, expected, tolerance, cases
        self.tempting, self.hints, self.misses = tempting, (nudge, formula), 0

    def reply(self, answer):
        """(right, what to say); right is None where nothing was answered."""
        if self.cases and answer is not None:
            try:
                answer = [answer(*case) for case in self.cases]
            except Exception as error:  # whatever a learner's function does
                return False, f"it stops with {type(error).__name__}: {error}"
            answer = None if all(value is None for value in answer) else answer
        if answer is None:
            return None, "not answered yet. Replace None and run this cell again."
        if same(answer, self.expected, self.tolerance):
            return True, f"{shown(answer)} is right."
        why = [why for wrong, why in self.tempting if same(answer, wrong, self.tolerance)]
        hint = why[0] if why else self.hints[min(self.misses, 1)]
        return False, f"{shown(answer)} is not it. {hint}"

    def __call__(self, answer):
        right, text = self.reply(answer)
        self.misses += right is False
        print(f"{self.label}: {text}")


def shown(answer):
    """``answer`` in one short line."""
    try:
        given = np.asarray(answer)
        if given.size > 8:
            return f"your array of shape {given.shape}"
        if given.dtype.kind in "iuf":
            text = np.array2string(given, precision=6) if given.ndim else f"{given:.6g}"
            return " ".join(text.split())
    except (TypeError, ValueError):
        pass
    return repr(answer)
