"""The playground: settings and their links, the program that is run and copied, what is seen."""

import json
import re
from base64 import b64decode
from urllib.parse import parse_qsl

import numpy as np
import pytest

from nnbook import playground
from nnbook.playground import setting as settings
from nnbook.playground.session import SIDE, Session


def session(query="", epochs=0):
    run = Session(settings.from_query(query))
    if epochs:
        run.step(epochs)
    return run


def grids(written, kind):
    return np.frombuffer(b64decode(written), kind).reshape(-1, SIDE, SIDE)


def random_query(rng):
    """Some of everything set to anything, the points of one's own sometimes."""
    changed = {
        name: settings.text(choice.values[rng.integers(len(choice.values))])
        for name, choice in settings.CHOICES.items()
        if rng.random() < 0.7
    }
    points = np.round(rng.uniform(-2, 2, (int(rng.integers(2, 30)), 2)), 2)
    changed["points"] = ";".join(f"{x},{y},{k % 2}" for k, (x, y) in enumerate(points))
    return "&".join(f"{name}={value}" for name, value in changed.items())


# ---------------------------------------------------------------------------------------- settings


def test_a_link_holds_what_differs_from_the_start_and_nothing_else():
    assert settings.to_query(settings.start()) == ""
    assert settings.from_query("") == settings.start()
    query = "layers=3&lr=0.1"
    assert settings.to_query(settings.from_query(query)) == query
    assert settings.to_query(settings.from_query("layers=2&lr=10")) == "lr=10"


@pytest.mark.parametrize("seed", range(20))
def test_a_link_gives_the_setting_back(seed):
    setting = settings.from_query(random_query(np.random.default_rng(seed)))
    back = settings.from_query(settings.to_query(setting))
    own = setting["data"] == "own"
    assert back == (setting if own else setting | {"points": settings.start()["points"]})


def test_points_of_ones_own_are_in_the_link_in_hundredths():
    setting = settings.from_query("data=own&points=-1.234,0.5,1;2,0,0")
    assert setting["points"] == [(-1.23, 0.5, 1), (2.0, 0.0, 0)]
    assert settings.to_query(setting) == "data=own&points=-1.23,0.5,1;2,0,0"
    assert settings.to_query(setting | {"data": "moons"}) == ""


def test_no_points_are_a_setting_too():
    setting = settings.with_changes(settings.start(), {"data": "own", "points": ""})
    assert setting["points"] == []
    query = settings.to_query(setting)
    assert settings.from_query(query) == setting


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("layer=3", r"a setting has data, n, .*, points, but no 'layer'"),
        ("layers=7", r"layers must be one of 0, 1, 2, 3, 4, got 7"),
        ("layers=x", r"layers must be one of 0, 1, 2, 3, 4, got x"),
        ("lr=-1", r"lr must be one of 0.0001, .*, 30, got -1"),
        ("optimizer=sgd", r"optimizer must be one of SGD, Momentum, .*, got sgd"),
        ("points=1,2", r"points must be like -1,0.5,0;1,1,1, got '1,2'"),
        ("points=a,0,1", r"points must be like"),
        ("points=1,0,0.5", r"points must be like"),
        ("points=3,0,1", r"a point must lie within ±2 and be of class 0 or 1, got 3,0,1"),
        ("points=nan,0,1", r"a point must lie within"),
        ("points=0,0,2", r"a point must lie within"),
        ("points=" + "0,0,1;" * 101, r"points must be at most 100, got 101"),
    ],
)
def test_what_cannot_be_set_is_refused_with_what_can(query, message):
    with pytest.raises(ValueError, match=message):
        playground.start(query)


def test_every_optimizer_of_the_library_can_be_chosen():
    assert settings.OPTIMIZERS[0] == "SGD" and {"Adam", "Lion"} < set(settings.OPTIMIZERS)
    assert "Optimizer" not in settings.OPTIMIZERS


# ----------------------------------------------------------------------------------------- the run


@pytest.mark.parametrize("seed", range(40))
def test_any_setting_runs_or_says_in_a_sentence_that_it_has_diverged(seed):
    query = random_query(np.random.default_rng(seed))
    run = session(query)
    for _ in range(3):
        try:
            run.step()
        except ValueError as error:  # own points of which one is left alone in a batch
            assert "BatchNorm needs two to normalize" in str(error), query
            return
        view = run.view()
        json.dumps(view, allow_nan=False)
        if view["stopped"]:
            sentence = r"Diverged: .* at step \d+, in epoch \d, with lr = \S+\."
            assert re.fullmatch(sentence, view["stopped"]), query
        else:
            assert np.isfinite(view["now"]["loss"]), query
        assert np.isfinite(grids(view["output"], "<f4")).all()


@pytest.mark.parametrize(
    "query",
    ["", "optimizer=Adam&dropout=0.2&norm=batch&schedule=one_cycle", "data=own&optimizer=Nadam"],
)
def test_a_run_in_pieces_is_the_run_at_once(query):
    once, pieces = session(query, 6), session(query)
    for epochs in (1, 2, 3):
        pieces.step(epochs)
        pieces.view()  # to look changes nothing
    assert pieces.view() == once.view()
    np.testing.assert_array_equal(pieces.net.params, once.net.params)


def run_program(code):
    names = {}
    exec(code, names)
    return names


@pytest.mark.parametrize("seed", range(12))
def test_the_copied_program_ends_with_the_same_digits(seed, capsys):
    query = random_query(np.random.default_rng(100 + seed))
    run = session(query)
    try:
        run.step(3)
    except ValueError:
        run = session(query + "&norm=none")
        run.step(3)
    names = run_program(run.code())
    assert repr(names["history"].loss) == repr(run.history.loss)
    np.testing.assert_array_equal(names["net"].params, run.net.params)
    assert capsys.readouterr().out == f"{run.history}\n"


@pytest.mark.parametrize("schedule", ["constant", "cosine", "one_cycle", "warmup"])
def test_what_is_moved_on_the_way_is_in_the_copied_program(schedule):
    run = session(f"penalty=L2&schedule={schedule}", 4)
    run.move("lr", "0.1")
    run.move("strength", "0.03")
    run.step(2)
    run.step(3)
    unmoved = session(f"penalty=L2&schedule={schedule}", 9)
    assert unmoved.history.loss[:4] == run.history.loss[:4]
    assert unmoved.history.loss[4] != run.history.loss[4]
    names = run_program(run.code())
    assert names["history"].val_loss == run.history.val_loss and len(run.history.loss) == 9
    assert run.code().count("train(net") == 2
    assert settings.to_query(run.setting).startswith("lr=0.1")


def test_a_program_that_was_not_run_yet_trains():
    assert len(run_program(session("n=20").code())["history"].loss) == 100


def test_the_program_stands_in_a_page_without_scrolling():
    everything = (
        "data=spirals&layers=4&width=8&activation=leaky_relu&optimizer=Adadelta&norm=layer&"
        "dropout=0.5&penalty=L2&strength=0.0001&schedule=warm_restarts&init=glorot_uniform"
    )
    assert max(map(len, session(everything, 1).code().splitlines())) <= 88


@pytest.mark.parametrize(
    ("query", "epoch"), [("activation=linear&lr=10", 1), ("penalty=L2&strength=0.1&lr=30", 3)]
)
def test_a_run_that_diverges_stops_and_says_so(query, epoch):
    run = session(query)
    while run.history is None or not run.history.diverged:
        before = run.view()
        run.step()
    view = run.view()
    assert view["stopped"].startswith("Diverged: the loss was ")
    assert f"in epoch {epoch}, with lr = " in view["stopped"]
    assert view["output"] == before["output"] and before["epoch"] == epoch - 1
    assert view["epoch"] == len(view["curves"]["loss"]) == epoch
    taken = run.history.steps
    run.step(5)
    assert run.history.steps == taken and run.view() == view
    json.dumps(view, allow_nan=False)


def test_without_points_there_is_nothing_to_learn():
    run = session("data=own&points=0,0,1")
    run.step()
    run = Session(settings.with_changes(run.setting, {"points": ""}))
    with pytest.raises(ValueError, match="set points of both classes first"):
        run.step()
    assert np.isfinite(grids(run.view()["output"], "<f4")).all()


# ------------------------------------------------------------------------------------ what is seen


def test_the_picture_is_the_networks_output_from_the_top_left_corner():
    run = session("data=circles", 5)
    view, window = run.view(), run.data()["window"]
    (output,) = grids(view["output"], "<f4")
    assert window == [-2, 2, -2, 2]
    corners = np.array([[-2, 2], [2, 2], [-2, -2]], np.float32)
    np.testing.assert_allclose(
        output[[0, 0, -1], [0, -1, 0]], run.net(corners)[:, 0], rtol=1e-5, atol=1e-6
    )


def test_every_unit_has_its_picture_in_the_order_of_layers():
    run = session("layers=2&width=3&activation=relu", 5)
    units = grids(run.view()["units"], np.uint8)
    assert len(units) == 6
    plane = run.grid @ run.net.layers[0].W + run.net.layers[0].b
    expected = np.maximum(plane, 0).T.reshape(3, SIDE, SIDE)
    share = expected / np.maximum(expected.max(axis=(1, 2), keepdims=True), 1e-9)
    np.testing.assert_allclose((units[:3].astype(float) - 128) / 127, share, atol=0.005)


def test_no_hidden_layer_has_no_units_and_one_column_of_weights():
    view = session("layers=0", 1).view()
    assert view["units"] == "" and np.shape(view["weights"][0]) == (2, 1)


def test_the_notes_are_the_histories_and_the_curves_are_thinned_out():
    run = session("n=20&batch=200", 400)
    view = run.view()
    assert view["epoch"] == 400 and view["now"]["val_loss"] == run.history.val_loss[-1]
    epochs = view["curves"]["epoch"]
    assert epochs[0] == 1 and epochs[-1] == 400 and 100 < len(epochs) <= 150
    assert view["curves"]["loss"] == [run.history.loss[k - 1] for k in epochs]


def test_the_points_of_both_halves_are_shown():
    data = session("n=50").data()
    assert len(data["training"]) == len(data["validation"]) == 25
    assert {label for *_, label in data["training"]} == {0, 1}
    own = session("data=own").data()
    assert own["validation"] == [] and len(own["training"]) == 8


# ----------------------------------------------------------------------------------- what pages ask


def test_a_page_starts_changes_steps_and_resets():
    shown = playground.start("layers=1&width=2")
    assert shown["query"] == "layers=1&width=2" and shown["view"]["epoch"] == 0
    assert set(shown["setting"]) == {control["name"] for control in playground.controls()}
    first = playground.step(2)
    assert first["epoch"] == 2
    moved = playground.change("lr", "0.1")
    assert moved["view"]["epoch"] == 2 and moved["query"] == "layers=1&width=2&lr=0.1"
    assert "optimizer.lr = 0.1" in playground.code()
    assert playground.change("layers", "2")["view"]["epoch"] == 0
    playground.step(1)
    assert playground.reset()["view"]["epoch"] == 0
    assert "optimizer.lr = 0.1" not in playground.code()
    json.dumps(playground.reset(), allow_nan=False)


def test_what_changes_nothing_is_named():
    assert playground.start()["idle"] == ["strength"]
    idle = playground.start("data=own&layers=0&penalty=L1")["idle"]
    assert set(idle) == {"n", "noise", "width", "activation", "dropout", "norm"}
    for name in idle:  # and does change nothing
        values = settings.CHOICES[name].values
        runs = [
            session(f"data=own&layers=0&penalty=L1&{name}={settings.text(value)}", 1).history.loss
            for value in values
        ]
        assert all(run == runs[0] for run in runs)


def test_values_of_controls_are_what_links_hold():
    for control in playground.controls():
        for value in control["values"]:
            (pair,) = parse_qsl(f"{control['name']}={value}")
            assert settings.text(settings.from_query("=".join(pair))[control["name"]]) == value
