"""A picture as text: what it says, so that a change of it is read in a diff.

    .venv/bin/python tests/describe.py [name ...]     writes tests/pictures/<scene>.txt

Numbers are cut to four digits; long data to its ends, least, greatest and mean. Colours have the
names of ``plots.style``.
"""

import re
import sys
from pathlib import Path

import numpy as np
from matplotlib import collections, colors, image, lines, patches
from matplotlib.legend import Legend
from scene_list import PICTURES, explorers, far, within

from bptt_helpers.plots import style

FOLDER = Path(__file__).resolve().parent / "pictures"
NAMES = {
    getattr(style, name): name.lower()
    for name in dir(style)
    if name.isupper() and isinstance(getattr(style, name), str)
}
NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?|-?inf|nan")


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
    few = [a[0], a[-1], fine.min(), fine.max(), fine.mean()]
    gaps = f", {a.size - fine.size} not finite" if fine.size < a.size else ""
    return (
        "{} numbers, {} to {}, least {}, greatest {}, mean {}".format(a.size, *map(number, few))
        + gaps
    )


def number(value):
    return "0" if abs(value) < 1e-9 else f"{value:.4g}"


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
        look = f"{color(a.get_color())} {a.get_linestyle()} marker {a.get_marker()}"
        return f"{kind} {look}; x {data(a.get_xdata())}; y {data(a.get_ydata())}"
    if isinstance(a, image.AxesImage):
        extent = " ".join(number(v) for v in a.get_extent())
        return f"{kind} {a.get_array().shape}; extent {extent}; pixels {data(a.get_array())}"
    if isinstance(a, patches.Polygon):
        return f"{kind} {color(a.get_facecolor())}; corners {data(a.get_xy())}"
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
    said = [f"title {ax.get_title()!r}", f"x {ax.get_xlabel()!r} {limits(ax.get_xlim())}"]
    said.append(f"y {ax.get_ylabel()!r} {limits(ax.get_ylim())}")
    return "axes " + ", ".join(said)


def limits(pair):
    return " to ".join(number(v) for v in pair)


def words(record):
    """The words that a graph, a map or a panel is given to draw."""
    for node in getattr(record, "nodes", ()):
        if node.lit is not None and (node.text or node.gradient):
            text = " / ".join(filter(None, [*node.text.split("\n"), node.gradient]))
            yield f"box {text}, {color(node.color)}, fill {number(node.fill)}"
    for edge in getattr(record, "edges", ()):
        if edge.lit is not None and edge.text:
            size = "cut" if edge.size is None else f"size {number(edge.size)}"
            yield f"arrow {edge.text}, {color(edge.color)}, {size}"
    for panel in getattr(record, "panels", ()):
        if getattr(panel, "note", ""):
            yield f"note {panel.note}"
    if getattr(record, "caption", ""):
        yield f"caption {record.caption}"


def describe(explorer):
    """All lines about one explorer at the start, and those that change with a control at an end."""
    start = list(shown(explorer, explorer.start))
    yield "at the start"
    yield from start
    for name, values in far(explorer).items():
        for value in values:
            yield f"at {name} = {value}"
            now = shown(explorer, within(explorer, {name: value}))
            yield from (line for line in now if line not in start)


def shown(explorer, values):
    record = explorer.compute(**values)
    explorer.canvas.render(record)
    for ax in explorer.canvas.figure.findobj(lambda a: hasattr(a, "get_xlim")):
        yield "  " + axes(ax)
    for legend in explorer.canvas.figure.findobj(Legend):
        yield "  legend " + ", ".join(text.get_text() for text in legend.get_texts())
    yield from ("  " + line for line in words(record))
    yield from ("  " + artist(a) for a in explorer.canvas.artists)
    yield "  says " + record.sentence


def description(name):
    return (
        "\n".join(line for explorer in explorers(PICTURES[name]) for line in describe(explorer))
        + "\n"
    )


def same_text(a, b):
    """Whether two lines say the same: words to the letter, numbers to one part in 500."""
    if NUMBER.sub("#", a) != NUMBER.sub("#", b):
        return False
    pairs = zip(map(float, NUMBER.findall(a)), map(float, NUMBER.findall(b)))
    return all(np.isclose(u, v, rtol=2e-3, atol=1e-7, equal_nan=True) for u, v in pairs)


def path(name):
    return FOLDER / f"{name}.txt"


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for name in sys.argv[1:] or PICTURES:
        path(name).write_text(description(name), encoding="utf-8", newline="\n")
        print(path(name).name)
    for old in set(FOLDER.glob("*.txt")) - set(map(path, PICTURES)):
        old.unlink()
