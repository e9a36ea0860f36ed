"""The shape of a notebook: the picture first, few words, the idea in code, questions answered."""

import contextlib
import io
import re
import symtable

import nbformat
import pytest
from cells import run
from scene_list import FOLDER, SCENES, STEMS

LESSON = STEMS[:7]
SCAFFOLDING = re.compile(r"\bexpected\b|\bPanel\(|\bCurve\(|\bexplorer\(|\bNode\(|\bEdge\(|\bMap\(")
SOLUTION = re.compile(r"<details><summary>Solution</summary>\s*`([^`]+)`(.*?)</details>", re.S)


def cells(stem):
    return nbformat.read(FOLDER / f"{stem}.ipynb", 4).cells


def main_path(stem):
    """The cells that stand open: not those under a folded heading."""
    folded = 0
    for cell in cells(stem):
        heading = re.match(r"(#+) ", cell.source) if cell.cell_type == "markdown" else None
        if heading and len(heading[1]) <= folded:
            folded = 0
        if heading and not folded and cell.metadata.get("jp-MarkdownHeadingCollapsed"):
            folded = len(heading[1])
        if not folded:
            yield cell


def is_picture(cell):
    return any("image/png" in output.get("data", {}) for output in cell.get("outputs", ()))


def words(cell):
    """Without what is folded, but for the answers about the picture, which everybody opens."""
    folded = r"<details><summary>(?!Answers<).*?</details>"
    return len(re.sub(rf"{folded}|</?(details|summary)>", "", cell.source, flags=re.S).split())


def code_lines(cell):
    if cell.cell_type != "code" or cell.metadata.get("jupyter", {}).get("source_hidden"):
        return 0
    return sum(bool(line.strip()) for line in cell.source.splitlines())


@pytest.mark.parametrize("stem", [s for s in STEMS if s != "08_quiz"])
def test_the_picture_stands_first(stem):
    said = 0
    for cell in main_path(stem):
        if cell.cell_type == "markdown":
            said += words(cell)
        elif is_picture(cell):
            assert len(cell.source.splitlines()) <= 3
            assert cell.metadata["jupyter"]["source_hidden"] and not cell.metadata["deletable"]
            break
        assert code_lines(cell) == 0, "code before the first picture"
    else:
        pytest.fail("no picture on the main path")
    assert said <= 120, f"{said} words before the first picture"


@pytest.mark.parametrize("stem", LESSON)
def test_the_main_path_is_short(stem):
    path = list(main_path(stem))
    said = sum(words(cell) for cell in path if cell.cell_type == "markdown")
    lines = sorted(n for cell in path if (n := code_lines(cell)))
    assert said <= 900 and sum(lines) <= 80, f"{said} words, {sum(lines)} lines"
    assert lines[-1] <= 8 and lines[len(lines) // 2] <= 4, f"cells of {lines} lines"


@pytest.mark.parametrize("stem", STEMS)
def test_what_draws_and_checks_stands_in_the_scene(stem):
    for cell in cells(stem):
        if cell.cell_type == "code":
            found = SCAFFOLDING.search(cell.source)
            assert not found, f"{found[0]} in {cell.id}"


@pytest.mark.parametrize("stem", [s for s in STEMS if s != "08_quiz"])
def test_a_notebook_promises_its_minutes_and_goes_deeper_folded(stem):
    first = cells(stem)[0].source
    assert re.search(r"\d+ minutes", first) and "README.md" not in first
    headings = [c for c in cells(stem) if c.source.startswith("## Deeper")]
    assert all(c.metadata.get("jp-MarkdownHeadingCollapsed") for c in headings)


@pytest.mark.parametrize("stem", [s for s in STEMS if s != "08_quiz"])
def test_what_there_was_to_see_stands_behind_a_click(stem):
    (drag,) = (cell.source for cell in cells(stem) if cell.id == "drag")
    asked, answered = drag.split("## What you saw\n\n<details><summary>Answers</summary>\n\n")
    inside, _, _ = answered.partition("\n</details>")
    numbers = len(re.findall(r"\(\d\) ", asked)), len(re.findall(r"^\d\. ", inside, re.M))
    assert numbers[0] == numbers[1] > 1


@pytest.mark.parametrize("stem", [s for s in STEMS if s in SCENES and s != "08_quiz"])
def test_every_printed_solution_is_accepted(stem):
    """Each exercise cell with its solution in place of ``None``; and the rounded number that the
    solution names, where it names one."""
    changed, asked, rounded = {}, [], {}
    found = cells(stem)
    for cell, after in zip(found, found[1:]):
        for name in re.findall(r"^scene\.(exercise_\w+)\(", cell.source, re.M):
            solution = SOLUTION.search(after.source)
            assert solution, f"no solution behind {cell.id}"
            line = solution[1]
            target = re.match(r"(answer = |return )", line)[0] + "None"
            assert cell.source.count(target) == 1, f"{cell.id}: no place for {line}"
            changed[cell.id] = cell.source.replace(target, line)
            asked.append(name)
            if number := re.match(r",? about (-?[\d.]+\d)", solution[2]):
                rounded[name] = float(number[1])
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        names = run(FOLDER / f"{stem}.ipynb", r"scene\.exercise_", changed)
    said = re.findall(r"^Exercise .*", printed.getvalue(), re.M)
    assert len(said) == len(asked) and all(line.endswith("is right.") for line in said), said
    for name, value in rounded.items():
        ask = getattr(names["scene"], name)
        assert ask.cases or ask.reply(value)[0], f"{name} refuses {value}"


def bound(table, free=False):
    """What a piece of code sets, and what it reads from outside its functions."""
    symbols = table.get_symbols()
    is_set = {s.get_name() for s in symbols if s.is_assigned() or s.is_imported()}
    read = {s.get_name() for s in symbols if s.is_referenced() and (s.is_global() or not free)}
    for child in table.get_children():
        read |= bound(child, free=True)[1]
    return is_set, read


@pytest.mark.parametrize("stem", STEMS)
def test_what_a_cell_takes_from_another_is_made_by_one_only(stem):
    """Cells are run in any order, and questions answered after all of them: it must not matter
    which of two cells ran last."""
    found = [cell for cell in cells(stem) if cell.cell_type == "code"]
    solutions = [SOLUTION.search(cell.source) for cell in cells(stem)]
    lines = iter([s[1].removeprefix("answer = ").removeprefix("return ") for s in solutions if s])
    scopes = []
    for cell in found:
        table = symtable.symtable(cell.source, cell.id, "exec")
        own, read = bound(table)
        if re.search(r"^scene\.exercise_", cell.source, re.M):  # what its answer needs, it takes
            inside = {name for f in table.get_children() for name in f.get_identifiers()}
            read |= bound(symtable.symtable(next(lines), cell.id, "exec"))[1] - inside
        scopes.append((cell.id, own, read))
    for cell, own, read in scopes:
        for name in read - own:
            makers = [other for other, made, _ in scopes if name in made]
            assert len(makers) <= 1, f"{cell} takes {name}, made by {makers}"


def test_only_what_leads_to_the_wanted_lines_is_run(tmp_path):
    sources = (
        "view = 1 / 0\nfrom math import pi as half\nhalf /= 2",
        "a, found = [1], []\na[0] = half\nfor n in a:\n    found.append(n)",
        "def twice(x):\n    return 2 * x\n\n\nprint(1 / 0)",
        "said = None\nprint(said)\n1 / 0",
    )
    made = [nbformat.v4.new_code_cell(source, id=f"c{n}") for n, source in enumerate(sources)]
    nbformat.write(nbformat.v4.new_notebook(cells=made), tmp_path / "a.ipynb")
    names = run(tmp_path / "a.ipynb", r"print\(said", {"c3": "said = twice(found)\nprint(said)"})
    assert names["said"] == [names["half"]] * 2 == [1.5707963267948966] * 2
    assert "view" not in names
