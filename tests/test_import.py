"""What ``import bptt_helpers`` brings along, and that every public name is there."""

import subprocess
import sys

import bptt_helpers

PUBLIC = """
Chunk Gradients Params Trajectory bptt checkpointed_bptt chunks clip contribution_matrices
contributions forward gradient_decay horizon init_params jacobian_product log10_gradient_decay
log10_singular_values loss_per_step settle sgd sliding_window step_jacobians truncated_bptt
"""


def test_import_loads_neither_matplotlib_nor_ipywidgets():
    code = "import sys, bptt_helpers; print(*sorted({name.split('.')[0] for name in sys.modules}))"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    loaded = loaded.stdout.split()
    assert "bptt_helpers" in loaded and "numpy" in loaded
    assert not {"matplotlib", "ipywidgets", "IPython", "autograd"} & set(loaded)


def test_every_public_name_exists_and_is_documented():
    for name in PUBLIC.split():
        assert getattr(bptt_helpers, name).__doc__, name
