"""The values of both losses."""

import numpy as np
import pytest
from witnesses import assert_same, make_case

from bptt_helpers import bptt, forward, loss_per_step


def test_squared_error_is_half_the_squared_distance():
    y, targets = [[1.0, 2.0], [0.0, 0.0]], [[0.0, 0.0], [3.0, 4.0]]
    assert_same(loss_per_step(y, targets), [2.5, 12.5], 0)


def test_cross_entropy_is_minus_log_probability():
    y = np.log([[0.1, 0.2, 0.7], [0.5, 0.25, 0.25]])
    assert_same(loss_per_step(y, [2, 1], "cross_entropy"), -np.log([0.7, 0.25]))


def test_cross_entropy_of_equal_scores_is_log_of_the_classes():
    assert_same(loss_per_step(np.zeros((4, 5)), [0, 1, 2, 4], "cross_entropy"), np.log([5.0] * 4))


def test_cross_entropy_survives_large_scores():
    y = [[1000.0, 0.0], [-1000.0, 0.0]]
    assert_same(loss_per_step(y, [0, 0], "cross_entropy"), [0.0, 1000.0])


def test_batch_is_averaged():
    y = np.array([[[1.0], [3.0]]])
    assert_same(loss_per_step(y, np.zeros((1, 2, 1))), [(0.5 + 4.5) / 2], 0)
    assert_same(
        loss_per_step(np.zeros((3, 2, 4)), np.zeros((3, 2), int), "cross_entropy"),
        np.log([4.0] * 3),
    )


def test_integer_outputs_do_not_round_the_targets():
    assert_same(loss_per_step([[1], [2]], [[0.5], [0.5]]), [0.125, 1.125], 0)


@pytest.mark.parametrize("loss", ["squared_error", "cross_entropy"])
@pytest.mark.parametrize("B", [None, 3])
def test_the_loss_of_bptt_is_the_sum_over_steps(loss, B):
    case = make_case(0, B=B, loss=loss)
    trajectory = forward(case.params, case.x, case.h0)
    steps = loss_per_step(trajectory.y, case.targets, loss)
    assert steps.shape == (7,)
    assert_same(bptt(case.params, trajectory, case.targets, loss).loss, steps.sum())
