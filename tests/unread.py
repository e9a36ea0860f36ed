"""Which curves does no test look at? A plugin of pytest that lists them at the end of a run.

    PYTHONPATH=tests .venv/bin/python -m pytest -p unread tests/scenes

A curve counts as looked at once a file in tests/scenes reads its ``y`` (or ``x``, where it has no
y). That is less than a good test of it, but what is listed has none.
"""

from inspect import currentframe
from operator import itemgetter

from bptt_helpers.plots.lines import Curve, Panel

seen, owner, current = {}, {}, [""]


def looked_at(name, place):
    get = itemgetter(place)

    def field(curve):
        caller = currentframe().f_back
        while caller and "site-packages" in caller.f_code.co_filename:  # numpy, pytest
            caller = caller.f_back
        key, kept = owner.get(id(curve), (None, None))
        if kept is curve and "scenes/test_" in caller.f_code.co_filename:
            seen[key].add(name)
        return get(curve)

    return property(field)


def noted(cls, *values, make=Panel.__new__, **named):
    panel = make(cls, *values, **named)
    for i, curve in enumerate(panel.curves):
        key = current[0], panel.title, i, curve.label, "x" if curve[1] is None else "y"
        seen.setdefault(key, set())
        owner[id(curve)] = key, curve  # kept, so that no other one gets its id
    return panel


def pytest_configure():
    Curve.x, Curve.y, Panel.__new__ = looked_at("x", 0), looked_at("y", 1), noted


def pytest_runtest_setup(item):
    current[0] = item.path.name


def pytest_terminal_summary(terminalreporter):
    for (file, title, i, label, needed), fields in seen.items():
        if needed not in fields:
            terminalreporter.line(f"{file} never reads curve {i} {label!r} of {title!r}")
