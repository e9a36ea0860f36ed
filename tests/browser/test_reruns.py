"""A cell that runs again closes what its last run made: nothing piles up in the kernel."""

import json

import pytest

PROBE = """
import gc, os, ipywidgets
gc.collect()
pages = int(open('/proc/self/statm').read().split()[1]) if os.path.exists('/proc') else 0
size = pages * os.sysconf('SC_PAGE_SIZE') / 2**20 if pages else 0
print(f'[{len(ipywidgets.widgets.widget._instances)}, {size:.1f}]')
"""


def probe(page):
    return json.loads(page.ask(PROBE))


@pytest.mark.parametrize("name, index", [("05_worked_example.ipynb", 1), ("08_quiz.ipynb", None)])
def test_twenty_runs_of_a_cell(server, window, name, index):
    with server.open(window, name) as page:
        page.run_all()
        if index is None:  # the first cell with widgets
            index = page.page.evaluate(
                "[...lab.panel().content.widgets].findIndex("
                "c => c.node.querySelector('.jupyter-widgets'))"
            )
        for _ in range(3):  # what the first runs load stays
            page.run_cell(index)
        page.settle(page.page.locator(".jp-Notebook"))
        widgets, megabytes = probe(page)
        for _ in range(20):
            page.run_cell(index)
        page.settle(page.page.locator(".jp-Notebook"))
        after, more = probe(page)
        assert after - widgets <= 10, f"{after - widgets} widgets more"
        assert more - megabytes <= 30, f"{more - megabytes:.0f} MB more"
        assert page.failures() == []
