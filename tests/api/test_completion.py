import jax
import numpy as np
import pytest

from tsgen_jax.api import completion

_L = 10


class _Counting:
    """Goes on by 1 a step from the last observed value; notes what it saw."""

    def __init__(self):
        self.length = _L
        self.seen = []

    def inpaint(self, key, x, observed, label, num):
        self.seen.append((int(observed[0, :, 0].sum()), label))
        kept = self.seen[-1][0]
        assert observed[:, :kept].all()
        assert not observed[:, kept:].any()
        more = x[:, kept - 1 : kept] + np.arange(1, _L - kept + 1)[None, :, None]
        return np.concatenate([x[:, :kept], more], axis=1)[None]


@pytest.mark.parametrize(
    ("start", "length", "overlap", "windows"),
    [
        (6, 10, 3, [6]),  # It fits: the past is the beginning of the window.
        (6, 8, 3, [6]),
        (6, 11, 3, [3]),
        (10, 13, 5, [5]),
        (2, 25, 4, [2, 4, 4, 4]),
        (37, 44, 9, [9] * 7),
        (12, 12, 5, []),
    ],
)
def test_windows_follow_each_other(start, length, overlap, windows):
    generator = _Counting()
    paths = np.arange(start) + np.array([0, 100, 200])[:, None]
    paths = paths[:, :, None].astype(np.float32)
    label = np.array([0, 1, 1])
    found = completion.extend(
        generator, jax.random.key(0), paths, length, label, overlap
    )
    judge = np.arange(length) + np.array([0, 100, 200])[:, None]
    np.testing.assert_array_equal(found[:, :, 0], judge)
    assert [kept for kept, _ in generator.seen] == windows
    for _, seen in generator.seen:
        np.testing.assert_array_equal(seen, label)


def test_every_draw_of_a_forecast_has_the_right_past_and_class():
    generator = _Counting()
    context = (np.arange(7) + np.array([0, 100])[:, None])[:, :, None]
    found = completion.forecast(
        generator, jax.random.key(0), context, 8, np.array([3, 5]), 3, 4
    )
    judge = 7 + np.arange(8) + np.array([0, 100])[:, None]
    assert found.shape == (3, 2, 8, 1)
    for draw in found:
        np.testing.assert_array_equal(draw[:, :, 0], judge)
    np.testing.assert_array_equal(generator.seen[0][1], [3, 5] * 3)
