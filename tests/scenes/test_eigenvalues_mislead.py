"""Notebook 10's pictures and exercises, held against numbers found by another route."""

from math import cos, log10, radians, sin, sqrt

import numpy as np
import pytest

from scenes import eigenvalues_mislead as scene

GROWTH = dict(guess=None, radius=0.9, c=4.0, angle=0, j=2)
NETWORK = dict(radius=1.5, angle=30, c=0.0, strength=0.0, T=50, start="settled")
FAMILY = [(0.9, 0, 4.0), (0.5, 30, 0.0), (0.95, 90, 2.5), (1.5, 180, 1.0)]


def growth(**changed):
    return scene.compute_growth(**(GROWTH | changed))


def network(**changed):
    return scene.compute_network(**(NETWORK | changed))


@pytest.mark.parametrize("radius, angle, c", FAMILY)
def test_the_family_has_the_eigenvalues_and_singular_values_it_is_named_after(radius, angle, c):
    W = scene.recurrent(radius, angle, c)
    trace, det = np.trace(W), W[0, 0] * W[1, 1] - W[0, 1] * W[1, 0]
    assert trace == pytest.approx(2 * radius * cos(radians(angle)), abs=1e-12)
    assert det == pytest.approx(radius**2)
    # squared singular values: their sum is the sum of all squared entries, their product det^2
    assert (W**2).sum() - 2 * det == pytest.approx((radius * c) ** 2, abs=1e-12)
    assert W[1, 0] >= -W[0, 1] >= -1e-12


def stretched(W, steps, directions=3601):
    """The longest that a circle of column gradients gets, W^T applied so many times."""
    phi = np.linspace(0, np.pi, directions)
    delta = np.array([np.cos(phi), np.sin(phi)])
    for _ in range(steps):
        delta = W.T @ delta
    return np.hypot(*delta).max()


@pytest.mark.parametrize(
    "radius, angle, c", [(0.9, 0, 4.0), (0.95, 0, 4.0), (0.9, 90, 4.0), (0.5, 40, 1)]
)
def test_the_curve_is_how_long_a_circle_of_gradients_gets(radius, angle, c):
    record = growth(radius=radius, angle=angle, c=c, j=scene.MOST)
    alone, longest, ring = record.panels[1].curves
    for j in (0, 1, 2, 9, 11, 40):
        assert longest.y[j] == pytest.approx(
            stretched(scene.recurrent(radius, angle, c), j), rel=1e-4
        )
        assert alone.y[j] == pytest.approx(radius**j)
    assert (ring.x, ring.y) == ([40], [longest.y[40]])


def test_only_what_j_has_reached_is_drawn():
    for j in (0, 2, 40):
        alone, longest, ring = growth(j=j).panels[1].curves
        assert list(longest.x) == list(range(j + 1)) and len(longest.y) == j + 1
        assert ring.x == [j] and len(alone.x) == 41


def test_the_ellipse_is_the_circle_one_step_back_whatever_j_is():
    for j in (0, 30):
        circle, ellipse, radii = growth(angle=40, j=j).panels[0].curves
        np.testing.assert_allclose(np.hypot(circle.x, circle.y), 1)
        W = scene.recurrent(0.9, 40, 4.0)
        for i in (0, 17, 120):
            back = [
                sum(W[row, col] * v for row, v in enumerate((circle.x[i], circle.y[i])))
                for col in (0, 1)
            ]
            np.testing.assert_allclose((ellipse.x[i], ellipse.y[i]), back)
        lengths = np.hypot(radii.x, radii.y)
        far = np.hypot(ellipse.x, ellipse.y)
        assert lengths[1] == 0 and lengths[0] == pytest.approx(far.max(), rel=1e-3)
        assert far.min() > lengths[2] > 0.9 * far.min()


@pytest.mark.parametrize("make", [scene.growth, scene.network])
def test_a_circle_is_round(make):
    ax = make().canvas.figure.axes[0]
    box, (x0, x1), (y0, y1) = ax.get_window_extent(), ax.get_xlim(), ax.get_ylim()
    assert box.width / (x1 - x0) == pytest.approx(box.height / (y1 - y0), rel=0.01)


def test_axes_stay_put_and_nothing_leaves_them():
    ends = dict(radius=(0.5, 0.95), c=(0.0, 4.0), angle=(0, 45, 90, 180), j=(0, 19, 40))
    limits = {(p.xlim, p.ylim) for p in growth().panels}
    for name, values in ends.items():
        for value in values:
            record = growth(**{"radius": 0.95, "j": 40, name: value})
            assert {(p.xlim, p.ylim) for p in record.panels} == limits
            for panel in record.panels:
                for curve in panel.curves:
                    assert panel.xlim[0] < np.min(curve.x) and np.max(curve.x) < panel.xlim[1]
                    assert panel.ylim[0] < np.min(curve.y) and np.max(curve.y) < panel.ylim[1]


def test_colours_mean_what_they_mean_everywhere():
    circle, ellipse, radii = growth().panels[0].curves
    assert (circle.line, ellipse.color, radii.color) == ("--", "#D55E00", "#009E73")
    states, _ = network().panels[0].curves
    area, largest, smallest, alone = network().panels[1].curves
    assert states.color == "#0072B2" and (area.color, area.line) == ("#009E73", "fill")
    assert largest.color == smallest.color == "#D55E00" and alone.line == "--"
    assert all(c.label for c in network().panels[1].curves)


def test_the_sentence_and_a_guess():
    record = growth(j=9)
    assert "After j = 9 steps back they say 0.3874" in record.sentence
    assert (
        f"the longest gradient is {stretched(scene.recurrent(0.9, 0, 4), 9):.4g} long"
        in record.sentence
    )
    assert record.panels[1].note == "j = 9:  13.96" and "You said" not in record.sentence
    text = growth(guess=1.0, radius=0.5, j=0).sentence
    assert text.endswith(
        "You said 1; at radius 0.9, c = 4 and angle 0 the largest length is 13.96, at j = 9."
    )


def test_what_the_notebook_says_you_saw():
    peaks = {}
    for radius in (0.8, 0.9, 0.95):
        lengths = [stretched(scene.recurrent(radius, 0, 4), j) for j in range(41)]
        peaks[radius] = np.argmax(lengths), round(max(lengths), 1)
    assert peaks == {0.8: (4, 6.6), 0.9: (9, 14.0), 0.95: (19, 28.7)}
    assert max(stretched(scene.recurrent(0.9, 90, 4), j) for j in range(41)) < 3.82
    for angle in (0, 30, 90, 137):
        for j in (1, 7, 40):
            assert stretched(scene.recurrent(0.9, angle, 0), j) == pytest.approx(0.9**j)


# A network


def product(radius, angle, c, strength, T, start):
    """dh_T/dh_1 by moving h_1, one entry at a time; and all states."""
    W = scene.recurrent(radius, angle, c)
    h = np.array([1e-3, 1e-3])
    for _ in range(2000 if start == "settled" else 0):
        h = np.tanh(W @ h)
    x = strength * np.random.default_rng(4).standard_normal((100, 2))[:T]
    states = [h]
    for x_t in x:
        states.append(np.tanh(W @ states[-1] + x_t))

    def end(h):
        for x_t in x[1:]:
            h = np.tanh(W @ h + x_t)
        return h

    J = [end(states[1] + 1e-30j * e).imag / 1e-30 for e in np.eye(2)]
    return np.transpose(J), np.array(states[1:])


def short(exponent):
    """As the sentence rounds it: two places behind the point, three digits, no -0."""
    return f"{round(exponent, 2) + 0.0:.3g}"


@pytest.mark.parametrize(
    "changed",
    [
        {},
        dict(start="tiny"),
        dict(strength=0.5, T=20),
        dict(radius=0.9, c=4.0, angle=0, start="tiny"),
        dict(radius=1.2, c=2.0, angle=70, strength=0.25, T=9),
        dict(T=2),
    ],
)
def test_the_network_keeps_what_moving_its_first_state_says(changed):
    record = network(**changed)
    J, h = product(**(NETWORK | changed))
    states, last = record.panels[0].curves
    np.testing.assert_allclose(np.transpose([states.x, states.y]), h, atol=1e-9)
    np.testing.assert_allclose(np.ravel([last.x, last.y]), h[-1], atol=1e-9)
    area, largest, smallest, alone = record.panels[1].curves
    assert len(largest.y) == len(h) and largest.y[0] == smallest.y[0] == 0
    assert largest.y[-1] == pytest.approx(log10(np.linalg.norm(J, 2)), abs=1e-6)
    W = scene.recurrent(*({**NETWORK, **changed}[name] for name in ("radius", "angle", "c")))
    slopes = 1 - h[1:] ** 2  # |det| of a product is the product of the |det|
    det = np.log10(abs(np.linalg.det(W))) * len(slopes) + np.log10(slopes).sum()
    assert largest.y[-1] + smallest.y[-1] == pytest.approx(det, abs=1e-6)
    assert alone.y[-1] == pytest.approx(log10((NETWORK | changed)["radius"]) * len(slopes))
    assert f"Its tanh' is {slopes.mean():.2f} on average" in record.sentence
    radius, c, j = *((NETWORK | changed)[name] for name in ("radius", "c")), len(slopes)
    low, high = (j * log10(radius * (sqrt(c**2 + 4) + s * c) / 2) for s in (-1, 1))  # see FAMILY
    place = largest.y.argmax()
    assert record.sentence.startswith(
        f"After j = {j} steps back the eigenvalues alone say 10^{short(alone.y[-1])}, the singular "
        f"values of W_h alone 10^{short(low)} to 10^{short(high)}; the network keeps "
        f"10^{short(smallest.y[-1])} to 10^{short(largest.y[-1])}. The most on the way is "
        f"{10 ** largest.y[place]:.4g}, at j = {place}. "
    )
    assert area.y[j] == pytest.approx(high) and area.y[j + 1] == pytest.approx(low)


def test_with_tanh_out_of_the_way_the_curves_lie_in_the_area():
    for values in (dict(radius=0.9, c=4.0, angle=0), dict(radius=1.0, c=1.0, angle=50)):
        area, largest, smallest, _ = network(**values, start="tiny").panels[1].curves
        high, low = np.split(np.array(area.y), 2)
        assert (largest.y < high + 1e-4).all() and (smallest.y > low[::-1] - 1e-2).all()


def test_the_largest_curve_stays_in_the_panel_and_the_axes_depend_on_T_alone():
    panels = {T: network(T=T).panels[1] for T in (2, 15, 20, 21, 50, 51, 99, 100)}
    limits = {T: panel.xlim + panel.ylim for T, panel in panels.items()}
    assert {*limits.values()} == {limits[15], limits[50], limits[100]}
    lowest = 0
    for radius in (0.5, 0.9, 1.2, 1.5):
        for angle in (0, 30, 90, 180):
            for c in (0.0, 4.0):
                for strength in (0.0, 0.5):
                    for T in (15, 50, 100):
                        values = dict(radius=radius, angle=angle, c=c, strength=strength, T=T)
                        panel = network(**values).panels[1]
                        assert panel.xlim + panel.ylim == limits[T]
                        for curve in panel.curves[1::2]:
                            assert panel.ylim[0] < min(curve.y) and max(curve.y) < panel.ylim[1], (
                                values
                            )
                        lowest = min(lowest, min(panel.curves[1].y) / T)
    assert lowest < -0.3  # so that the range of the axis is needed


def test_radius_a_half_and_nine_tenths_are_two_lines():
    low, high = (network(radius=r, angle=0, T=50).panels[1] for r in (0.5, 0.9))
    apart = (high.curves[1].y[-1] - low.curves[1].y[-1]) / (high.ylim[1] - high.ylim[0])
    assert low.ylim == high.ylim and apart > 0.15


# Exercises and claims


def test_exercise_1():
    lengths = [stretched(scene.recurrent(0.92, 0, 4), j) for j in range(100)]
    assert scene.exercise_1.expected == np.argmax(lengths) == 12
    assert scene.exercise_1.reply(12)[0] and scene.exercise_1.reply(11.99)[0] is False


def test_exercise_2():
    assert scene.exercise_2.expected == pytest.approx(
        stretched(scene.recurrent(0.9, 90, 4), 11), rel=1e-5
    )
    assert scene.exercise_2.reply(1.33)[0] and not scene.exercise_2.reply(0.9**11)[0]


def test_exercise_3_rejects_the_eigenvalue():
    W = np.array([[0.9, 4.0], [0.0, 0.2]])
    inverse = np.linalg.matrix_power(np.linalg.inv(W), 100)
    smallest = -log10(np.linalg.norm(inverse, 2))
    assert scene.exercise_3.expected == pytest.approx(smallest, abs=1e-6)
    assert scene.exercise_3.reply(round(smallest, 1))[0]
    right, why = scene.exercise_3.reply(100 * log10(0.2))
    assert right is False and "eigenvalue" in why


@pytest.mark.parametrize("angle", [29, 30, 60])
def test_a_push_along_the_round_trip_stays(angle):
    c, s = cos(radians(angle)), sin(radians(angle))
    W, push = 1.5 * np.array([[c, -s], [s, c]]), np.eye(2)
    h = np.random.default_rng(1).uniform(-1, 1, (20, 2))
    for _ in range(2000):
        h = np.tanh(h @ W.T)
    for _ in range(2000):
        h = np.tanh(h @ W.T)
        push = (1 - h * h)[:, :, None] * W @ push
        sizes = np.linalg.norm(push, 2, axis=(1, 2))
        assert 0.6 < sizes.min() and sizes.max() < 1.7


def settled(angle):
    W, h = scene.recurrent(1.5, angle, 0), np.array([1e-3, 1e-3])
    for _ in range(2000):
        h = np.tanh(W @ h)
    return W, h


@pytest.mark.parametrize("angle, steps", [(45, 8), (90, 4), (0, 1)])
def test_a_locked_round_trip_takes_a_whole_number_of_steps(angle, steps):
    W, start = settled(angle)
    states = [start]
    for _ in range(steps):
        states.append(np.tanh(W @ states[-1]))
    apart = np.linalg.norm(np.array(states[1:]) - start, axis=1)
    assert apart[-1] < 1e-9 and (apart[:-1] > 0.1).all()


def test_random_input_spoils_the_round_trip():
    found = {}
    for strength in (0.1, 0.5):
        sizes = []
        for seed in range(200, 220):
            (W, h), push = settled(30), np.eye(2)
            x = strength * np.random.default_rng(seed).standard_normal((100, 2))
            for t, x_t in enumerate(x):
                h = np.tanh(W @ h + x_t)
                push = np.diag(1 - h * h) @ W @ push if t else push
            sizes.append(log10(np.linalg.norm(push, 2)))
        found[strength] = min(sizes), max(sizes)
    assert -2 < found[0.1][0] and found[0.1][1] < 1
    assert -14 < found[0.5][0] and found[0.5][1] < -2


def test_the_still_picture_holds_three_right_and_three_drowned_curves(monkeypatch):
    shown = []
    monkeypatch.setattr(scene, "show", lambda picture, record, *size: shown.append(record))
    scene.hundred_steps()
    panel = shown[0].panels[0]
    J = scene.three_units()
    det = np.log10(abs(np.linalg.det(J[1:]))).sum()
    right, raw, length = panel.curves[:6:2], panel.curves[1:6:2], panel.curves[6]
    assert sum(curve.y[99] for curve in right) == pytest.approx(det, abs=1e-6)
    inverse = np.eye(3)
    for J_t in J[1:]:
        inverse = inverse @ np.linalg.inv(J_t)
    assert right[2].y[99] == pytest.approx(-log10(np.linalg.norm(inverse, 2)), abs=1e-6)
    assert raw[0].y[-1] == pytest.approx(right[0].y[99], abs=1e-6)
    assert raw[2].y[-1] > right[2].y[99] + 9 or raw[2].y[-1] < -200
    delta = np.array([0.6, 0.0, 0.8])
    for J_t in J[:0:-1]:
        delta = delta @ J_t
    assert length.y[-1] == pytest.approx(log10(np.linalg.norm(delta)), abs=1e-9)
    assert length.y[0] == 0 and list(length.x) == list(range(100))
    assert raw[1].y[:4] == pytest.approx(right[1].y[:10:3], abs=1e-6)  # early it is right, too
    three = ", ".join(f"10^{short(curve.y[-1])}" for curve in right)
    assert shown[0].sentence.startswith(
        f"After 99 steps back the singular values are {three}, and the gradient's length is "
        f"10^{short(length.y[-1])}. The svd of the product leaves the two lower curves "
    )
