"""A likely wrong answer gets the reason that belongs to it: each is made here by the mistake that
the reason names."""

from math import atanh, sqrt, tanh

import numpy as np
import pytest
from scene_list import EXERCISES

f = {name: [] for name in EXERCISES}  # (answer, words of its reason)

# Notebook 2: L of six steps, everything by plain loops
W_h, W_x, B, W_y = 0.9, 0.8, 0.1, 1.2
X = 1.0, -0.5, 0.8, -0.6, 0.5, 0.2
h, own = [0.0], []
for t, x in enumerate(X):
    h.append(tanh(W_h * h[-1] + W_x * x + B))
    own.append(W_y * (W_y * h[-1] - (X[t - 1] if t else 0)))
h, own = np.array(h), np.array(own)
slope = 1 - h[1:] ** 2
delta = own.copy()
for t in range(4, -1, -1):
    delta[t] += W_h * slope[t + 1] * delta[t + 1]
factors = W_h * slope[1:]
f["02-exercise_1"] = [
    (lambda own, d, h, W: W * (1 - h * h) * d, "what the next state sends"),
    (lambda own, d, h, W: own + W * d, "also passes tanh"),
    (lambda own, d, h, W: (own + d) * W * (1 - h * h), "The factor belongs"),
    (lambda own, d, h, W: own, "every arrow cut"),
]
f["02-exercise_2"] = [
    (100 * np.prod(factors), "what arrives now"),
    (100 * np.prod(sorted(factors)[:-1]), "replaces the largest"),
    (np.prod(sorted(factors)[1:]), "per cent"),
]
f["02-exercise_3"] = [
    ([64 * 74, 6400 * 74], "b is missing"),
    ([6400 * 75, 64 * 75], "other way round"),
    ([64 * 64, 6400 * 64], "W_h alone"),
    ([64 * 75, 64 * 75], "Without sharing"),
]
f["02-exercise_4"] = [
    (sum(delta * slope * h[:-1]), "whole gradient"),
    (sum(own * h[:-1]), "passes tanh"),
    (sum(own * slope * h[1:]), "*before*"),
]

# Notebook 3: four steps, from h_0 = 0.5 in the table and from 0 in exercise 3
TARGETS = 0.0, 1.0, -0.5, 0.8


def three(copies, h):
    """L_t, each use of W_h having a copy of its own."""
    found = []
    for w, x, target in zip(copies, X, TARGETS):
        h = tanh(w * h + W_x * x + B)
        found.append((W_y * h - target) ** 2 / 2)
    return np.array(found)


c = np.transpose(
    [(three(W_h + 1e-5 * e, 0.5) - three(W_h - 1e-5 * e, 0.5)) / 2e-5 for e in np.eye(4)]
)
f["03-exercise_1"] = [
    ([sum(c[:, 2]), sum(c[1])], "Rows are losses"),
    ([sum(c[3]), sum(c[:, 2])], "counts from 0"),
    ([c[2, 2], c[1, 1]], "one entry each"),
]
f["03-exercise_2"] = [
    (5050, "all pairs"),
    (5049, "Not only one pair"),
    (10000, "after it"),
    (9900, "after it"),
    (99, "asks for pairs"),
]
own_3 = np.array([W_y * (W_y * h[t + 1] - TARGETS[t]) for t in range(3)])
d_3 = own_3[2]
for t in (1, 0):
    d_3 = own_3[t] + W_h * slope[t + 1] * d_3
f["03-exercise_3"] = [
    (0.0, "silences"),
    (d_3 * 1.0, "passes tanh"),
    (slope[0] * d_3 * h[1], "not with h_1"),
    (slope[0] * d_3 * W_x, "goes on to x_1"),
    (W_h * slope[0] * d_3, "belong to the start"),
]

# Notebook 4: two units, four steps
W = np.array([[0.5, 1.5], [0.0, 0.8]])
two = [np.array([0.5, -0.5])]
for x in (1.0, -0.5, 0.8, 0.3):
    two.append(np.tanh(W @ two[-1] + x * np.array([1.0, -0.5])))
back = two[4] - [0.2, -0.1]
for t in (4, 3):
    back = np.array([sum(W[i, j] * (1 - two[t][i] ** 2) * back[i] for i in (0, 1)) for j in (0, 1)])
dz = (1 - two[2] ** 2) * back
f["04-exercise_1"] = [
    (1.2, "W_h alone"),
    (1 - 0.9 * 0.9, "tanh' alone"),
    (1.2 * (1 - tanh(0.9) ** 2), "the state itself"),
]
f["04-exercise_2"] = [
    (lambda W, h, d: W @ ((1 - h * h) * d), "W_h carries forward"),
    (lambda W, h, d: (1 - h * h) * (W.T @ d), "tanh comes first"),
    (lambda W, h, d: (1 - h * h) * (W @ d), "a step forward"),
    (lambda W, h, d: W.T @ d, "tanh' is missing"),
]
f["04-exercise_3"] = [
    ([[a * b for b in two[1]] for a in back], "tanh' of step 2 is missing"),
    ([[a * b for b in two[2]] for a in dz], "h_2 is what comes out"),
    ([[a * b for a in dz] for b in two[1]], "the transpose"),
]

f["06-exercise_1"] = [
    (45, "Lag 10 itself"),
    (66, "lags of 9 or more"),
    (100, "not a square"),
    (155, "lag below 10"),
]
f["06-exercise_4"] = [
    (30 * 31 // 2, "each counted once"),
    (30 * 465, "others less often"),
    (4960 - 465, "not l: k = j and k = t"),
]
f["07-exercise_1"] = [
    (4 * 25 * 25, "not squares"),
    (4 * 25 * 24 // 2, "The diagonal counts"),
    (25 * 26 // 2, "one chunk"),
    (sum(min(t, 25) for t in range(1, 101)), "sliding window keeps"),
]
f["07-exercise_2"] = [
    (13, "one place in 13"),
    (16, "the other quarter"),
    (24, "one half of the places"),
    (47, "35 of 47"),
]
f["07-exercise_3"] = [
    (20, "the chunks miss 12.8 %"),
    (40, "doubling K only halves"),
    (400, "0.64 %"),
    (0.72 / 0.28 / 0.0128, "one tenth of 12.8 %"),
]

h_9 = sqrt(0.7)
rest = 0.1
for _ in range(1000):
    rest = tanh(1.5 * rest)
rise = 1.0
for _ in range(19):
    rise = tanh(1.5 * rise)
f["09-exercise_1"] = [
    (2 * h_9 - atanh(h_9), "negative h"),
    (atanh(0.3) - 0.6, "0.3 is tanh'"),
    (atanh(h_9), "taken away"),
    (atanh(0.7) - 1.4, "0.7 is h²"),
]
f["09-exercise_2"] = [
    (2 * rise, "whole rise"),
    ((1.5 * (1 - rest * rest)) ** 19, "unit at rest"),
    (1.5**19, "start 0 alone"),
    (1.0, "the bound"),
]
f["09-exercise_3"] = [
    (1, "One step multiplies"),
    (0, "Before any step"),
    (3, "One step earlier"),
]

at_90 = np.array([[0.0, -0.9 * (sqrt(5) - 2)], [0.9 * (sqrt(5) + 2), 0.0]])  # u v = 1, u - v = 4
at_0 = np.array([[0.9, 0.0], [3.6, 0.9]])
crooked = np.array([[0.9, 4.0], [0.0, 0.2]])
f["10-exercise_1"] = [(0, "eigenvalues"), (1, "One step multiplies"), (9, "at radius 0.9")]
f["10-exercise_2"] = [
    (0.9**11, "what the eigenvalues say"),
    (0.9**10, "ten steps"),
    ((0.9 * (sqrt(5) + 2)) ** 11, "all stretch"),
    (np.linalg.norm(np.linalg.matrix_power(at_0, 11), 2), "at angle 0"),
]
f["10-exercise_3"] = [
    (100 * np.log10(0.2), "smaller eigenvalue"),
    (100 * np.log10(0.18), "the determinant"),
    (-100 * np.log10(np.linalg.norm(np.linalg.inv(crooked), 2)), "a bound"),
]
f["14-exercise_1"] = [
    (4 * 0.2**3 * 0.9, "true 4 w^3 h_0"),
    (0.288, "third pass"),
    (0.2808, "all that it holds"),
    (0.3096, "use at step 4 is missing"),
]
f["14-exercise_2"] = [
    (0.0, "moves at its first step"),
    (tanh(0.3), "h_1 from h_0 = 0"),
    (sqrt(0.2), "the lesson's unit"),
]
f["14-exercise_3"] = [(1, "With one step"), (2, "At two steps"), (6, "at a smaller T")]


@pytest.mark.parametrize("name", [name for name in f if f[name]])
def test_a_mistake_gets_its_reason(name):
    ask = EXERCISES[name]
    for answer, words in f[name]:
        right, said = ask.reply(answer)
        assert right is False and words in said, (words, said)


def test_the_turned_matrices_are_those_of_the_picture():
    """Eigenvalues of size 0.9, singular values 0.9 · 4 apart."""
    for made in at_90, at_0:
        assert abs(np.linalg.eigvals(made)) == pytest.approx([0.9, 0.9])
        large, small = np.linalg.svd(made)[1]
        assert large - small == pytest.approx(3.6) and large * small == pytest.approx(0.81)
