"""A picture as text: what it says, so that a change of it is read in a diff.

    .venv/bin/python tests/describe.py [name ...]     writes tests/pictures/<scene>.txt

Numbers are cut to four digits; long data to its ends, least, greatest, mean, and how much more lies
in its second half. Colours have the names of ``plots.style``. Artists stand in the order in which
they are drawn. The questions of a notebook stand in a file of their own.
"""

import re
import sys
from pathlib import Path

import numpy as np
from legible import ticks
from matplotlib import collections, colors, image, lines, patches
from matplotlib.legend import Legend

from bptt_helpers.plots import style
from scenes.sliders import Choice, Slider

FOLDER = Path(__file__).resolve().parent / "pictures"
NAMES = {
    getattr(style, name): name.lower()
    for name in dir(style)
    if name.isupper() and isinstance(getattr(style, name), str)
}
NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?|-?inf|nan")
NOISE = 1e-9  # rounding, whose digits belong to the processor
# Pictures that show rounding errors, or a chaotic network: (relative, absolute) tolerance.
ROUGH = {
    "01-step_size": (0.02, 1.5),
    "09-fold": (0.02, 1.5),
    "09-fifty": (0.02, 0.1),
    "10-hundred_steps": (0.02, 2.0),
}


def color(value):
    """Its name in ``style``, or the code; with the share of opacity where it is not whole."""
    *_, opacity = rgba = colors.to_rgba(value)
    code = colors.to_hex(rgba).upper()
    return NAMES.get(code, code) + (f" at {opacity:.2g}" if opacity < 1 else "")


def data(values):
    """An array in a few numbers."""
    a = np.ma.filled(np.ma.asarray(values, float), np.nan).ravel()
    fine = a[np.isfinite(a)]
    if a.size <= 6:
        return " ".join(number(v) for v in a)
    if not fine.size:
        return f"{a.size} numbers, none finite"
    early, late = (half[np.isfinite(half)].sum() / fine.size for half in np.array_split(a, 2))
    few = [a[0], a[-1], fine.min(), fine.max(), fine.mean(), late - early]
    gaps = f", {a.size - fine.size} not finite" if fine.size < a.size else ""
    text = "{} numbers, {} to {}, least {}, greatest {}, mean {}, late less early {}"
    return text.format(a.size, *map(number, few)) + gaps


def number(value):
    return "0" if abs(value) < NOISE else f"{value:.4g}"


def counted(items):
    """Each different one, and how often where that is more than once, in order."""
    items = list(items)
    return ", ".join(
        f"{i} × {items.count(i)}" if items.count(i) > 1 else i for i in dict.fromkeys(items)
    )


def artist(a):
    """One moving artist in one line."""
    kind = type(a).__name__
    if not a.get_visible():
        return f"{kind} hidden"
    if isinstance(a, lines.Line2D):
        look = f"{color(a.get_color())} {a.get_linestyle()} {number(a.get_linewidth())} wide"
        if a.get_marker() not in ("", "None", None):
            hollow = " hollow" if a.get_fillstyle() == "none" else ""
            look += f", marker {a.get_marker()} {number(a.get_markersize())}{hollow}"
        return f"{kind} {look}; x {data(a.get_xdata())}; y {data(a.get_ydata())}"
    if isinstance(a, image.AxesImage):
        pixels = np.asarray(a.get_array(), float)[..., :3].mean(-1)
        rows = [half for side in np.array_split(pixels, 2) for half in np.array_split(side, 2, 1)]
        means = " ".join(number(corner.mean()) for corner in rows if corner.size)
        return f"{kind} {pixels.shape}; corners {means}; brightness {data(pixels)}"
    if isinstance(a, patches.Polygon):
        x, y = np.transpose(a.get_xy())
        hatch = f" hatched {a.get_hatch()}" if a.get_hatch() else ""
        return f"{kind} {color(a.get_facecolor())}{hatch}; x {data(x)}; y {data(y)}"
    if isinstance(a, collections.Collection):
        paths = a.get_paths()
        sizes = [np.ptp(p.vertices, axis=0) for p in paths if len(p.vertices)]
        text = f"{kind} {len(paths)} paths, {counted(map(color, a.get_facecolor()))}"
        edges = counted(map(color, a.get_edgecolor())) if len(a.get_edgecolor()) else "none"
        text += f"; edges {edges}; widths {data(a.get_linewidth())}"
        text += f"; places {data(a.get_offsets())}" if len(a.get_offsets()) else ""
        return text + f"; sizes {data(sizes)}"
    return kind


def axes(ax):
    """What stands around a pair of axes."""
    said = [f"title {ax.get_title()!r}"]
    for axis in (ax.xaxis, ax.yaxis):
        name, interval = axis.axis_name, axis.get_view_interval()
        labels = " ".join(t.label1.get_text() for t in ticks(axis) if t.label1.get_visible())
        said.append(f"{name} {axis.get_label_text()!r} {limits(interval)}, ticks {labels or '-'}")
    return "axes " + "; ".join(said)


def limits(pair):
    return " to ".join(number(v) for v in pair)


def legend(found):
    """Each entry with the look of what stands beside it."""
    entries = zip(found.get_texts(), found.legend_handles)
    return "legend " + ", ".join(f"{text.get_text()} ({look(h)})" for text, h in entries)


def look(handle):
    if isinstance(handle, lines.Line2D):
        return f"{color(handle.get_color())} {handle.get_linestyle()} {handle.get_marker()}"
    return color(handle.get_facecolor())


def words(record):
    """The words that a graph, a map or a panel is given to draw."""
    for node in getattr(record, "nodes", ()):
        if node.lit is not None and (node.text or node.gradient):
            text = " / ".join(filter(None, [*node.text.split("\n"), node.gradient]))
            grey = "" if node.lit else ", grey"
            yield f"box {text}, {color(node.color)}{grey}, fill {number(node.fill)}"
    for edge in getattr(record, "edges", ()):
        if edge.lit is not None and edge.text:
            size = "cut" if edge.size is None else f"size {number(edge.size)}"
            yield f"arrow {edge.text}, {color(edge.color)}, {size}"
    for panel in getattr(record, "panels", ()):
        if getattr(panel, "note", ""):
            yield f"note {panel.note}"
    if getattr(record, "caption", ""):
        yield f"caption {record.caption}"
    if getattr(record, "beside", None):
        yield from words(record.beside)


def shown(canvas, record):
    """All lines about ``record``, as ``canvas`` shows it now."""
    with style.styled():
        yield from map(axes, canvas.figure.findobj(lambda a: hasattr(a, "get_xlim")))
    yield from (legend(found) for found in canvas.figure.findobj(Legend))
    yield from words(record)
    yield from map(artist, canvas.moving)
    yield "says " + record.sentence


def control(name, spec):
    if isinstance(spec, Slider):
        play = f", plays at {spec.play} ms" if spec.play else ""
        at = f"{spec.value}, {spec.low} to {spec.high} in steps of {spec.step}"
        return f"slider {name}: {at}{play}"
    options = ", ".join(map(str, spec.options)) or "a number"
    asked = spec.value if isinstance(spec, Choice) else spec.ask
    return f"{type(spec).__name__.lower()} {name}: {asked}; {options}"


def description(visits):
    """What a picture's explorers say at the start, and what a control at an end changes in it."""
    found = []
    for visit in visits:
        found += [control(*each) for each in visit.specs.items()]
        found += ["at the start", *("  " + line for line in visit.stops[0].lines)]
        for stop in visit.stops[1:]:
            if stop.name:
                new = [line for line in stop.lines if line not in visit.stops[0].lines]
                found += [f"at {stop.name} = {stop.value}", *("  " + line for line in new)]
    return "\n".join(found) + "\n"


def questions(exercises):
    """The exercises of a notebook: what is right, what tempts and why, and the hints."""
    found = []
    for ask in exercises:
        found.append(f"{ask.label}: {answer(ask.expected)}, within {ask.tolerance:g}")
        found += [f"  case {answer(case)}" for case in ask.cases]
        found += [f"  wrong {answer(wrong)}: {why}" for wrong, why in ask.tempting]
        found += [f"  hint {hint}" for hint in ask.hints]
    return "\n".join(found) + "\n"


def answer(value):
    if isinstance(value, str | bool | np.bool_):
        return repr(value)
    if isinstance(value, list | tuple) or np.ndim(value):
        return "[" + " ".join(map(answer, value)) + "]"
    return "a function" if callable(value) else f"{float(value):.6g}"


def same_text(a, b, rtol=2e-3, atol=3e-6):
    """Whether two lines say the same: words to the letter, numbers to one part in 500."""
    if a == b:
        return True
    if NUMBER.sub("#", a) != NUMBER.sub("#", b):
        return False
    pairs = zip(map(float, NUMBER.findall(a)), map(float, NUMBER.findall(b)))
    return all(np.isclose(u, v, rtol=rtol, atol=atol, equal_nan=True) for u, v in pairs)


def path(name):
    return FOLDER / f"{name}.txt"


def everything(names=()):
    """(name, text) of each picture, and of each notebook's exercises."""
    from scene_list import EXERCISES, PICTURES
    from tour import tour

    asked = {}
    for name, ask in EXERCISES.items():
        asked.setdefault(f"{name[:2]}-exercises", []).append(ask)
    for name in names or [*PICTURES, *asked]:
        yield name, questions(asked[name]) if name in asked else description(tour(name))


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    known = set()
    for name, text in everything(sys.argv[1:]):
        path(name).write_text(text, encoding="utf-8", newline="\n")
        known.add(path(name))
        print(path(name).name, flush=True)
    for old in set(FOLDER.glob("*.txt")) - known if not sys.argv[1:] else ():
        old.unlink()
