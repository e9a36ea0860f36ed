"""The picture of boxes and arrows, its artists read as data."""

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure
from matplotlib.textpath import TextPath

from bptt_helpers.plots import graph, style
from bptt_helpers.plots.canvas import Canvas
from bptt_helpers.plots.graph import Edge, Graph, Node
from bptt_helpers.plots.lines import Curve, Panel
from bptt_helpers.plots.style import BACKWARD, FORWARD, LOSS, QUIET

SIZE, AROUND, TOP = (8, 3), 8, 30  # inches; points kept free


def network(lit=True, text="1", size=0.5):
    """Two boxes in a row and one above: a forward arrow, a backward one beside it, one upwards."""
    nodes = (
        Node(0, 0, "a", fill=0.4),
        Node(1, 0, f"b\n{text}", "0.5", lit=lit),
        Node(1, 1, "c", color=LOSS, lit=False),
    )
    edges = (
        Edge(0, 1, "there", FORWARD, shift=7),
        Edge(1, 0, "back", BACKWARD, size=size, shift=7),
        Edge(1, 2, lit=False),
    )
    return Graph(nodes, edges, f"b is {text}", f"b is {text}.")


def parts(record):
    """arrows, boxes, words: three collections"""
    return Canvas(graph, record, SIZE).artists


def outlines(arrows):
    """The corners of each arrow or bar, without the one that closes it."""
    return [path.vertices[:-1] for path in arrows.get_paths()]


def ends(outline):
    """Where an arrow starts, and its tip: the middle of its tail, and its middle corner."""
    return np.array([(outline[0] + outline[-1]) / 2, outline[3]])


def width(outline):
    return np.hypot(*(outline[0] - outline[-1]))


def said(words, *candidates):
    """What of the candidates is written, where and in which colour: {text: (x, y, colour)}"""
    known = {style.word(text): text for text in candidates}
    found = {}
    for path, (x, y), color in zip(words.get_paths(), words.get_offsets(), words.get_facecolors()):
        if path in known:
            found[known[path]] = x, y, tuple(color)
    return found


def test_nodes_fill_the_picture_below_the_caption():
    _, boxes, _ = parts(network())
    spots, half = np.array(boxes.get_offsets()), np.array(network().box) / 2
    assert spots.min(0) - half == pytest.approx([AROUND] * 2)
    assert spots.max(0) + half == pytest.approx(72 * np.array(SIZE) - AROUND - (0, TOP))


@pytest.mark.parametrize("box", [(80, 40), (40, 80)])
def test_a_box_is_as_large_as_the_record_says(box):
    _, boxes, _ = parts(network()._replace(box=box))
    outline = boxes.get_paths()[0].get_extents().size * np.sqrt(boxes.get_sizes()[0])
    assert outline == pytest.approx(box)


def test_a_single_row_stands_in_the_middle():
    record = network()
    row = tuple(node._replace(x=i, y=5) for i, node in enumerate(record.nodes))
    _, boxes, _ = parts(record._replace(nodes=row))
    assert np.array(boxes.get_offsets())[:, 1] == pytest.approx([(72 * SIZE[1] - TOP) / 2] * 3)


def test_lit_is_more_than_a_colour():
    _, boxes, _ = parts(network())
    thin, thick = boxes.get_linewidths()[2], boxes.get_linewidths()[0]
    assert thick > 2 * thin
    assert tuple(boxes.get_edgecolors()[2]) == to_rgba(QUIET)
    assert tuple(boxes.get_edgecolors()[0]) == to_rgba(FORWARD)


def filled(color, fill):
    """How a box is filled, and how far from white, 0 to 1, on the way to its colour."""
    record = Graph((Node(0, 0, "a", color=color, fill=fill),), (), "one", "One.")
    face = Canvas(graph, record, SIZE).artists[1].get_facecolors()[0][:3]
    full = 1 - np.array(to_rgba(color)[:3])
    share = (1 - face) @ full / (full @ full)
    assert 1 - face == pytest.approx(share * full)  # nothing but this colour and white
    return share


@pytest.mark.parametrize("color", [FORWARD, BACKWARD, LOSS])
def test_a_box_is_as_full_as_the_record_says_and_digits_stay_legible(color):
    shares = [filled(color, fill) for fill in (0, 0.25, 0.5, 1)]
    assert shares[0] == 0 and shares[3] < 0.6
    assert np.diff(shares) == pytest.approx(np.array([1, 1, 2]) * shares[1])
    assert filled(color, 7) == shares[3] and filled(color, -1) == 0


def test_forward_and_backward_arrow_run_side_by_side_between_the_rims():
    arrows, boxes, words = parts(network())
    there, back, up = map(ends, outlines(arrows))
    (a, b, c), (w, h) = np.array(boxes.get_offsets()), network().box
    assert there == pytest.approx(np.array([a + (w / 2, 7), b + (-w / 2, 7)]))
    assert back == pytest.approx(np.array([b + (-w / 2, -7), a + (w / 2, -7)]))
    assert up == pytest.approx(np.array([b + (0, h / 2), c - (0, h / 2)]))
    labels = said(words, "there", "back")
    assert labels["there"][1] > there[0][1] and labels["back"][1] < back[0][1]
    assert labels["there"][0] == labels["back"][0] == pytest.approx((a + b)[0] / 2)
    assert labels["back"][2] == to_rgba(BACKWARD)
    colors = [tuple(color) for color in arrows.get_facecolors()]
    assert colors == [to_rgba(FORWARD), to_rgba(BACKWARD), to_rgba(QUIET)]


def backward_arrow(size):
    return outlines(parts(network(size=size))[0])[1]


def test_an_arrow_is_as_wide_as_what_comes_by_it_and_its_head_is_wider():
    assert [width(backward_arrow(size)) for size in (0.1, 0.5, 1, 1.6)] == pytest.approx(
        [1, 5, 10, 16]
    )
    assert width(backward_arrow(40)) == pytest.approx(16)
    assert width(backward_arrow(0)) == pytest.approx(0.5)  # still there
    for size in (0, 1, 40):
        corners = backward_arrow(size)
        assert np.hypot(*(corners[2] - corners[4])) > width(corners) + 5
        long = corners[2][0] - corners[3][0]  # the head; it points to the left
        assert 8 <= long < 0.6 * (corners[0][0] - corners[3][0]) and long > width(corners)


def test_the_label_of_a_wider_arrow_stands_further_away():
    thin, wide = (said(parts(network(size=size))[2], "back")["back"][1] for size in (0.1, 1))
    assert thin - wide == pytest.approx(4.5)  # points, half of what it grew


def test_a_cut_is_a_bar_across_in_the_middle_of_the_way():
    arrows, boxes, words = parts(network(size=None))
    a, b, _ = np.array(boxes.get_offsets())
    bar = outlines(arrows)[1]
    assert len(bar) == 4 and bar.mean(0) == pytest.approx((a + b) / 2 - (0, 7))
    assert np.ptp(bar, axis=0) == pytest.approx([4, 20])
    assert said(words, "back")["back"][1] < bar[:, 1].min() - 5
    assert tuple(arrows.get_facecolors()[1]) == to_rgba(BACKWARD)


def test_a_label_beside_an_upward_arrow_ends_before_it():
    record = network()
    upward = record.edges[2]._replace(text="a long label")
    arrows, _, words = parts(record._replace(edges=(*record.edges[:2], upward)))
    x, _, _ = said(words, "a long label")["a long label"]
    assert x + style.word("a long label").get_extents().x1 < ends(outlines(arrows)[2])[0][0] - 3


def test_words_are_centred_where_they_belong():
    width = style.word("b is 1").get_extents()
    assert width.x0 == pytest.approx(-width.x1, abs=1)
    _, boxes, words = parts(network())
    found, spots = said(words, "a", "b", "1", "0.5", "c"), np.array(boxes.get_offsets())
    assert found["a"][:2] == pytest.approx(spots[0])
    assert [found[row][0] for row in ("b", "1", "0.5")] == pytest.approx([spots[1][0]] * 3)
    heights = [found[row][1] - spots[1][1] for row in ("b", "1", "0.5")]
    assert heights == pytest.approx([15, 0, -15])
    black, orange, grey = (found[row][2] for row in ("1", "0.5", "c"))
    assert (black, orange, grey) == (to_rgba("black"), to_rgba(BACKWARD), to_rgba(QUIET))


def test_a_number_and_a_gradient_that_read_the_same_keep_their_colours():
    record = network()
    same = record.nodes[0]._replace(text="7", gradient="7")
    _, _, words = parts(record._replace(nodes=(same, *record.nodes[1:])))
    colors = [
        tuple(color)
        for path, color in zip(words.get_paths(), words.get_facecolors())
        if path is style.word("7")
    ]
    assert colors == [to_rgba("black"), to_rgba(BACKWARD)]


def test_update_changes_what_is_said():
    canvas = Canvas(graph, network(), SIZE)
    before = canvas.render(network()).copy()
    assert not np.array_equal(canvas.render(network(text="2")), before)
    words = canvas.artists[2]
    assert set(said(words, "1", "2")) == {"2"}
    assert words.get_paths()[0] is style.word("b is 2", 13)


def test_a_hidden_node_takes_its_arrows_and_words_with_it_and_comes_back():
    canvas = Canvas(graph, network(), SIZE)
    full = canvas.render(network()).copy()
    arrows, boxes, words = canvas.artists
    hidden = canvas.render(network(lit=None)).copy()
    assert np.isnan(boxes.get_offsets()[1][0]) and np.isnan(said(words, "0.5")["0.5"][0])
    assert not arrows.get_paths() and not said(words, "there", "back")
    row = full.shape[0] - round((AROUND + network().box[1] / 2) / 72 * 200)
    assert (full[row, -150:] < 128).any() and (hidden[row, -150:] == 255).all()
    assert np.array_equal(canvas.render(network()), full)


def test_a_hidden_arrow_takes_its_label_with_it():
    record = network()
    edges = record.edges[0]._replace(lit=None), *record.edges[1:]
    arrows, _, words = parts(record._replace(edges=edges))
    assert [tuple(c) for c in arrows.get_facecolors()] == [to_rgba(BACKWARD), to_rgba(QUIET)]
    assert set(said(words, "there", "back")) == {"back"}


def test_text_lies_over_boxes_and_boxes_over_arrows():
    arrows, boxes, words = parts(network())
    assert arrows.zorder < boxes.zorder < words.zorder


def test_a_panel_below_is_drawn_and_follows():
    def record(y):
        panel = Panel("below", "t", (Curve([0, 1], y),), xlim=(0, 1), ylim=(0, 4))
        return network()._replace(panels=(panel,), ratio=(1, 1))

    canvas = Canvas(graph, record([1, 2]), SIZE)
    curve = canvas.artists[3]
    canvas.render(record([3, 4]))
    assert list(curve.get_ydata()) == [3, 4] and curve.axes.get_title() == "below"
    spots = np.array(canvas.artists[1].get_offsets())  # points of the upper half alone
    assert spots[:, 1].max() < 72 * SIZE[1] / 2


def test_a_move_leaves_the_background_alone():
    canvas = Canvas(graph, network(), SIZE)
    graph.update(canvas.artists, network(lit=False, text="7"))
    assert not canvas.figure.stale


BELOW = Panel("below", "t", (Curve([0, 1], [0, 1]),), xlim=(0, 1), ylim=(0, 4))


@pytest.mark.parametrize(
    "changed, name, came",
    [
        (dict(nodes=network().nodes[:2], edges=()), "nodes", "expected 3 as drawn, got 2"),
        (dict(nodes=network().nodes * 2), "nodes", "expected 3 as drawn, got 6"),
        (dict(edges=network().edges[:2]), "edges", "expected 3 as drawn, got 2"),
        (dict(edges=network().edges * 2), "edges", "expected 3 as drawn, got 6"),
        (dict(box=(40, 50)), "box", "expected (58, 50) as drawn, got (40, 50)"),
        (dict(panels=()), "panels", "expected 1 as drawn, got 0"),
        (dict(panels=(BELOW, BELOW)), "panels", "expected 1 as drawn, got 2"),
        (dict(panels=(BELOW._replace(title="t"),)), "panels[0].title", "drawn, got t"),
    ],
)
def test_a_record_that_was_not_drawn_like_this_is_named(changed, name, came):
    figure, record = Figure(layout="constrained"), network()._replace(panels=(BELOW,))
    artists = graph.draw(figure, record)
    graph.update(artists, network(lit=None, text="7", size=1)._replace(panels=(BELOW,)))
    with pytest.raises(ValueError) as found:
        graph.update(artists, record._replace(**changed))
    assert str(found.value).startswith(f"{name}: ") and came in str(found.value)


@pytest.mark.filterwarnings("error")
def test_a_graph_without_panels_is_drawn_beside_other_things():
    """In its half of a figure: the nodes fill it, and the other half is laid out as ever."""
    figure = Figure(SIZE, layout="constrained")
    left, right = figure.subfigures(1, 2)
    ax = left.subplots()
    ax.set_ylabel("a label")
    graph.update(artists := graph.draw(right, network()), network())
    FigureCanvasAgg(figure).draw()
    spots, half = np.array(artists[1].get_offsets()), np.array(network().box) / 2
    assert spots.min(0) - half == pytest.approx([AROUND] * 2)
    assert spots.max(0) + half == pytest.approx((72 * SIZE[0] / 2 - AROUND, 72 * SIZE[1] - 38))
    window = artists[1].axes.get_window_extent()
    assert window.bounds == pytest.approx(right.bbox.bounds)
    assert ax.yaxis.label.get_window_extent().x0 > 0


def test_letters_are_large_enough_to_read():
    assert style.word("H").get_extents().height > 0.7 * 10  # a capital of 10 points


@pytest.mark.parametrize("text", ["× 0.47", "left at 1:  0.2687", "$h_{12}$", "−3.1e+08, 7 boxes"])
def test_letter_by_letter_a_word_is_what_matplotlib_sets(text):
    """To half a point, by which some pairs of letters are moved closer."""
    set_whole = TextPath((0, -0.36 * 11), text, 11)
    middle = [set_whole.vertices[:, 0].max() / 2, 0]
    assert np.allclose(style.word(text).vertices, set_whole.vertices - middle, atol=0.5)
    assert np.array_equal(style.word(text).codes, set_whole.codes)


def test_the_number_of_a_step_is_made_of_digits_that_are_kept(monkeypatch):
    """A formula takes 5 ms to set: a slider of T would wait for each new one."""
    style.word.cache_clear()
    made = []
    monkeypatch.setattr(style.textpath, "TextPath", lambda *how: made.append(how) or TextPath(*how))
    for t in range(10, 100):
        style.word(f"$h_{{{t}}}$", 9.5)
    assert 0 < len(made) <= 3 * (9 + 10)


def test_a_formula_pushes_what_follows():
    """A letter and a formula do not run into each other, and leave no gap of a letter's size."""
    texts = "at $h_1$: 7", "at $h_1$", ": 7"
    whole, *parts = (style.word(text).get_extents().width for text in texts)
    assert 0 < whole - sum(parts) < 6  # points
