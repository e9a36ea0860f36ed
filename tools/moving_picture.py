"""Write the moving picture of README: W_h of notebook 5, dragged to 1.25, to -0.9 and back."""

import json
from pathlib import Path

import numpy as np
from PIL import Image

from bptt_helpers.plots import lines
from bptt_helpers.plots.canvas import Canvas

ROOT = Path(__file__).resolve().parent.parent
CELLS = ("imports", "compute", "panel-linear", "panel-log", "words")

if __name__ == "__main__":
    notebook = json.loads((ROOT / "notebooks" / "05_worked_example.ipynb").read_text("utf-8"))
    source = {cell["id"]: "".join(cell["source"]) for cell in notebook["cells"]}
    names = {}
    for cell in CELLS:
        exec(source[cell], names)
    there = np.linspace(0.9, 1.25, 8), np.linspace(1.25, -0.9, 22), np.linspace(-0.9, 0.9, 18)
    records = [names["compute"](w, 0.8, 20, 3) for w in np.concatenate(there).round(2)]
    canvas = Canvas(lines, records[0], (8.4, 3.4))
    frames = [Image.fromarray(canvas.render(r)).convert("RGB").resize((840, 340)) for r in records]
    palette = frames[0].quantize(24)  # one for all, so that frames store only what changed
    frames = [frame.quantize(palette=palette, dither=Image.Dither.NONE) for frame in frames]
    target = ROOT / "notebooks" / "images" / "worked_example.gif"
    target.parent.mkdir(exist_ok=True)
    frames[0].save(target, save_all=True, append_images=frames[1:], duration=120, loop=0)
    print(f"{target.relative_to(ROOT)}: {len(frames)} frames, {target.stat().st_size // 1024} KiB")
