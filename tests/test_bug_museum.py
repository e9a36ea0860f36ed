"""The museum of notebook 12: every exhibit is broken, and the last hint under it mends it."""

import inspect
import re
import runpy
from pathlib import Path

import nbformat
import pytest
from cells import run

FOLDER = Path(__file__).resolve().parent.parent / "notebooks"
NOTEBOOK = FOLDER / "12_bug_museum.ipynb"
CELLS = {cell.id: cell for cell in nbformat.read(NOTEBOOK, 4).cells}
ORIGINALS = runpy.run_path(str(FOLDER / "bug_museum.py"))["EXHIBITS"]
NUMBERS = range(1, 9)
DIFF = re.compile(r"Hint 3.*```diff\n-(.*)\n\+(.*)\n```", re.S)


def mended(number):
    """The source of an exhibit after the last hint."""
    wrong, right = DIFF.search(CELLS[f"hints-{number}"].source).groups()
    source = CELLS[f"exhibit-{number}"].source
    assert source.count(wrong) == 1
    return source.replace(wrong, right)


@pytest.fixture(scope="module")
def court():
    """The names up to the first exhibit: the witnesses and ``verdict``."""
    return run(NOTEBOOK, "exhibit-1")


@pytest.mark.parametrize("number", NUMBERS)
def test_the_cell_shows_the_original(number):
    original = inspect.getsource(ORIGINALS[number - 1])
    assert CELLS[f"exhibit-{number}"].source.strip() == original.strip()


@pytest.mark.parametrize("number", NUMBERS)
def test_every_witness_disagrees_until_it_is_mended(number, court, capsys):
    for source, said, lines in (
        (CELLS[f"exhibit-{number}"].source, "still broken", "off by"),
        (mended(number), "mended", "agrees"),
    ):
        exec(source, court)
        exec(CELLS[f"verdict-{number}"].source, court)
        title, *witnesses = capsys.readouterr().out.splitlines()
        assert title == f"Exhibit {number}: {said}" and len(witnesses) == 4
        assert all(lines in line for line in witnesses)


def test_a_version_that_does_not_run_gets_one_line(court, capsys):
    court["verdict"](1, lambda W_h, h, slope, g: W_h)
    court["verdict"](1, lambda W_h, h, slope, g: 1 / 0)
    court["verdict"](1, lambda W_h, h, slope, g: None)
    shape, divided, nothing = re.findall(r"Exhibit 1.*error\n  (.*)\n", capsys.readouterr().out)
    assert "expected shape (7, 3, 3), got (3, 3)" in shape and "ZeroDivisionError" in divided
    assert "got ()" in nothing


def test_run_all_with_everything_mended_and_answered(capsys):
    changed = {f"exhibit-{number}": mended(number) for number in NUMBERS}
    for number, name, right, wrong in (
        (1, "fourth_pass", "0.3168", "0.0288"),
        (2, "h0_answer", "settle(0.5, 0.3)[0]", "0.447"),
        (3, "T_answer", "3", "2"),
    ):
        source = CELLS[f"exercise-{number}"].source
        assert source.count(f"{name} = None") == 1
        assert f"`{name} = {right}`" in CELLS[f"solution-{number}"].source
        answers = [source.replace("None", answer, 1) for answer in (right, wrong)]
        changed[f"exercise-{number}"] = "\n".join(answers)
    names = run(NOTEBOOK, changed=changed)
    out = capsys.readouterr().out
    assert set(names["verdicts"].values()) == {"mended"}
    assert "mended: 8 of 8\nstill broken: none" in out
    assert re.findall(r"^Exercise \d.*?is (right|not it)", out, re.M) == ["right", "not it"] * 3
