"""A cell that runs again closes what its last run made: nothing piles up in the kernel."""

import json

import pytest

# Widgets, pictures, and the memory of the process where the system tells.
PROBE = """
import gc, os
from ipywidgets import Widget
from matplotlib.figure import Figure
gc.collect()
widgets = len(Widget.get_manager_state(drop_defaults=True)['state'])
figures = sum(isinstance(thing, Figure) for thing in gc.get_objects())
there = os.path.exists('/proc/self/statm')
pages = int(open('/proc/self/statm').read().split()[1]) if there else 0
print([widgets, figures, pages])
"""
SOURCE = "i => lab.panel().content.model.cells.get(i).sharedModel.source"
# The same source as a cell that stands only here: what it makes belongs to no earlier run.
ELSEWHERE = """([code, id]) => lab.kernel().requestExecute(
  { code, store_history: false }, false, { cellId: id }).done"""


@pytest.mark.parametrize("name, index", [("05_worked_example.ipynb", 1), ("08_quiz.ipynb", None)])
def test_twenty_runs_of_a_cell(server, window, name, index):
    """Not one widget or picture stays, and of memory less than two copies of the cell take.

    Measured in notebook 5: 20 runs 0 MB, 20 copies 273 MB.
    """
    with server.open(window, name) as page:

        def held():
            page.settle(page.page.locator(".jp-Notebook"))
            return json.loads(page.ask(PROBE))

        page.run_all()
        if index is None:  # the first cell with widgets
            index = page.page.evaluate(
                "[...lab.panel().content.widgets].findIndex("
                "c => c.node.querySelector('.jupyter-widgets'))"
            )
        for _ in range(3):  # what the first runs load stays
            page.run_cell(index)
        widgets, figures, pages = held()
        for _ in range(20):
            page.run_cell(index)
        again = held()
        assert again[:2] == [widgets, figures]
        source = page.page.evaluate(SOURCE, index)
        for i in range(20):
            page.page.evaluate(ELSEWHERE, [source, f"copy {i}"])
        copies = held()
        assert copies[0] >= widgets + 20 * 3, "each copy has widgets of its own"
        if copies[1] > figures:  # 20 times the buttons of the quiz take less than chance does
            assert again[2] - pages <= (copies[2] - again[2]) / 10
        assert page.failures() == []
