"""Maps over all pairs (t, k): losses downwards, uses of W_h to the right."""

from typing import NamedTuple

import numpy as np
from matplotlib import cm, colormaps, colors, patheffects

from . import lines
from .style import BACKWARD, TRUNCATION, span

COLORS = colormaps["cividis"]  # even steps to the eye, and the same ones to colour-blind eyes
SIZES = 5, 10, 15, 20, 30, 40, 60, 80, 100, 150, 200, 300, 500  # of the axes: T seldom moves them


class Map(NamedTuple):
    """One map. ``log10`` (T, T): row t - 1, column k - 1; what is not finite is not drawn."""

    title: str
    log10: np.ndarray
    point: tuple | None = None  # (t, k): a dot there, and the way back to it from (t, t)
    kept_from: np.ndarray | None = None  # (T,): the first k that row t keeps; those before are pale


class Heat(NamedTuple):
    """What ``draw`` and ``update`` show. The number of maps and of curves never changes."""

    maps: tuple
    sentence: str
    panels: tuple = ()  # of ``lines``, to the right of the maps
    limits: tuple = (-6, 0)  # log10, of the colours; fixed when the picture is drawn
    ratio: tuple = (1, 1)  # width of the maps to width of the panels


def draw(fig, record):
    left, right = fig.subfigures(1, 2, width_ratios=record.ratio) if record.panels else (fig, fig)
    axes, artists = left.subplots(1, len(record.maps), squeeze=False)[0], []
    for ax, shown in zip(axes, record.maps):
        ax.set(title=shown.title, xlabel="use k", ylabel="loss t", facecolor="#dddddd")
        ax.locator_params(nbins=5, integer=True)
        dot = dict(marker="o", markersize=9, markeredgecolor="white", markevery=[0])
        artists.append(ax.imshow(np.zeros((1, 1, 4), np.uint8), interpolation="nearest"))
        artists += ax.plot([], [], TRUNCATION) + ax.plot([], [], BACKWARD, **dot)
        artists[-1].set_path_effects([patheffects.withStroke(linewidth=4, foreground="white")])
        ax.grid(False)
    scale = cm.ScalarMappable(colors.Normalize(*record.limits), COLORS)
    left.colorbar(scale, ax=axes, label="log$_{10}$", shrink=0.8, extend="min")
    return artists + (lines.draw(right, record) if record.panels else [])


def update(artists, record):
    for i, shown in enumerate(record.maps):
        image, border, way = artists[3 * i : 3 * i + 3]
        T = len(shown.log10)
        edge = next((size for size in SIZES if size >= T), T) + 0.5
        span(image.axes, (0.5, edge), (edge, 0.5))
        first = np.full(T, np.nan) if shown.kept_from is None else shown.kept_from
        there, (low, high) = np.isfinite(shown.log10), record.limits
        pixels = COLORS((np.where(there, shown.log10, low) - low) / (high - low), bytes=True)
        pale = np.arange(1, T + 1) < first[:, None]
        pixels[pale] = 170 + pixels[pale] // 3
        pixels[~there] = 0
        image.set_data(pixels)
        image.set_extent((0.5, T + 0.5, T + 0.5, 0.5))
        border.set_data(np.repeat(first - 0.5, 2), np.repeat(np.arange(T + 1) + 0.5, 2)[1:-1])
        t, k = shown.point or [np.nan] * 2
        way.set_data([k, t], [t, t])
    lines.update(artists[3 * len(record.maps) :], record)
