"""Series drawn as text."""

import numpy as np

from tsgen_jax.reports.terminal import series_text


def _panel(x, encoding="ascii"):
    """Whether there is something in each of the 5 rows of 60 characters."""
    lines = series_text(np.asarray(x)[None, :, None], ["v"], "TRAIN", encoding)
    rows = [line[12:].ljust(60) for line in lines.splitlines()[2:]]
    assert {len(row) for row in rows} == {60}
    return np.array([[letter != " " for letter in row] for row in rows])


def test_a_line_is_where_its_values_are():
    rising = _panel(np.arange(50.0))
    row, column = np.nonzero(rising)
    np.testing.assert_array_equal(np.unique(column), np.arange(60))
    assert np.abs((4 - row) - (column + 0.5) / 12).max() < 1.1
    step = _panel([0, 0, 0, 1, 1, 1])
    assert step[4, :24].all()
    assert step[0, -24:].all()
    assert step[:, 23:37].any(1).all()  # The jump is a line as well.
    assert not step[1:4, :20].any()


def test_many_points_and_constants_have_their_place():
    spike = np.zeros(10_000)
    spike[5000] = 9.0
    drawn = _panel(spike)
    assert drawn[:, 30].all()
    assert not drawn[:4, :29].any()
    np.testing.assert_array_equal(_panel(np.full(7, 3.0)).any(1), [0, 0, 1, 0, 0])


def test_a_gap_is_a_gap_and_a_value_alone_is_a_dot():
    x = np.ones(12)
    x[4:10] = np.nan
    drawn = _panel(x).any(0)
    assert drawn[:15].all()
    assert not drawn[18:54].any()
    assert drawn[55:].all()
    alone = np.full(13, np.nan)
    alone[6] = 1.0
    assert _panel(alone).sum() == 1
    nothing = series_text(np.full((2, 5, 1), np.nan), ["v"], "TRAIN", "ascii")
    assert "no values" in nothing


def test_dots_are_braille_where_the_terminal_has_it():
    x = np.arange(20.0)
    text = series_text(x[None, :, None], ["v"], "TRAIN", "utf-8")
    assert "\u2801" <= max(text) <= "\u28ff"
    np.testing.assert_array_equal(_panel(x), _panel(x, "utf-8"))
    assert series_text(x[None, :, None], ["v"], "TRAIN", "latin-1").isascii()
