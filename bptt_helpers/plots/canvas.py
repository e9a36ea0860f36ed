"""A picture that is drawn once and then only mended: a persistent figure, off screen.

Between two moves only the artists that ``draw`` returned can change, so the rest is kept as a
background (blitting). Where a move changes anything else (the limits of an axis, say), matplotlib
marks the figure stale, and one full drawing makes a new background.
"""

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from .palette import Palette
from .style import styled

CSS_PIXELS = 100  # per inch, as shown; twice as many are drawn, so that a 2x screen is sharp


class Canvas:
    """The persistent figure of one ``picture`` module (see ``bptt_helpers.plots``)."""

    def __init__(self, picture, record, size):
        self.picture = picture
        self.shape = tuple(round(inches * CSS_PIXELS) for inches in size)  # width, height, as shown
        with styled():
            self.figure = Figure(size, dpi=2 * CSS_PIXELS, layout="constrained")
            self.agg = FigureCanvasAgg(self.figure)
            self.artists = picture.draw(self.figure, record)
            self.moving = sorted(self.artists, key=lambda artist: artist.zorder)
            for artist in self.moving:
                artist.set_animated(True)
            picture.update(self.artists, record)
            self.figure.get_layout_engine().execute(self.figure)  # finds the layout
        self.figure.set_layout_engine("none")  # laid out once: nothing jumps afterwards
        self._background()
        self.palette = Palette(np.asarray(self.agg.buffer_rgba()))

    def _background(self):
        with styled():  # how many ticks fit depends on the size of letters
            self.agg.draw()
        self.background = self.agg.copy_from_bbox(self.figure.bbox)
        self.figure.stale = False

    def render(self, record):
        """Show ``record``; returns the RGBA pixels, a view that the next call overwrites."""
        with styled(new=False):
            self.picture.update(self.artists, record)
            if self.figure.stale:
                self._background()
            else:
                self.agg.restore_region(self.background)
            for artist in self.moving:
                self.figure.draw_artist(artist)
        return np.asarray(self.agg.buffer_rgba())

    def png(self, record):
        """``record`` as a PNG file."""
        return self.palette.png(self.render(record))
