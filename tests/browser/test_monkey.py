"""A short run of the monkey (the long one: see monkey.py): afterwards nothing contradicts."""

import pytest
from lab import NOTEBOOKS
from monkey import play


@pytest.mark.parametrize("name, seed", [(NOTEBOOKS[0], 1), ("05_worked_example.ipynb", 2)])
def test_forty_actions(server, window, name, seed):
    with server.open(window, name, "lab/tree") as page:
        page.run_all()
        found = play(page, 40, seed)
        assert not found, "\n".join(found)
