"""The course as static pages whose sliders move: the command behind `make site`.

Usage: .venv/bin/python tools/site/book.py [notebook ...]      (all notebooks without arguments)

Each notebook becomes a page with its stored outputs, and each picture cell a figure with native
controls (`frames.py`, `explorer.js`). What was made for an unchanged scene is kept in build/site.
"""

import hashlib
import importlib
import json
import os
import re
import shutil
import sys
from base64 import b64decode
from concurrent.futures import ProcessPoolExecutor
from html import escape
from pathlib import Path

import matplotlib
import nbformat
import numpy as np
from frames import manifest
from sphinx.application import Sphinx

from scenes.sliders import Guess, explorers

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
NOTEBOOKS = ROOT / "notebooks"
SITE, WORK = ROOT / "site", ROOT / "build/site"
SHARED = "exercise", "sliders", "words"
LIVE_ONLY = "not answered yet", "Run this cell", "Run the notebook", "Score: 0"
TOGETHER = {  # by scene and function; the rest moves alone, or all where the places are few
    "chain_rule.course": ("W_h", "tanh_prime"),
    "chain_through_time.one_unit": ("W_h", "strength"),
    "chain_through_time.layouts": ("W_12", "W_21"),
    "diagonal_recurrence.unit": ("size", "parameter", "normalised"),
    "eigenvalues_mislead.growth": ("radius", "c"),
    "honest_sliders.plane": ("W_h", "tanh_prime"),
    "honest_sliders.fold": ("b_1", "b_2"),
    "one_credit_map_four_architectures.credit": ("model", "lag"),
    "one_credit_map_four_architectures.gate": ("forget_bias", "lag"),
    "right_gradient_wrong_stream.stream": ("K", "layout", "state", "mask"),
    "shared_weights.two_sums": ("T", "group"),
    "total_gradient.total": ("t", "k"),
    "truncated_bptt.bias": ("K", "gain"),
    "truncated_bptt.schedule": ("K", "t"),
    "unrolled_graph.unrolled": ("step", "K", "loss"),
    "what_k_does_to_learning.training": ("K", "lag", "state", "steps"),
    "what_truncation_costs.sign": ("K", "lag"),
    "what_truncation_costs.threshold": ("K", "lag"),
    "worked_example.decay": ("W_h", "tanh_prime"),
}
FRONT = "05_worked_example", "decay"  # the picture of the first page
# In a page there is nothing to run.
RUN_FIRST = (
    r" (First press |First |Press |)\*Run All Cells\*( \(.*?\))?(, then scroll up| first)?\."
)
WHERE = '<a href="index.html#run-it-yourself">in the notebook</a>'


def main(names):
    paths = sorted(map(Path, names)) or sorted(NOTEBOOKS.glob("[0-9]*.ipynb"))
    if missing := [str(path) for path in paths if not path.is_file()]:
        sys.exit("site: no such notebook: " + ", ".join(missing))
    build(paths, SITE, WORK, jobs=int(os.environ.get("JOBS") or os.cpu_count()))
    files = [path for path in SITE.rglob("*") if path.is_file()]
    size = sum(path.stat().st_size for path in files) / 1e6
    print(f"site: {len(files)} files, {size:.1f} MB: open {SITE}/index.html")


def build(paths, site, work, jobs=1, **most):
    """Make the folder ``site`` of the notebooks ``paths``; what can be used again goes to ``work``.

    most : how many places the sliders have, see ``frames.sweeps``. Raises what Sphinx warns of.
    """
    books = {path.stem: nbformat.read(path, 4) for path in paths}
    figures = all_figures(books, work, jobs, most)
    source, made = work / "source", work / "html"
    for folder in (source, made):
        shutil.rmtree(folder, ignore_errors=True)
    (source / "static").mkdir(parents=True)
    for name in ("explorer.js", "explorer.css", "math.woff2", "math-LICENSE.txt"):
        shutil.copy(HERE / name, source / "static")
    shutil.copy(HERE / "conf.py", source)
    for stem, nb in books.items():
        nbformat.write(page(stem, nb, figures), source / f"{stem}.ipynb")
    (source / "index.md").write_text(front(books, figures), "utf-8")
    # A page that is left out of a small site is no mistake of the others.
    all_there = len(paths) == len(sorted(NOTEBOOKS.glob("[0-9]*.ipynb")))
    less = {} if all_there else {"suppress_warnings": ["myst.xref_missing"]}
    how = dict(freshenv=True, warningiserror=True, status=None)
    Sphinx(source, source, made, work / "doctrees", "html", less, **how).build()
    for path in made.glob("*.html"):
        path.write_text(with_names(path.read_text("utf-8")), "utf-8")
    (made / "frames").mkdir()
    for found in figures.values():
        for picture, _ in found["pictures"]:
            shutil.copy(work / "frames" / picture, made / "frames")
    shutil.copytree(NOTEBOOKS / "images", made / "images")
    shutil.rmtree(site, ignore_errors=True)
    shutil.move(made, site)


def with_names(text):
    """A page whose columns a screen reader can tell apart, with a heading, which the search page
    has not, and without headings of tables that say nothing."""
    text = re.sub(r"<th([^>]*)>(<p>)?(</p>)?</th>", r"<td\1></td>", text)
    for column, name in (("sidebar", "The course"), ("toc", "This page")):
        mark = f'<aside class="{column}-drawer'
        text = text.replace(mark, mark.replace(" ", f' aria-label="{name}" ', 1))
    if "<h1" not in text:
        text = re.sub(r"(<article[^>]*>)", r"\1<h1>Search</h1>", text, count=1)
    return text


def scene_of(stem):
    """The module behind a notebook, or None."""
    there = (NOTEBOOKS / "scenes" / f"{stem[3:]}.py").exists()
    return importlib.import_module(f"scenes.{stem[3:]}") if there else None


def shown(stem, cell):
    """The function of PICTURES that a cell calls, by name, or None."""
    known = [make.__name__ for make in getattr(scene_of(stem), "PICTURES", ())]
    called = re.findall(r"^(?:\w+ = )?scene\.(\w+)\(\)$", cell.source, re.M)
    return next((name for name in called if name in known), None)


def all_figures(books, work, jobs, most):
    """The manifest of each picture by (stem, function)."""
    (work / "frames").mkdir(parents=True, exist_ok=True)
    tasks = [
        (stem, name, work, most)
        for stem, nb in books.items()
        for cell in nb.cells
        if cell.cell_type == "code" and (name := shown(stem, cell))
    ]
    with ProcessPoolExecutor(jobs) as pool:
        run = pool.map if jobs > 1 else map
        return {task[:2]: found for task, found in zip(tasks, run(figure_of, *zip(*tasks)))}


def figure_of(stem, name, work, most):
    """The manifest of one picture, made where it is not kept from before."""
    together = TOGETHER.get(f"{stem[3:]}.{name}", ())
    kept, mark = work / f"{stem}-{name}.json", fingerprint(stem, together, most)
    if kept.exists():
        found = json.loads(kept.read_text("utf-8"))
        there = all((work / "frames" / picture).exists() for picture, _ in found["pictures"])
        if found["made of"] == mark and there:
            return found

    def keep(picture, file):
        (work / "frames" / picture).write_bytes(file)

    (explorer,) = explorers(getattr(scene_of(stem), name))
    found = manifest(explorer, together, keep, **most)
    found["size"] = explorer.canvas.shape
    found["guesses"] = {n: s for n, s in explorer.specs.items() if isinstance(s, Guess)}
    found["made of"] = mark
    kept.write_text(json.dumps(found), "utf-8")
    print(f"site: {stem}, {name}: {len(found['frames'])} frames", flush=True)
    return json.loads(kept.read_text("utf-8"))


def fingerprint(stem, *how):
    """What the pictures of a notebook are made of: package, scene, what that imports, data."""
    scenes, known, waiting = NOTEBOOKS / "scenes", set(), [stem[3:], *SHARED]
    while waiting:
        path = scenes / f"{waiting.pop()}.py"
        if path not in known and path.exists():
            known.add(path)
            imported = re.findall(r"^from \.(\w*) import (.*)", path.read_text("utf-8"), re.M)
            waiting += [n for module, names in imported for n in [module, *names.split(", ")]]
    files = known | {*(ROOT / "bptt_helpers").rglob("*.py"), HERE / "frames.py"}
    files |= {*NOTEBOOKS.rglob("*.npz"), *NOTEBOOKS.rglob("*.json")}
    made = str([np.__version__, matplotlib.__version__, *how]).encode()
    return hashlib.sha256(made + b"".join(map(Path.read_bytes, sorted(files)))).hexdigest()


def page(stem, nb, figures):
    """A notebook for Sphinx: figures for picture cells, nothing that only a kernel could answer."""
    for cell in nb.cells:
        if cell.cell_type == "markdown":
            cell.source = cell.source.replace("](../README.md)", "](index.md)")
            cell.source = re.sub(RUN_FIRST, "", cell.source)
            film = r'<video src="(images/\w+)\.mp4"([^>]*) preload="metadata"'  # 2 MB unasked
            still = r'<video src="\1.mp4"\2 preload="none" poster="\1.png"'
            cell.source = re.sub(film, still, cell.source)
            link = r'<a href="\2">\1</a>'  # else Sphinx makes a second copy of the file
            cell.source = re.sub(r"\[([^]]+)\]\((images/[^)]+)\)", link, cell.source)
            if cell.metadata.get("jp-MarkdownHeadingCollapsed"):
                cell.source = re.sub(r"^(#.*)", r"\1\n\n% folded\n", cell.source, count=1)
        elif cell.cell_type == "code":
            outputs = [out for out in cell.outputs if not live_only(out)]
            if name := shown(stem, cell):
                html = figure(f"{stem[:2]}-{name}", figures[stem, name])
                outputs = [nbformat.v4.new_output("display_data", {"text/html": html})]
            elif question := re.fullmatch(r"quiz\((\d+)\)", cell.source):
                html = answers(scene_of(stem).QUESTIONS[int(question[1]) - 1])
                outputs.append(nbformat.v4.new_output("display_data", {"text/html": html}))
            cell.outputs = outputs
            if cell.metadata.get("jupyter", {}).get("source_hidden"):
                cell.metadata.tags = [*cell.metadata.get("tags", ()), "remove-input"]
    return nb


def live_only(output):
    """Whether an output says only what to do in a running notebook."""
    text = output.get("text", "") or output.get("data", {}).get("text/plain", "")
    other = set(output.get("data", {})) - {"text/plain"}
    return not other and any(words in text for words in LIVE_ONLY)


def answers(question):
    """What the quiz says to each answer, behind a click."""
    key, options = b64decode(question["key"]).decode(), question["options"]
    rows = []
    for answer, why in question["feedback"].items():
        if answer and (options or answer == key):
            word = "right" if answer == key else "not it"
            said = f"<strong>{escape(answer)} is {word}.</strong> {escape(why)}"
            title = f"Answer {answer}" if options else "Answer"
            rows.append(f"<details><summary>{title}</summary><p>{said}</p></details>")
    return "".join(rows)


def figure(name, found):
    """A picture with its sentence and controls; these are hidden until the script is there."""
    width, height = found["size"]
    picture, sentence = found["frames"][0][:2]
    file, words = found["pictures"][picture][0], escape(found["sentences"][sentence])
    address = f"frames/{file}"
    image = f'<img src="{address}" width="{width}" height="{height}" alt="{words}" decoding="sync"'
    image += f' style="background-image: url({address})">'
    parts = [form(name, found)] * bool(found["controls"])
    parts += [image, f'<figcaption class="sentence">{words}</figcaption>']
    if found["controls"]:
        keys = "controls", "groups", "frames", "pictures", "sentences"
        data = json.dumps({k: found[k] for k in keys}, separators=(",", ":")).replace(
            "<", "\\u003c"
        )
        parts.append('<p class="said" role="status"></p>')
        parts.append(f'<script type="application/json">{data}</script>')
    return f'<figure class="explorer" id="{name}">' + "\n".join(parts) + "</figure>"


def form(name, found):
    rows = [asked(f"{name}-{n}", *guess) for n, guess in found["guesses"].items()]
    rows += [control(f"{name}-{c['name']}", c) for c in found["controls"]]
    rows.append('<p class="row"><button type="button" class="reset">Reset</button>')
    rows.append('<span class="problem" role="status"></span></p>')
    rows.append(f'<p class="together">{together(found)}</p>')
    return '<form hidden autocomplete="off">' + "\n".join(rows) + "</form>"


def asked(name, question, options):
    if options:
        legend = f"<legend>{escape(question)}</legend>"
        return (
            f'<fieldset class="guess">{legend}{radios(name, options)}<output></output></fieldset>'
        )
    box = f'<input type="text" inputmode="decimal" id="{name}">'
    label = f'<label for="{name}">{escape(question)}</label>'
    return f'<p class="guess">{label} {box} <output></output></p>'


def control(name, found):
    label, start = escape(found["name"]), found["values"][found["start"]]
    if "low" not in found:
        chosen = radios(name, found["values"], found["start"])
        return f'<fieldset data-control="{label}"><legend>{label}</legend>{chosen}</fieldset>'
    span = f'min="{found["low"]}" max="{found["high"]}" step="{found["step"]}"'
    return f"""<div class="row" data-control="{label}"><label for="{name}">{label}</label>
<input type="range" id="{name}" {span} value="{start}">
<input type="text" inputmode="decimal" value="{start}" aria-label="{label} as a number">
<button type="button" class="play" aria-pressed="false" aria-label="Play {label}"></button></div>"""


def radios(name, options, start=None):
    return "".join(
        f'<label><input type="radio" name="{name}" value="{escape(str(option))}"'
        f"{' checked' * (place == start)}>{escape(str(option))}</label>"
        for place, option in enumerate(options)
    )


def together(found):
    """Which controls move together here, and where all do."""
    names = [control["name"] for control in found["controls"]]
    grids = [g["controls"] for g in found["groups"] if len(g["controls"]) > 1]
    if len(names) == 1 or any(len(grid) == len(names) for grid in grids):
        return ""
    rest = "Moving another one puts the others back to their start"
    lead = "On this page one control moves at a time: moving another puts it back to its start"
    if grids:
        *most, last = [names[i] for i in grids[0]]
        lead = f"On this page {', '.join(most)} and {last} move together. {rest}"
    return f"{lead}; {WHERE} all move at once."


def front(books, figures):
    """The first page: what this is, one picture to drag, the notebooks, how to run them."""
    contents = []
    for stem, nb in books.items():
        title = re.match(r"# (.*)", nb.cells[0].source)[1]
        minutes = re.search(r"\d+ minutes", nb.cells[0].source)
        contents.append(f"- [{title}]({stem}.ipynb)" + (f", {minutes[0]}" if minutes else ""))
    shown = FRONT if FRONT in figures else next(iter(figures))
    text = (HERE / "front.md").read_text("utf-8").replace("CONTENTS", "\n".join(contents))
    text = text.replace("FIGURE", figure("front", figures[shown] | {"guesses": {}}))
    return text + "\n".join(["\n```{toctree}", ":hidden:", "", *books, "```", ""])


if __name__ == "__main__":
    main(sys.argv[1:])
