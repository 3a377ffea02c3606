import numpy as np
import pytest
from matplotlib.figure import Figure

from nnbook.graphs import draw_graph, layout, short
from nnlib.autodiff import Value


def neuron():
    w, x, b, y = (Value(v, name=n) for n, v in zip("wxby", (0.18, 1.4, 0.6068, 1.0), strict=True))
    return ((w * x + b).sigmoid() - y) ** 2


def used_twice():
    a = Value(3.0, name="a")
    b = a + a
    b.name = "b"
    c = b + b
    c.name = "c"
    return c


def used_near_and_far():
    a = Value(1.0, name="a")
    b = a + a
    return b + b * a + a


def three_products():
    w, x = ([Value(v, name=n + str(v)) for v in range(3)] for n in "wx")
    return w[0] * x[0] + w[1] * x[1] + w[2] * x[2]


PROGRAMS = [neuron, used_twice, used_near_and_far, three_products, lambda: Value(1.0, name="a")]


def texts(ax):
    return [text.get_text() for text in ax.texts if text.get_text()]


def arrows(ax):
    return [text.arrow_patch for text in ax.texts if text.arrow_patch is not None]


@pytest.fixture
def ax():
    return Figure(figsize=(6, 4)).add_subplot()


@pytest.mark.parametrize("program", PROGRAMS)
def test_every_value_stands_right_of_its_parents_and_none_on_another(program):
    result = program()
    place = layout(result)
    assert list(place) == result.graph()
    for value, (column, row) in place.items():
        assert all(place[parent][0] < column for parent in value.parents)
        for other, (c, r) in place.items():
            assert other is value or c != column or abs(row - r) >= 1 - 1e-9
    columns = [column for column, _ in place.values()]
    assert min(columns) == 0 and place[result][0] == max(columns)


def test_a_chain_runs_straight_and_what_joins_it_comes_from_just_before():
    result = neuron()
    place = {value.name or value.op: xy for value, xy in layout(result).items()}
    assert len({place[op][1] for op in ("*", "+", "sigmoid", "-", "**2")}) == 1
    assert place["b"] == (place["+"][0] - 1, place["*"][1] + 1)
    assert place["y"] == (place["-"][0] - 1, place["*"][1] + 1)
    assert place["w"][0] == place["x"][0] == 0 and place["w"][1] < place["x"][1]


def test_pairs_stay_together():
    place = {value.name: xy for value, xy in layout(three_products()).items() if value.name}
    order = sorted((xy[1], name) for name, xy in place.items() if xy[0] == 0)
    assert [name for _, name in order] == ["w0", "x0", "w1", "x1", "w2", "x2"]


def test_layout_is_the_same_every_time():
    for program in PROGRAMS:
        assert list(layout(program()).values()) == list(layout(program()).values())


def test_numbers_are_the_engines(ax):
    result = neuron()
    result.backward()
    place = draw_graph(ax, result)
    said = texts(ax)
    assert set(place) == set(result.graph())
    for number in ("0.18", "0.8588", "0.7024", "×0.209", "−0.5952", "−0.1244", "−0.1742", "×1.4"):
        assert number in said
    assert len(arrows(ax)) == 8
    for name in ("w", "x", "b", "y", "×", "+", "σ", "−", "( )²"):
        assert name in said


def test_fewer_digits(ax):
    result = neuron()
    result.backward()
    draw_graph(ax, result, digits=2)
    said = texts(ax)
    assert "−0.17" in said and "×0.21" in said and "0.86" in said and "−0.1742" not in said


def test_every_place_is_within_the_limits(ax):
    place = draw_graph(ax, three_products())
    (left, right), (bottom, top) = ax.get_xlim(), ax.get_ylim()
    assert all(left < x < right and bottom < y < top for x, y in place.values())


def test_only_what_is_known_is_shown(ax):
    result = used_twice()
    a, b, c = result.graph()
    draw_graph(ax, result, values=[a], grads={})
    assert texts(ax).count("3") == 2 and "6" not in texts(ax) and "×1" not in texts(ax)
    ax.clear()
    draw_graph(ax, result, values=[a, b], grads={b: 2.0})
    said = texts(ax)
    assert said.count("3") == 2 and said.count("6") == 2
    assert said.count("×1") == 2 and said.count("2") == 2  # on both arrows that leave b
    assert "c = 12" not in said and "b" in said


def test_shares_stand_on_the_arrows_and_their_sum_below_the_value(ax):
    result = used_twice()
    b = result.parents[0]
    carried = [(result, 0, 1.0), (b, 0, 1.0), (b, 1, 1.0), (result, 1, 1.0), (b, 0, 2.0)]
    draw_graph(ax, result, grads={result: 1.0}, carried=carried)
    said = texts(ax)
    assert "1 + 1 = 2" in said and "1 + 1 + 2 = 4" in said and "1, then 2" in said
    assert said.count("1") == 4  # at the result, on two arrows to b and on one to a
    assert len({tuple(arrow.get_edgecolor()) for arrow in arrows(ax)}) == 1


def test_a_sum_with_a_negative_share(ax):
    a = Value(1.0, name="a")
    result = a - a
    draw_graph(ax, result, carried=[(result, 0, 1.0), (result, 1, -1.0)])
    assert "1 − 1 = 0" in texts(ax)


def test_twin_arrows_are_bent_apart(ax):
    result = used_twice()
    draw_graph(ax, result)
    styles = [arrow.get_connectionstyle().rad for arrow in arrows(ax)]
    assert sorted(styles) == pytest.approx([-0.35, -0.35, 0.35, 0.35])
    ax.clear()
    draw_graph(ax, neuron())
    assert {arrow.get_connectionstyle().rad for arrow in arrows(ax)} == {0}


def test_a_passed_arrow_is_orange_points_back_and_keeps_its_side(ax):
    result = used_twice()
    draw_graph(ax, result, grads={}, passed=[(result, 0)], mark=(result, 0))
    widths = [arrow.get_linewidth() for arrow in arrows(ax)]
    assert sorted(widths)[-1] == 3 and sorted(widths)[-2] < 2
    marked = arrows(ax)[int(np.argmax(widths))]
    others = {tuple(a.get_edgecolor()) for a in arrows(ax)} - {tuple(marked.get_edgecolor())}
    assert len(others) == 1
    twin = next(
        a
        for a in arrows(ax)
        if a is not marked and a.get_connectionstyle().rad == marked.get_connectionstyle().rad
    )  # turned round, the same rad is the other side
    (x0, _), (x1, _) = marked._posA_posB
    (u0, _), (u1, _) = twin._posA_posB
    assert (x1 - x0) * (u1 - u0) != 0


def test_a_marked_value_has_a_thick_edge(ax):
    result = used_twice()
    b = result.graph()[1]
    draw_graph(ax, result, mark=b)
    assert sorted(line.get_markeredgewidth() for line in ax.lines) == [1.2, 1.2, 3]


def test_notes_and_other_texts(ax):
    result = used_twice()
    a = result.graph()[0]
    seen = []

    def edge_text(parent, child, k):
        seen.append((parent, child, k))
        return [("one", "k"), ("two", "k")]

    draw_graph(ax, result, notes={a: "nudged"}, edge_text=edge_text)
    assert "nudged" in texts(ax) and texts(ax).count("two") == 5
    assert (result, None, 0) in seen and len(seen) == 5


def test_shapes_of_arrays(ax):
    X, W = Value(np.ones((5, 4)), name="X"), Value(np.ones((4, 6)), name="W")
    draw_graph(ax, (X @ W).tanh().sum())
    said = texts(ax)
    assert "(5, 4)" in said and "(4, 6)" in said and said.count("(5, 6)") >= 2
    assert "@" in said and "tanh" in said and "Σ" in said


@pytest.mark.parametrize(
    "number, text",
    [
        (0.252, "0.252"),
        (-0.174175, "−0.1742"),
        (3.0, "3"),
        (0, "0"),
        (-0.00001, "0"),
        (100.0, "100"),
        (-20, "−20"),
        (np.array([[1.5]]), "1.5"),
        (np.zeros(3), "(3)"),
        (np.zeros((2, 3)), "(2, 3)"),
        (1e-9, "0"),
        (np.nan, "nan"),
        (np.inf, "inf"),
    ],
)
def test_short(number, text):
    assert short(number) == text


def test_a_constant_without_a_name_shows_its_value(ax):
    draw_graph(ax, Value(2.0, name="a") * 3)
    assert texts(ax).count("3") == 2  # in its circle, and on its arrow
