"""Write the moving picture of README: W_h of notebook 5, dragged to 1.25, to -0.9 and back."""

from pathlib import Path

import numpy as np
from PIL import Image

from scenes import worked_example

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "notebooks" / "images" / "worked_example.gif"


def frames():
    """The pictures that the notebook itself shows on this way, at the size of its page."""
    view = worked_example.decay()
    there = np.linspace(0.9, 1.25, 8), np.linspace(1.25, -0.9, 22), np.linspace(-0.9, 0.9, 18)
    for W_h in np.concatenate(there).round(2):
        record = view.compute(**view.start | {"W_h": W_h, "T": 20})
        yield Image.fromarray(view.canvas.render(record)).convert("RGB").resize(view.canvas.shape)


if __name__ == "__main__":
    first, *others = frames()
    palette = first.quantize(24)  # one for all, so that frames store only what changed
    first, *others = (
        f.quantize(palette=palette, dither=Image.Dither.NONE) for f in (first, *others)
    )
    TARGET.parent.mkdir(exist_ok=True)
    first.save(TARGET, save_all=True, append_images=others, duration=120, loop=0)
    print(
        f"{TARGET.relative_to(ROOT)}: {1 + len(others)} frames, {TARGET.stat().st_size // 1024} KiB"
    )
