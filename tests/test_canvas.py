import io
from types import SimpleNamespace

import numpy as np
import pytest
from matplotlib import image

from bptt_helpers.plots import canvas, lines
from bptt_helpers.plots.canvas import Canvas, png
from bptt_helpers.plots.lines import Curve, Lines, Panel


def record(height, limit=1.0):
    curves = (Curve(np.arange(5), np.full(5, height), "level", marker="o"),)
    panel = Panel("a", "k", curves, f"{height:.2f}", x=(-1, 5), y=(-0.1, limit))
    return Lines((panel,), f"height {height}")


def fresh(shown):
    return Canvas(lines, shown, (4, 3)).render(shown).copy()


def test_the_png_is_the_pixels(rng_pixels=(17, 23, 4)):
    pixels = np.random.default_rng(0).integers(0, 256, rng_pixels, dtype=np.uint8)
    pixels[..., 3] = 255
    back = image.imread(io.BytesIO(png(pixels)), format="png")
    assert np.array_equal((back * 255).round().astype(np.uint8), pixels)


def test_a_moved_picture_equals_one_drawn_afresh():
    moved = Canvas(lines, record(0.2), (4, 3))
    before = moved.render(record(0.2)).copy()
    assert not np.array_equal(before, moved.render(record(0.7)))
    assert np.array_equal(moved.render(record(0.7)), fresh(record(0.7)))
    assert np.array_equal(moved.render(record(0.2)), before)


def test_only_moved_limits_cost_a_full_drawing(monkeypatch):
    moved = Canvas(lines, record(0.2), (4, 3))
    calls = []
    monkeypatch.setattr(moved, "agg", SimpleNamespace(draw=lambda: calls.append(1), **_kept(moved)))
    for height in (0.3, 0.4, 0.5):
        moved.render(record(height))
    assert calls == []
    moved.render(record(0.5, limit=2.0))
    assert calls == [1]
    moved.render(record(0.6, limit=2.0))
    assert calls == [1]


def _kept(moved):
    names = ("restore_region", "copy_from_bbox", "buffer_rgba")
    return {name: getattr(moved.agg, name) for name in names}


def test_the_bundle_names_the_picture_in_words_and_is_sharp():
    shown = record(0.5)
    data, metadata = Canvas(lines, shown, (4, 3)).bundle(shown)
    assert data["text/plain"] == shown.sentence
    assert metadata["image/png"]["width"] == 400
    assert fresh(shown).shape == (600, 800, 4)


def test_a_sentence_is_escaped():
    assert "r &lt; 1" in canvas.sentence("r < 1")["text/html"]


@pytest.mark.parametrize("height", [0.0, np.nan, np.inf, 1e20, -1e-300])
def test_any_number_gives_a_picture(height):
    assert fresh(record(height)).shape == (600, 800, 4)
