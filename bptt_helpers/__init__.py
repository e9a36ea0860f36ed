"""Backpropagation through time, small enough to read in an evening."""

from .backward import Gradients, bptt
from .decay import gradient_decay, horizon, log10_gradient_decay, settle
from .losses import loss_per_step
from .paths import (
    contribution_matrices,
    contributions,
    jacobian_product,
    log10_singular_values,
    step_jacobians,
)
from .rnn import Params, Trajectory, forward, init_params
from .truncated import Chunk, checkpointed_bptt, chunks, clip, sgd, sliding_window, truncated_bptt

__all__ = [name for name in dir() if callable(globals()[name]) and name[0] != "_"]
