"""Curves that move, in one panel or several: the picture that most sliders need."""

from math import floor, log10
from typing import NamedTuple

import numpy as np
from matplotlib import collections, path, ticker, transforms

from .. import checks
from .style import BACKWARD, QUIET, REFERENCE, span, word


class Curve(NamedTuple):
    """Points (x, y) in one style; without y a vertical line at x, without x a horizontal one."""

    x: np.ndarray | float | None
    y: np.ndarray | float | None
    label: str = ""  # of the legend, fixed when the picture is drawn
    color: str = BACKWARD
    line: str = "-"  # a line style, "" for points only, "fill" for an area
    marker: str = ""
    size: float = 4
    hollow: bool = False
    fit: bool = True  # whether automatic limits make room for it


class Panel(NamedTuple):
    """One pair of axes. Limits left out are found in coarse steps, so that they seldom move."""

    title: str
    xlabel: str
    curves: tuple
    note: str = ""  # a number to read off, top right
    xlim: tuple | None = None
    ylim: tuple | None = None
    ticks: tuple | None = None  # (positions, labels) of the x axis
    ylabel: str = ""


class Lines(NamedTuple):
    """What ``draw`` and ``update`` show. What ``update`` cannot follow is a ValueError."""

    panels: tuple
    sentence: str


def draw(fig, record):
    artists, handles = [], {}
    for ax, panel in zip(fig.subplots(1, len(record.panels), squeeze=False)[0], record.panels):
        ax.set(title=panel.title, xlabel=panel.xlabel, ylabel=panel.ylabel)
        ax.xaxis.set_major_locator(ticker.MaxNLocator(5, integer=panel.xlim is None))
        if panel.ticks:
            ax.set_xticks(*panel.ticks)
        ax.ticklabel_format(axis="y", scilimits=(-2, 3))
        ax.text(-0.03, 0.5, "−0.00", transform=ax.transAxes, ha="right", alpha=0)  # room for such
        ax.yaxis.get_offset_text().set_ha("right")  # else it runs into the title, or
        ax.yaxis.OFFSETTEXTPAD = 8  # points above the axes, into the highest number
        ax.axhline(0, color=QUIET, linewidth=0.8)
        for curve in panel.curves:
            artists.append(_artist(ax, curve))
            if curve.label:
                handles.setdefault(curve.label, artists[-1])
        corner = fig.dpi_scale_trans + transforms.ScaledTranslation(0.98, 0.97, ax.transAxes)
        how = dict(facecolors=[(1, 1, 1, 0.85), REFERENCE], linewidth=0, zorder=5)  # plate, text
        how |= dict(transform=fig.dpi_scale_trans, offset_transform=corner)
        artists.append(ax.add_collection(collections.PathCollection([], **how), autolim=False))
        artists[-1].fixed = _fixed(panel)
    if handles:
        columns = -(-len(handles) // -(-len(handles) // 4))  # even rows, at most 4 in each
        fig.legend(handles.values(), handles, loc="outside lower center", ncols=columns)
    return artists


def _fixed(panel):
    """What ``draw`` alone can show: all but the note, the limits and the data."""
    how = [c._replace(x=c.x is not None, y=c.y is not None, fit=True) for c in panel.curves]
    ticks = panel.ticks and [*map(list, panel.ticks)]
    return panel._replace(curves=how, note="", xlim=panel.xlim is None, ylim=None, ticks=ticks)


def _artist(ax, curve):
    if curve.line == "fill":
        return ax.fill([0], [0], color=curve.color, alpha=0.25, linewidth=0)[0]
    style = dict(color=curve.color, linestyle=curve.line or "none", marker=curve.marker)
    if curve.y is None:
        return ax.axvline(0, linewidth=1.5, **style)
    if curve.x is None:
        return ax.axhline(0, linewidth=1.5, **style)
    style |= dict(fillstyle="none", markeredgewidth=2) if curve.hollow else {}
    return ax.plot([], [], markersize=curve.size, **style)[0]


def update(artists, record):
    drawn = [artist.fixed for artist in artists if hasattr(artist, "fixed")]
    checks.as_drawn(Lines(len(record.panels), ""), Lines(len(drawn), ""))
    artists = iter(artists)
    for i, panel in enumerate(record.panels):
        checks.as_drawn(_fixed(panel), drawn[i], f"panels[{i}].")
        for curve, artist in zip(panel.curves, artists):
            if curve.line == "fill":
                artist.set_xy(np.column_stack([curve.x, curve.y]))
            elif curve.y is None:
                artist.set_xdata([curve.x] * 2)
            elif curve.x is None:
                artist.set_ydata([curve.y] * 2)
            else:
                artist.set_data(curve.x, curve.y)
        note = next(artists)
        text = word(panel.note or "-", 1 / 6)  # all in inches
        w, h = text.vertices[:, 0].max() + 0.03, 0.11
        plate = path.Path([(-w, -h), (w, -h), (w, h), (-w, h)])
        note.set(paths=[plate, text], offsets=[(-w, -h)], visible=bool(panel.note))
        span(note.axes, *limits(panel))


def limits(panel):
    """Its own, or around 0 and all finite values: each at 1, 2 or 5 times a power of ten."""
    found, drawn = [], [c for c in panel.curves if c.fit and c.x is not None and c.y is not None]
    for axis, above in ((0, 0.06), (1, 0.2 if panel.note else 0.06)):  # no curve under the note
        values = np.concatenate([[0.0], *(np.ravel(c[axis]) for c in drawn)])
        values = values[np.isfinite(values)]
        low, high = -_reach(-values.min()), _reach(values.max())
        found.append((low - 0.06 * (size := high - low or 10), high + above * size))
    return panel.xlim or found[0], panel.ylim or found[1]


def _reach(value):
    if value < 1e-300:
        return 0.0
    decade = 10.0 ** floor(log10(value))
    return next(s * decade for s in (1, 2, 5, 10) if s * decade >= value * (1 - 1e-9))
