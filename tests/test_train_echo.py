"""The command behind notebook 12's echo: that what is stored is what it computes."""

import sys

import nbformat
import numpy as np
import pytest
from scene_list import FOLDER

sys.path.insert(0, str(FOLDER.parent / "tools"))
import train_echo  # noqa: E402


def test_shapes():
    with np.load(train_echo.DATA / "echo.npz") as data:
        axes = [data[name].tolist() for name in ("lag", "rate", "K", "seed")]
        assert axes == [[4, 8, 12], [0.01, 0.02, 0.05], [*range(1, 17)], [*range(20)]]
        for name in "accuracy", "readout":
            assert data[name].shape == (3, 3, 16, 2, 20)
            assert 0 <= data[name].min() and data[name].max() == 1


@pytest.mark.parametrize("lag, K, frozen", [(8, 8, False), (4, 1, False), (8, 4, True)])
def test_what_is_stored_is_what_the_command_computes(lag, K, frozen):
    with np.load(train_echo.DATA / "echo.npz") as data:
        place = data["lag"].tolist().index(lag), data["rate"].tolist().index(0.05), K - 1
        stored = [data[name][(*place, int(frozen), [3, 11])] for name in ("accuracy", "readout")]
    found = train_echo.case(lag, 0.05, K, frozen, seeds=(3, 11))
    assert np.array(found) == pytest.approx(np.array(stored), abs=0.02)


def test_the_threshold_and_the_harm_in_networks_that_no_picture_shows():
    below, at = (train_echo.case(8, 0.02, K, False, seeds=range(30, 36)) for K in (7, 8))
    frozen = train_echo.case(8, 0.02, 7, True, seeds=range(30, 36))
    assert at[0].min() > 0.9 > below[0].max()
    assert (below[1] < frozen[1]).sum() >= 5


@pytest.mark.parametrize("frozen", [False, True])
def test_the_notebook_trains_as_the_command_does(frozen):
    names = {"np": np}
    for cell in nbformat.read(FOLDER / "12_what_truncation_costs.ipynb", 4).cells:
        if cell.id in ("update", "train"):
            exec(cell.source, names)
    shown = [names["train_echo"](seed, 8, 5, 0.02, frozen, 300) for seed in (3, 7)]
    stored, _ = train_echo.case(8, 0.02, 5, frozen, seeds=(3, 7), steps=300)
    assert stored == pytest.approx(shown, abs=0.002)
