import jax
import numpy as np
import pytest

from tsgen_jax.api import sliding

_L = 12


class _Lines:
    """Draws lines of slope 1 through the nearest known value; notes what it was given.

    Where a window knows nothing its draw number times 100 begins the line.
    """

    def __init__(self):
        self.length = _L
        self.calls, self.least = [], _L

    def inpaint(self, key, x, observed, label, num):
        assert x.shape[1] == _L
        assert np.array_equal(observed, ~np.isnan(x))
        self.calls.append((len(x), num, np.array(label)))
        time = np.arange(_L)
        drawn = np.repeat(x[None], num, axis=0)
        for d, i, c in np.ndindex(num, len(x), x.shape[2]):
            known = np.flatnonzero(observed[i, :, c])
            at = known[np.abs(time[:, None] - known).argmin(1)] if len(known) else 0
            value = drawn[d, i, at, c] if len(known) else 100.0 * d
            gap = ~observed[i, :, c]
            drawn[d, i, gap, c] = (value + time - at)[gap]
        return drawn


def _series(length, *gaps, offset=0.0):
    x = np.arange(length, dtype=np.float64)[:, None] * np.ones((1, 2)) + offset
    for a, b in gaps:
        x[a:b] = np.nan
    return x


@pytest.mark.parametrize("length", [5, 12, 13, 18, 40, 61])
def test_gaps_of_any_length_are_filled_and_the_rest_is_kept(length):
    generator = _Lines()
    gaps = [(1, 3), (length // 2, length // 2 + 2), (length - 2, length)]
    series = [_series(length, *gaps, offset=o) for o in (0.0, 1000.0)]
    found = sliding.fill(generator, jax.random.key(0), series, np.array([3, 1]), 4)
    for x, offset in zip(found, (0.0, 1000.0), strict=True):
        assert x.shape == (4, length, 2)
        judge = np.arange(length)[:, None] + offset
        np.testing.assert_array_equal(x, np.broadcast_to(judge, x.shape))


def test_a_gap_longer_than_a_window_goes_on_from_what_each_draw_drew():
    generator = _Lines()
    series = [_series(80, (10, 60)), _series(80)]
    found = sliding.fill(generator, jax.random.key(0), series, np.array([0, 1]), 3)
    np.testing.assert_array_equal(found[0], np.broadcast_to(_series(80), (3, 80, 2)))
    # The whole series asks for nothing; later windows have a row for every draw.
    assert generator.calls[0][:2] == (1, 3)
    assert {call[:2] for call in generator.calls[1:]} == {(3, 1)}
    assert all((labels == 0).all() for *_, labels in generator.calls)


def test_windows_with_nothing_between_them_are_drawn_together():
    generator = _Lines()
    series = [_series(200, (22, 24), (90, 92), (160, 162)), _series(50, (40, 41))]
    sliding.fill(generator, jax.random.key(0), series, np.array([0, 1]), 2)
    assert len(generator.calls) == 1
    assert generator.calls[0][0] == 4


@pytest.mark.parametrize("length", [13, 30, 59])
def test_values_are_drawn_with_a_quarter_of_a_window_on_either_side(length):
    done = 0
    for start, stop in sliding._windows(length, _L):
        assert 0 <= start <= length - _L
        assert start == 0 or done - start >= _L // 4
        assert stop == length or start + _L - stop == _L // 4
        assert stop > done
        done = stop
    assert done == length


@pytest.mark.parametrize("lengths", [(7, 7), (7, 5), (30, 30), (30, 9)])
def test_series_go_on_past_gaps(lengths):
    generator = _Lines()
    series = [
        _series(n, (n - 4, n - 2), offset=100.0 * i) for i, n in enumerate(lengths)
    ]
    found = sliding.go_on(
        generator, jax.random.key(0), series, 5, np.array([0, 1]), 3, _L // 2
    )
    for i, (x, n) in enumerate(zip(found, lengths, strict=True)):
        judge = (np.arange(n, n + 5) + 100.0 * i)[:, None]
        np.testing.assert_array_equal(x, np.broadcast_to(judge, (3, 5, 2)))


def test_a_past_without_a_value_is_refused():
    series = [_series(30), _series(30, (10, 30))]
    with pytest.raises(ValueError, match=r"Series 1 .* last 12 time points"):
        sliding.go_on(_Lines(), jax.random.key(0), series, 5, np.array([0, 1]), 3, 6)
