"""A picture that is drawn once and then only mended: a persistent figure, off screen.

Between two moves only the artists that ``draw`` returned can change, so the rest is kept as a
background (blitting). Where a move changes anything else (the limits of an axis, say), matplotlib
marks the figure stale, and one full drawing makes a new background.
"""

import struct
import zlib
from base64 import b64encode
from html import escape

import numpy as np
from matplotlib import rc_context
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from .style import RC

CSS_PIXELS = 100  # per inch, as shown; twice as many are drawn, so that a 2x screen is sharp


class Canvas:
    """The persistent figure of one ``picture`` module (see ``bptt_helpers.plots``)."""

    def __init__(self, picture, record, size):
        self.picture, self.width = picture, round(size[0] * CSS_PIXELS)
        with rc_context(RC):
            self.figure = Figure(size, dpi=2 * CSS_PIXELS, layout="constrained")
            self.agg = FigureCanvasAgg(self.figure)
            self.artists = picture.draw(self.figure, record)
        self.moving = sorted(self.artists, key=lambda artist: artist.zorder)
        for artist in self.moving:
            artist.set_animated(True)
        picture.update(self.artists, record)
        self.agg.draw()
        self.figure.set_layout_engine("none")  # laid out once: nothing jumps afterwards
        self._background()

    def _background(self):
        self.agg.draw()
        self.background = self.agg.copy_from_bbox(self.figure.bbox)
        self.figure.stale = False

    def render(self, record):
        """Show ``record``; returns the RGBA pixels, a view that the next call overwrites."""
        self.picture.update(self.artists, record)
        if self.figure.stale:
            self._background()
        else:
            self.agg.restore_region(self.background)
        for artist in self.moving:
            self.figure.draw_artist(artist)
        return np.asarray(self.agg.buffer_rgba())

    def bundle(self, record):
        """What a display takes: (data, metadata) with the picture and its sentence."""
        data = {
            "image/png": b64encode(png(self.render(record))).decode(),
            "text/plain": record.sentence,
        }
        return data, {"image/png": {"width": self.width}}


def sentence(text):
    """``text`` as what stands under a picture."""
    html = f'<p class="bptt-sentence" style="min-height: 3em; margin: 0">{escape(text)}</p>'
    return {"text/html": html, "text/plain": text}


def png(pixels):
    """Pixels (rows, columns, 4) as a PNG file. A third of the usual writer's time: one filter
    ("up", which turns every repeated row into zeros) instead of the best of five."""
    height, width = pixels.shape[:2]
    flat = pixels.reshape(height, -1)
    lines = np.empty((height, 1 + flat.shape[1]), np.uint8)
    lines[:, 0] = 2
    lines[0, 1:] = flat[0]
    np.subtract(flat[1:], flat[:-1], out=lines[1:, 1:])

    def chunk(kind, data):
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    header = struct.pack(">2I5B", width, height, 8, 6, 0, 0, 0)  # 8 bits, RGBA
    body = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(lines, 1)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


def show(picture, record, size=(8.4, 3.4)):
    """Display ``record`` as a picture that does not move, with its sentence underneath."""
    from IPython.display import display

    data, metadata = Canvas(picture, record, size).bundle(record)
    display(data, metadata=metadata, raw=True)
    display(sentence(data["text/plain"]), raw=True)
