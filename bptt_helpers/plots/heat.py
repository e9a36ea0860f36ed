"""Maps over all pairs (t, k): losses downwards, uses of W_h to the right."""

from typing import NamedTuple

import numpy as np
from matplotlib import cm, colormaps, colors, image, patheffects

from .. import checks
from . import graph
from .style import BACKWARD, TRUNCATION, span

COLORS = colormaps["cividis"]  # even steps to the eye, and the same ones to colour-blind eyes
SIZES = 5, 10, 15, 20, 30, 40, 60, 80, 100, 150, 200, 300, 500  # of the axes: T seldom moves them


class Map(NamedTuple):
    """One map. ``log10`` (T, T): row t - 1, column k - 1; what is not finite is not drawn."""

    title: str
    log10: np.ndarray
    point: tuple | None = None  # (t, k): a dot there, and the way back to it from (t, t)
    kept_from: np.ndarray | None = None  # (T,): the first k that row t keeps; the others are cut


class Heat(NamedTuple):
    """What ``draw`` and ``update`` show. The number of maps never changes."""

    maps: tuple
    sentence: str
    scale: str = ""  # what the colours mean
    limits: tuple = (-6, 0)  # log10, of the colours; fixed when the picture is drawn
    beside: graph.Graph | None = None  # to the right of the maps
    ratio: tuple = (1, 1)  # width of the maps to width of what is beside them
    labels: tuple = ("use k", "loss t")  # of the axes


def draw(fig, record):
    both = fig.subfigures(1, 2, width_ratios=record.ratio) if record.beside else (fig, None)
    (left, right), artists = both, []
    axes = left.subplots(1, len(record.maps), squeeze=False)[0]
    for ax, shown in zip(axes, record.maps):
        x, y = record.labels
        ax.set(title=shown.title, xlabel=x, ylabel=y, aspect="equal")
        ax.locator_params(nbins=5, integer=True)
        dot = dict(marker="o", markersize=9, markeredgecolor="white", markevery=[0], clip_on=False)
        ax.add_image(image.PcolorImage(ax))  # drawn in a tenth of the time that imshow takes;
        ax.images[0].set_in_layout(False)  # it does not know its extent
        artists += ax.images
        artists += ax.fill([0], [0], "none", edgecolor="#ffffff80", lw=0, hatch="////")
        artists += ax.plot([], [], TRUNCATION) + ax.plot([], [], BACKWARD, **dot)
        artists[-1].set_path_effects([patheffects.withStroke(linewidth=4, foreground="white")])
        ax.grid(False)
    colours = cm.ScalarMappable(colors.Normalize(*record.limits), COLORS)
    ticks = range(record.limits[1], record.limits[0] - 1, -2)
    bar = left.colorbar(colours, ax=axes, label=record.scale, extend="min", ticks=ticks)
    bar.set_ticklabels([f"{10**p}" if p >= -2 else f"$10^{{{p}}}$" for p in ticks])
    artists[0].fixed = _fixed(record)
    return artists + (graph.draw(right, record.beside) if record.beside else [])


def _fixed(record):
    titles = [shown.title for shown in record.maps]
    return record._replace(maps=titles, beside=record.beside is not None, sentence="")


def update(artists, record):
    checks.as_drawn(_fixed(record), artists[0].fixed)
    for i, shown in enumerate(record.maps):
        pairs, hatched, border, way = artists[4 * i : 4 * i + 4]
        T = len(shown.log10)
        end = next((size for size in SIZES if size >= T), T) + 0.5
        span(pairs.axes, (0.5, end), (end, 0.5))
        first = np.full(T, np.nan) if shown.kept_from is None else shown.kept_from
        there, (low, high) = np.isfinite(shown.log10), record.limits
        pixels = COLORS((np.where(there, shown.log10, low) - low) / (high - low), bytes=True)
        cut = np.arange(1, T + 1) < first[:, None]
        pixels[cut, :3] = 50 + 0.5 * pixels[cut, :3].mean(-1, keepdims=True)
        pixels[~there] = 0
        edges = np.arange(T + 1) + 0.5
        pairs.set_data(edges, edges, pixels)
        stairs = np.repeat(first - 0.5, 2), np.repeat(edges, 2)[1:-1]
        border.set_data(stairs)
        x, y = np.compress(np.isfinite(stairs[0]), stairs, axis=1)
        x, y = np.append(x, [0.5, 0.5]), np.append(y, [y.max(initial=0.5), 0.5])
        hatched.set(xy=np.column_stack([x, y]), visible=shown.kept_from is not None)
        t, k = shown.point or [np.nan] * 2
        way.set_data([k, t], [t, t])
    if record.beside:
        graph.update(artists[4 * len(record.maps) :], record.beside)
