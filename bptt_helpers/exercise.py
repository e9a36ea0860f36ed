"""Exercises that check themselves."""

import numpy as np


def check(label, answer, expected, hint, tolerance=1e-3):
    """Print whether ``answer`` is ``expected``; numbers and arrays within a relative ``tolerance``.

    ``None`` counts as not answered yet. Returns True where the answer is right. Never raises for a
    wrong answer, so that Run All reaches the bottom whatever stands there.
    """
    if answer is None:
        print(f"{label}: not answered yet. Replace None and run this cell again.")
        return False
    right, shown = False, repr(answer)
    try:
        if isinstance(expected, str | bool):
            right = np.ndim(answer) == 0 and answer == expected
        else:
            given, wanted = np.asarray(answer, float), np.asarray(expected, float)
            right = given.shape == wanted.shape and np.allclose(given, wanted, tolerance, 1e-12)
            shown = np.array2string(given, precision=6) if given.ndim else f"{given:.6g}"
    except (TypeError, ValueError, OverflowError):
        pass  # no number, or lists that are no array: wrong, and shown as it is
    print(f"{label}: {shown} is right." if right else f"{label}: {shown} is not it. {hint}")
    return bool(right)
