import importlib.util
import os
import sys
from pathlib import Path

import pytest

os.environ["MPLBACKEND"] = "Agg"  # tests draw without a screen, on macOS too

# nbformat brings it along to check a kind of address that no notebook has; it takes 1.5 s to load.
sys.modules.setdefault("rfc3987_syntax", None)

TOOLS = Path(__file__).resolve().parent.parent / "tools"


@pytest.fixture
def tool():
    """A module of tools/ by its name, loaded anew: what a test changes in it is gone after."""

    def load(name):
        spec = importlib.util.spec_from_file_location(f"tools_{name}", TOOLS / f"{name}.py")
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module

    return load
