"""What README and the papers beside it say, done."""

import re
from pathlib import Path

import nbformat
import numpy as np
import pytest
from lesson_rows import NOTEBOOKS
from scene_list import EXERCISES

ROOT = Path(__file__).parent.parent
PAPERS = {
    name: (ROOT / name).read_text("utf-8")
    for name in ("README.md", "TEACHING.md", "CONTRIBUTING.md", "CHANGELOG.md")
}
README, TEACHING = PAPERS["README.md"], PAPERS["TEACHING.md"]
LINKS = {
    (name, link)
    for name, text in PAPERS.items()
    for link in re.findall(r"\]\((?!https?:|\.\./\.\./)([^)#]+)", text)  # ../../: the web host's
}


def cells(stem):
    return nbformat.read(ROOT / "notebooks" / f"{stem}.ipynb", 4).cells


@pytest.mark.parametrize("name, link", sorted(LINKS))
def test_links_resolve(name, link):
    assert (ROOT / link).exists()


def test_every_notebook_is_listed_in_order_with_the_minutes_it_promises():
    listed = re.findall(r"^\| \[.*?\]\(notebooks/(\w+)\.ipynb\) \|.*?\| (\d+) \|", README, re.M)
    promised = [
        (stem, re.search(r"these (\d+) minutes", cells(stem)[0].source)[1]) for stem in NOTEBOOKS
    ]
    assert listed == promised


ERRATA = re.findall(r"^\| (E\d+) .*\(notebooks/(\w+)\.ipynb\), \*(.+)\* \|$", README, re.M)


def test_every_erratum_is_listed_once():
    assert [row for row, _, _ in ERRATA] == [f"E{i}" for i in range(1, 16)]


@pytest.mark.parametrize("row, stem, heading", ERRATA)
def test_an_erratum_is_proved_where_it_says(row, stem, heading):
    under, tags = "", set()
    for cell in cells(stem):
        if cell.cell_type == "markdown":
            under = (re.findall(r"^#+ (.*)$", cell.source, re.M) or [under])[-1]
        elif under == heading:
            tags |= set(cell.metadata.get("tags", ()))
    assert f"row:{row}" in tags


def test_teaching_says_of_every_exercise_what_it_tests():
    said = {
        f"{int(notebook):02}-exercise_{n}"
        for notebook, which in re.findall(r"^\| (\d+) \| ([^|]*\d[^|]*) \|", TEACHING, re.M)
        for low, high in re.findall(r"(\d+)(?: to (\d+))?", which)
        for n in range(int(low), int(high or low) + 1)
    }
    assert said >= set(EXERCISES)


@pytest.mark.processes
def test_the_recipe_to_collect_answers_counts_them(tmp_path, monkeypatch, capsys):
    (recipe,) = re.findall(r"```python\n(.*?)```", TEACHING, re.S)
    handed_in = nbformat.read(ROOT / "notebooks" / "05_worked_example.ipynb", 4)
    first = next(cell for cell in handed_in.cells if "scene.exercise_1(" in cell.source)
    first.source = first.source.replace("None", "1.194")
    (tmp_path / "handed_in").mkdir()
    nbformat.write(handed_in, tmp_path / "handed_in" / "ada.ipynb")
    (tmp_path / "notebooks").symlink_to(ROOT / "notebooks")
    monkeypatch.chdir(tmp_path)
    exec(recipe, {})
    assert capsys.readouterr().out == "ada 1 of 3\n"


def test_the_training_loop_runs_and_learns():
    (loop,) = re.findall(r"```python\n(.*?)```", README, re.S)
    names = {}
    exec(loop, names)
    assert names["trajectory"].x.shape == (20, 1)
    start = names["init_params"](np.random.default_rng(0), 1, 8, 1)
    before, after = (
        names["bptt"](params, names["forward"](params, names["x"]), names["targets"]).loss
        for params in (start, names["params"])
    )
    assert after < 0.8 * before
