"""Windows whose values are their own time points, so that overlaps show."""

import itertools

import numpy as np
import pytest

from tsgen_jax.data import windows
from tsgen_jax.data.series import SeriesSet


def _long(*lengths, part=None, label=None):
    series = tuple(
        np.arange(n, dtype=float)[:, None] + 10_000 * i for i, n in enumerate(lengths)
    )
    return SeriesSet("own", "own.csv", series, label, ("t",), part, ())


def _times(found):
    """Part -> the set of time points that its windows cover."""
    covered = {part: set() for part in windows.PARTS}
    for x, part in zip(found.series, found.part, strict=True):
        covered[str(part)] |= set(x[:, 0].tolist())
    return covered


@pytest.mark.parametrize("window", [2, 7, 24])
@pytest.mark.parametrize("stride", [-1, 1, 5, 40])
@pytest.mark.parametrize("fractions", [(0.2, 0.2), (0.5, 0.1), (0.25, 0.0)])
def test_no_time_point_is_in_two_parts(window, stride, fractions):
    found = windows.cut(_long(600, 500), window, stride, *fractions)
    covered = _times(found)
    for a, b in itertools.combinations(covered.values(), 2):
        assert not a & b
    assert covered["TRAIN"]
    assert covered["TEST"]
    assert bool(covered["VALID"]) == (fractions[1] > 0)
    for x in found.series:  # A window is one stretch of one series.
        np.testing.assert_array_equal(np.diff(x[:, 0]), 1)
        assert len(x) == window
    # By time: within a series train is before validation, that before test.
    first = {p: {t for t in c if t < 10_000} for p, c in covered.items()}
    order = [first[p] for p in windows.PARTS if first[p]]
    for early, late in itertools.pairwise(order):
        assert max(early) < min(late)


def test_windows_by_hand():
    found = windows.cut(_long(20), 4, 3, 0.4, 0.0)
    starts = [int(x[0, 0]) for x in found.series]
    assert starts == [0, 3, 6, 12, 15]  # 12 time points for TRAIN, 8 for TEST.
    assert found.part.tolist() == ["TRAIN"] * 3 + ["TEST"] * 2
    quarter = windows.cut(_long(64), 8, -1, 0.5, 0.0)
    assert [int(x[0, 0]) for x in quarter.series[:3]] == [0, 2, 4]


def test_labels_and_given_parts_are_kept():
    part, label = np.array(["TRAIN", "TEST"]), np.array(["a", "b"])
    found = windows.cut(_long(40, 40, part=part, label=label), 4, 4, 0.2, 0.25)
    for x, p, y in zip(found.series, found.part, found.label, strict=True):
        assert (p == "TEST") == (x[0, 0] >= 10_000) == (y == "b")
    assert (found.part == "VALID").any()


def test_a_window_without_any_value_of_a_channel_is_left_out():
    long = _long(100)
    long.series[0][8:20] = np.nan
    found = windows.cut(long, 4, 4, 0.2, 0.0)
    assert len(found.series) == 25 - 3
    assert "3 windows without a value" in found.notes[-1]
