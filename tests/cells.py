"""A notebook's code cells, run in this process."""

import nbformat
import pytest


def run(path, stop=None, changed=()):
    """The names that a notebook leaves up to cell ``stop``, some cells having another source."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(path.parent)
        patch.syspath_prepend(path.parent)
        names = {}
        for cell in nbformat.read(path, 4).cells:
            if cell.id == stop:
                break
            if cell.cell_type == "code":
                source = changed[cell.id] if cell.id in changed else cell.source
                exec(compile(source, cell.id, "exec"), names)
        return names
