"""Drawing again, and what is said about it."""

import numpy as np

from tests.constraints import asked
from tsgen_jax.constraints import outcome, redraw


def _draw(calls=None):
    """Series of one value each, new with every draw; tokens that tell them apart."""

    def draw(number, rows):
        if calls is not None:
            calls.append(len(rows))
        place = np.arange(len(rows))
        values = np.random.default_rng(number).normal(size=1000)[place]
        x = np.broadcast_to(values[:, None, None], (len(rows), 10, 1))
        return x.astype(np.float32), 1000 * number + place

    return draw


def _half(x):
    return x / 2


def test_a_violating_series_is_drawn_again_until_it_fits():
    rules, calls = asked.make(("a",), min=-0.5, num_redraws=20, redraw_above=0.0), []
    (x, tokens), found = redraw.generate(rules, _draw(calls), 500, _half)
    assert x.min() >= -0.5
    assert found.moved.sum() == 0  # No projection was needed.
    first = _draw()(0, np.arange(500))[0][:, 0, 0]
    np.testing.assert_array_equal(found.redraws > 0, first < -0.5)
    np.testing.assert_array_equal(x[first >= -0.5, 0, 0], first[first >= -0.5])
    assert calls[0] == 500
    assert calls[1] == (first < -0.5).sum()
    assert (np.diff(calls[:5]) < 0).all()
    # Series and tokens are of the same draw.
    number, place = np.divmod(tokens, 1000)
    for row in np.flatnonzero(found.redraws)[:20]:
        again = np.random.default_rng(number[row]).normal(size=1000)[place[row]]
        assert x[row, 0, 0] == np.float32(again)


def test_the_first_of_many_are_those_of_few():
    rules = asked.make(("a",), min=0.2, num_redraws=3)
    (many, _), of_many = redraw.generate(rules, _draw(), 300, _half)
    (few, _), of_few = redraw.generate(rules, _draw(), 40, _half)
    np.testing.assert_array_equal(many[:40], few)
    np.testing.assert_array_equal(of_many.redraws[:40], of_few.redraws)
    assert of_few.redraws.max() == 3


def test_what_cannot_be_avoided_is_moved_from_the_nearest_draw():
    rules = asked.make(("a",), min=10, num_redraws=2, redraw_above=0.0)
    (x, tokens), found = redraw.generate(rules, _draw(), 30, _half)
    np.testing.assert_array_equal(x, 10)
    draws = np.stack([_draw()(n, np.arange(30))[0][:, 0, 0] for n in range(3)])
    np.testing.assert_array_equal(tokens // 1000, draws.argmax(0))
    np.testing.assert_allclose(
        found.max_displacement[:, 0], 10 - draws.max(0), rtol=1e-6
    )
    np.testing.assert_array_equal(found.moved, 10)


def test_small_violations_and_integers_are_projected_at_once():
    for asked_for in (
        {"min": 0, "redraw_above": 5.0},
        {"integer": True, "redraw_above": 0.0},
        {"min": 0, "num_redraws": 0},
    ):
        calls = []
        (x, _), found = redraw.generate(
            asked.make(("a",), **asked_for), _draw(calls), 50, _half
        )
        assert calls == [50]
        assert found.redraws.max() == 0
        assert found.moved.any()
        first = _draw()(0, np.arange(50))[0]
        judge = np.rint(first) if "integer" in asked_for else np.maximum(first, 0)
        np.testing.assert_array_equal(x, judge)


def test_the_outcome_counts_values_and_distances_in_units():
    before = np.zeros((3, 4, 2), np.float32)
    after = before.copy()
    after[0, :2, 0], after[2, 3, 0] = (1, 3), -2
    after[1, 0, 1] = 9  # Given: nobody moved it.
    generated = np.ones(before.shape, bool)
    generated[1, 0, 1] = False
    found = outcome.measure(("a", "b"), before, after, generated, np.array([0, 2, 1]))
    assert found.summary() == {
        "series": 3,
        "series_redrawn": 2,
        "series_projected": 2,
        "values": 23,
        "values_projected": 3,
        "channels": {
            "a": {"values": 3, "mean_displacement": 2.0, "max_displacement": 3.0}
        },
    }
    said = str(found)
    assert "of 3 series, tokens of 2 drawn again; 3 of 23 values in 2 series" in said
    assert "a: 3 values moved by 2 on average, 3 at most" in said
    stored = outcome.from_arrays(("a", "b"), {"x": after, **found.arrays()})
    assert stored.summary()["channels"] == found.summary()["channels"]
    assert outcome.from_arrays(("a", "b"), {"x": after}) is None
