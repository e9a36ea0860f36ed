"""The losses: L = sum over t of L_t, averaged over the batch where there is one."""

import numpy as np

from . import checks


def squared_error(y, targets):
    """L_t = 1/2 |y_t - target_t|^2 and dL_t/dy_t = y_t - target_t; targets are shaped like y."""
    residual = y - targets
    return 0.5 * np.add.reduce(residual * residual, -1), residual


def cross_entropy(y, targets):
    """L_t = log(sum_j exp y_tj) - y_t,target and dL_t/dy_t = softmax(y_t) - onehot(target_t)."""
    y = y - y.max(-1, keepdims=True).real
    p = np.exp(y)
    total = p.sum(-1, keepdims=True)
    hit = targets[..., None]
    loss_t = np.log(total[..., 0]) - np.take_along_axis(y, hit, -1)[..., 0]
    p /= total
    np.put_along_axis(p, hit, np.take_along_axis(p, hit, -1) - 1, -1)
    return loss_t, p


LOSSES = {"squared_error": squared_error, "cross_entropy": cross_entropy}


def as_targets(targets, y, loss):
    """``targets`` as ``loss`` wants them beside ``y``: numbers shaped like it, or classes."""
    if checks.one_of("loss", loss, LOSSES) == "squared_error":
        return checks.array("targets", targets, y.shape, y.dtype)
    classes, o = checks.numbers("targets", targets), y.shape[-1]
    if classes.dtype.kind not in "iu" or classes.shape != y.shape[:-1]:
        came = f"{classes.dtype} of shape {classes.shape}"
        hint = "; if one-hot, pass targets.argmax(-1)" if classes.shape == y.shape else ""
        raise ValueError(f"targets: expected integers of shape {y.shape[:-1]}, got {came}{hint}")
    if classes.min() < 0 or classes.max() >= o:
        span = f"{classes.min()} to {classes.max()}"
        raise ValueError(f"targets: expected classes from 0 to {o - 1}, got {span}")
    return classes.astype(np.intp, copy=False)


@checks.quiet
def loss_per_step(y, targets, loss="squared_error"):
    """L_t for t = 1..T, averaged over the batch.

    y : (T, [B,] o) outputs; targets : the same shape, or (T, [B]) integer classes for
    ``"cross_entropy"``. Returns (T,); its sum is the L that ``bptt`` differentiates.
    Raises ValueError for a target of another shape or outside the classes, an unknown loss, and an
    L_t too large for its dtype.
    """
    return loss_and_dy(checks.array("y", y, ("T", "[B]", "o")), targets, loss)[0]


def loss_and_dy(y, targets, loss):
    """L_t (T,) and dL/dy_t (T, [B,] o), both averaged over the batch."""
    targets = as_targets(targets, y, loss)
    loss_t, dy = LOSSES[loss](y, targets)
    loss_t = loss_t.reshape(len(y), -1)
    return checks.finite("loss", loss_t.mean(1), 1), dy / loss_t.shape[1]
