"""The same gradient from several hands: each maker returns a call giving (loss, five gradients).

Ours leaves out dL/dh_t (``keep_h=False``), which the others do not return either.
"""

import numpy as np

from bptt_helpers import bptt, forward


def ours(params, x, targets):
    def run():
        found = bptt(params, forward(params, x), targets, keep_h=False)
        return found.loss, *found.params

    return run


def unchecked(params, x, targets):
    """Ours without what a call costs beside the steps: no checks, no blocks, no options."""
    W_h, W_x, b, W_y, b_y = params
    T, B = x.shape[:2]
    xs, wanted = x.reshape(T * B, -1), targets.reshape(T * B, -1)

    def run():
        h, z = np.zeros((T + 1, B, len(b)), x.dtype), np.zeros((B, len(b)), x.dtype)
        states = h[1:].reshape(T * B, -1)
        xs.dot(W_x.T, out=states)
        states += b
        h_prev, W_hT = h[0], W_h.T.copy()
        for h_t in h[1:]:
            h_prev.dot(W_hT, out=z)
            z += h_t
            h_prev = np.tanh(z, out=h_t)
        dy = states.dot(W_y.T)
        dy += b_y
        dy -= wanted
        L = 0.5 * np.vdot(dy, dy) / B
        dy /= B
        dh, dz = dy.dot(W_y).reshape(T, B, -1), 1 - h[1:] * h[1:]
        z[...] = 0
        for dh_t, dz_t in zip(dh[::-1], dz[::-1]):
            dh_t += z
            dz_t *= dh_t
            dz_t.dot(W_h, out=z)
        dz, before = dz.reshape(T * B, -1), h[:-1].reshape(T * B, -1)
        return L, dz.T.dot(before), dz.T.dot(xs), dz.sum(0), dy.T.dot(states), dy.sum(0)

    return run


def textbook(params, x, targets):
    """What a textbook prints: one step after the other, every product inside the loop."""
    W_h, W_x, b, W_y, b_y = params
    T, B = x.shape[:2]

    def run():
        h, y, L = [np.zeros((B, len(b)), x.dtype)], [], 0
        for t in range(T):
            h.append(np.tanh(h[t] @ W_h.T + x[t] @ W_x.T + b))
            y.append(h[t + 1] @ W_y.T + b_y)
            L += 0.5 * ((y[t] - targets[t]) ** 2).sum() / B
        dW_h, dW_x, db, dW_y, db_y = (np.zeros_like(p) for p in params)
        dh = np.zeros_like(h[0])
        for t in reversed(range(T)):
            dy = (y[t] - targets[t]) / B
            dW_y += dy.T @ h[t + 1]
            db_y += dy.sum(0)
            dz = (1 - h[t + 1] ** 2) * (dh + dy @ W_y)
            dW_h += dz.T @ h[t]
            dW_x += dz.T @ x[t]
            db += dz.sum(0)
            dh = dz @ W_h
        return L, dW_h, dW_x, db, dW_y, db_y

    return run


def pytorch(params, x, targets):
    import torch

    W_h, W_x, b, W_y, b_y = (torch.tensor(p) for p in params)
    (n, d), B = W_x.shape, x.shape[1]
    net = torch.nn.RNN(d, n).to(W_h.dtype)
    read = torch.nn.Linear(n, len(b_y)).to(W_h.dtype)
    with torch.no_grad():
        net.weight_hh_l0.copy_(W_h)
        net.weight_ih_l0.copy_(W_x)
        net.bias_ih_l0.copy_(b)
        net.bias_hh_l0.zero_()
        read.weight.copy_(W_y)
        read.bias.copy_(b_y)
    net.bias_hh_l0.requires_grad_(False)
    weights = net.weight_hh_l0, net.weight_ih_l0, net.bias_ih_l0, read.weight, read.bias
    x, targets = torch.tensor(x), torch.tensor(targets)

    def run():
        for w in weights:
            w.grad = None
        loss = 0.5 * ((read(net(x)[0]) - targets) ** 2).sum() / B
        loss.backward()
        return loss.detach().numpy(), *(w.grad.numpy() for w in weights)

    return run


def compiled_jax(params, x, targets):
    import jax
    import jax.numpy as jnp

    B = x.shape[1]

    def loss(params, x, targets):
        W_h, W_x, b, W_y, b_y = params

        def step(h, x_t):
            h = jnp.tanh(h @ W_h.T + x_t @ W_x.T + b)
            return h, h

        _, h = jax.lax.scan(step, jnp.zeros((B, len(b)), x.dtype), x)
        return 0.5 * ((h @ W_y.T + b_y - targets) ** 2).sum() / B

    gradient = jax.jit(jax.value_and_grad(loss))
    args = tuple(map(jnp.asarray, params)), jnp.asarray(x), jnp.asarray(targets)

    def run():
        value, found = jax.block_until_ready(gradient(*args))
        return value, *found

    return run


def hips_autograd(params, x, targets):
    import autograd.numpy as anp
    from autograd import value_and_grad

    T, B = x.shape[:2]

    def loss(params):
        W_h, W_x, b, W_y, b_y = params
        h, L = anp.zeros((B, len(b)), x.dtype), 0
        for t in range(T):
            h = anp.tanh(anp.dot(h, W_h.T) + anp.dot(x[t], W_x.T) + b)
            L = L + 0.5 * anp.sum((anp.dot(h, W_y.T) + b_y - targets[t]) ** 2) / B
        return L

    gradient = value_and_grad(loss)

    def run():
        value, found = gradient(tuple(params))
        return value, *found

    return run


MAKERS = {
    "ours": (ours, "numpy"),
    "PyTorch": (pytorch, "torch"),
    "JAX, compiled": (compiled_jax, "jax"),
    "HIPS autograd": (hips_autograd, "autograd"),
    "textbook loop": (textbook, "numpy"),
    "ours without checks and blocks": (unchecked, "numpy"),
}
