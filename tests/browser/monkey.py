"""A seeded random monkey at a notebook's controls, and what must hold afterwards.

The long run, every notebook, 500 actions each (about 10 minutes a notebook):

    .venv/bin/python tests/browser/monkey.py [--actions 500] [--seed 1] [notebook.ipynb ...]
"""

import argparse
import json
import random
import tempfile
from pathlib import Path

from lab import FOLDER, NOTEBOOKS, Lab, browser

NONSENSE = (
    "",
    "x",
    "1,830",
    "1e400",
    "-",
    "0,5",
    "−3",
    "nan",
    "<b>",
    "'; drop",
    "99999",
    "1e-3",
    "💥",
)
KEYS = "ArrowLeft", "ArrowRight", "ArrowUp", "Home", "End", "PageUp", "PageDown", "d", "Tab"
# What the kernel holds: for each live explorer what stands there, and what should.
PROBE = """
import gc, hashlib, json
from base64 import b64decode
from scenes import sliders
def _digest(url):
    return hashlib.sha256(b64decode(bytes(url).partition(b",")[2])).hexdigest()[:16]
def _state(view):
    record = view.compute(**view.values())
    boxes = {name: box.value for name, box in view.boxes.items()}
    wanted = {name: str(view.values()[name]) for name in boxes}
    return dict(
        sentence=view.record.sentence, right=record.sentence, boxes=boxes, wanted=wanted,
        picture=_digest(view.image.value),
        wanted_picture=_digest(sliders.data_url(view.canvas.png(record))),
    )
gc.collect()
print(json.dumps([_state(view) for view in gc.get_objects()
                  if isinstance(view, sliders.Explorer) and view.canvas]))  # none: it was closed
"""
CLOSE_VIEWS = """[...window.jupyterapp.shell.widgets('main')]
  .filter(w => w.title.label === 'Output View').forEach(w => w.close())"""


def act(page, rng):
    """One random action; what it was, in words."""
    explorers = page.explorers()
    explorer = rng.choice(explorers)
    slider = rng.choice(explorer.sliders) if explorer.sliders else None
    kind = rng.choices(
        ("drag", "key", "type", "reset", "play", "choose", "again", "cell", "interrupt", "restart")
        + ("reload", "view"),
        (8, 8, 8, 3, 3, 3, 2, 2, 1, 0.4, 0.6, 0.3),
    )[0]
    if kind == "drag" and slider:
        slider.grab()
        for _ in range(rng.randint(1, 4)):
            slider.move(rng.uniform(-0.2, 1.2), moves=rng.randint(1, 8))
        slider.release()
    elif kind == "key" and slider:
        slider.bring_up()
        slider.handle.focus()
        for _ in range(rng.randint(1, 6)):
            explorer.keyboard.press(rng.choice(KEYS[:-1]))
    elif kind == "type" and slider:
        slider.box.fill(rng.choice(NONSENSE))
        slider.box.press(rng.choice(("Enter", "Tab")))
    elif kind == "reset" and explorer.reset_button.count():
        explorer.reset_button.click()
    elif kind == "play" and explorer.players:
        rng.choice(explorer.players).click()
    elif kind == "choose" and explorer.choices:
        buttons = rng.choice(explorer.choices).locator("button")
        buttons.nth(rng.randrange(buttons.count())).click()
    elif kind in ("again", "cell"):
        index = int(explorer.root.get_attribute("data-windowed-list-index"))
        cells = page.page.evaluate("lab.panel().content.widgets.map(c => c.model.type)")
        code = [i for i, type_ in enumerate(cells) if type_ == "code"]
        page.run_cell(index if kind == "again" else rng.choice(code))
    elif kind == "interrupt":
        page.page.evaluate("lab.kernel().interrupt()")
    elif kind == "restart":
        page.page.evaluate("lab.panel().sessionContext.session.kernel.restart()")
        page.page.wait_for_function("lab.ready()")
        page.run_all()
    elif kind == "reload":
        page.page.evaluate("window.jupyterapp.commands.execute('docmanager:save')")
        page.page.wait_for_function("!lab.panel().content.model.dirty")
        page.page.reload()
        page.attach()
        page.page.locator(".bptt-explorer img").first.wait_for(state="attached")
        page.unfold()
    elif kind == "view":
        page.page.evaluate(CLOSE_VIEWS)  # each takes half of the room that is left
        page.page.evaluate("window.jupyterapp.commands.execute('notebook:create-output-view')")
        page.page.wait_for_timeout(300)
        page.page.evaluate(
            "window.jupyterapp.shell.activateById([...window.jupyterapp.shell.widgets('main')][0].id)"
        )
    return f"{kind} {slider.name if slider else explorer.name}"


def wrong(page, cells):
    """What does not hold now: one line each."""
    for explorer in page.explorers():
        if explorer.reset_button.count():
            explorer.settle()
    found = page.failures() + [f"{cells - n} cells lost" for n in [page.cell_count()] if n != cells]
    text = page.ask(PROBE)
    states = json.loads(text)
    for state in states:
        if state["sentence"] != state["right"]:
            found.append(f"sentence {state['sentence']!r} instead of {state['right']!r}")
        if state["boxes"] != state["wanted"]:
            found.append(f"boxes {state['boxes']} instead of {state['wanted']}")
        if state["picture"] != state["wanted_picture"]:
            found.append(f"a stale picture under {state['right']!r}")
    known = {(state["picture"], " ".join(state["sentence"].split())) for state in states}
    for explorer in page.explorers():
        shown = explorer.picture(), " ".join(explorer.sentence().split())
        if shown not in known:
            found.append(f"{explorer.name} shows {shown[1]!r}, the kernel does not")
        if explorer.pictures_in_sight() > 1:
            found.append(f"{explorer.name}: two pictures")
    return found


def play(page, actions, seed):
    """Let the monkey loose; then a list of what is wrong, the last actions first."""
    rng, done, cells = random.Random(seed), [], page.cell_count()
    for n in range(actions):
        try:
            done.append(act(page, rng))
        except Exception as error:
            return [f"seed {seed}, action {n + 1}: {error}", "after: " + ", ".join(done[-12:])]
    page.page.wait_for_timeout(300)
    for button in [b for explorer in page.explorers() for b in explorer.players]:
        if "mod-active" in button.get_attribute("class"):
            button.click()
    found = wrong(page, cells)
    return found and [f"seed {seed}", *found, "after: " + ", ".join(done[-12:])]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("notebooks", nargs="*", default=NOTEBOOKS)
    parser.add_argument("--actions", type=int, default=500)
    parser.add_argument("--seed", type=int, default=random.randrange(10_000))
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        with Lab(Path(folder) / "lab", FOLDER) as server, browser(1) as window:
            for name in args.notebooks:
                with server.open(window, name, "lab/tree") as page:
                    page.run_all()
                    found = play(page, args.actions, args.seed) if page.explorers() else []
                    print(
                        f"{name}, seed {args.seed}, {args.actions} actions:",
                        found or "well",
                        flush=True,
                    )


if __name__ == "__main__":
    main()
