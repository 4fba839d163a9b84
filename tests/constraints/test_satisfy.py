"""Series after the projection: judged by loops of their own."""

import numpy as np
import pytest

from tests.constraints import asked
from tsgen_jax.constraints import satisfy

_CASES = [
    {"min": -0.3, "max": 0.1},
    {"nonnegative": True, "max": "temp=0.5"},
    {"integer": True, "min": -1},
    {"monotone": "load=increasing,temp=decreasing", "max": 0.7},
    {"monotone": "increasing", "integer": True, "min": 0},
    {"sum_to": 1, "min": 0},
    {"sum_to": 3, "min": 0, "integer": True},
    {"sum_to": "load+rain=0.25"},
    {"sum_to": "time:load=7.5,time:temp=-2", "min": -1, "max": 1.1},
    {"sum_to": "time:4", "monotone": "decreasing", "min": -0.2, "max": 2.1},
]
_IDS = [" ".join(f"{k}={v}" for k, v in case.items()) for case in _CASES]


def _series(num=200):
    return np.random.default_rng(0).normal(size=(num, 10, 3)).astype(np.float32)


def _holds(case, x) -> bool:
    """Whether one series [L, C], read as decimals, satisfies a case of `_CASES`."""
    x = np.array([[float(str(v)) for v in row] for row in x])
    names = asked.CHANNELS

    def of(key):
        value = case.get(key)
        if value is None:
            return {}
        if "=" not in str(value):
            return dict.fromkeys(names, value)
        return dict(part.split("=") for part in value.split(","))

    good = [(x[:, names.index(c)] >= float(v)).all() for c, v in of("min").items()]
    good += [(x[:, names.index(c)] <= float(v)).all() for c, v in of("max").items()]
    good += [(x >= 0).all()] * ("nonnegative" in case)
    good += [(x % 1 == 0).all()] * ("integer" in case)
    for c, word in of("monotone").items():
        steps = np.diff(x[:, names.index(c)]) * (1 if word == "increasing" else -1)
        good.append((steps >= 0).all())
    for part in str(case.get("sum_to", "")).split(",") if "sum_to" in case else ():
        if part.startswith("time:"):
            name, _, total = part[5:].rpartition("=")
            columns = x if not name else x[:, [names.index(name)]]
            sums = columns.sum(0)
        else:
            name, _, total = part.rpartition("=")
            numbers = [names.index(n) for n in name.split("+")] if name else [0, 1, 2]
            sums = x[:, numbers].sum(1)
        good.append(np.allclose(sums, float(total), atol=1e-5))
    return all(good)


@pytest.mark.parametrize("case", _CASES, ids=_IDS)
def test_projected_series_satisfy_every_rule(case):
    rules, x = asked.make(**case), _series()
    assert not all(_holds(case, one) for one in x)
    assert satisfy.violations(rules, x)
    found = satisfy.project(rules, x)
    assert found.dtype == np.float32
    assert all(_holds(case, one) for one in found)
    assert not satisfy.violations(rules, found)
    np.testing.assert_allclose(satisfy.project(rules, found), found, atol=1e-6)
    # It is the nearest: no other series that satisfies the rules is nearer.
    distance = ((found - x) ** 2).sum((1, 2))
    for other in (np.roll(found, 1, axis=0), np.roll(found, 7, axis=0)):
        assert (distance <= ((other - x) ** 2).sum((1, 2)) + 1e-5).all()
        between = 0.9 * found + 0.1 * other  # The rules are convex but for integers.
        if "integer" not in case:
            assert (distance <= ((between - x) ** 2).sum((1, 2)) + 1e-5).all()


@pytest.mark.parametrize("case", _CASES, ids=_IDS)
def test_series_end_where_they_end(case):
    if "time:" in str(case.get("sum_to")):
        return
    x = _series(20)
    x[3:, 6:], x[7:, 1:] = np.nan, np.nan
    found = satisfy.project(asked.make(**case, has_ends=True), x)
    np.testing.assert_array_equal(np.isnan(found), np.isnan(x))
    for one in found:
        assert _holds(case, one[~np.isnan(one[:, 0])])
    assert not satisfy.violations(asked.make(**case, has_ends=True), found)


@pytest.mark.parametrize("case", _CASES, ids=_IDS)
def test_given_values_stay_and_the_others_satisfy_with_them(case):
    rng = np.random.default_rng(1)
    rules = asked.make(**case)
    good = satisfy.project(rules, _series())
    observed = rng.random(good.shape) < 0.4
    drawn = np.where(observed, good, good + rng.normal(size=good.shape))
    found = satisfy.project(rules, drawn.astype(np.float32), observed)
    np.testing.assert_array_equal(found[observed], good[observed])
    assert not satisfy.violations(rules, found)
    assert (found != good).any()


def test_given_values_that_violate_stay_and_the_others_do_what_they_can():
    rules = asked.make(("a",), length=4, min=0, max=1, monotone="increasing")
    x = np.array([0.9, 0.5, 5.0, 0.2], np.float32)[None, :, None]
    observed = np.array([1, 0, 0, 1], bool)[None, :, None]
    found = satisfy.project(rules, x, observed)[0, :, 0]
    np.testing.assert_array_equal(found, np.float32([0.9, 0.9, 0.9, 0.2]))
    assert list(satisfy.violations(rules, found[None, :, None])) == ["a increasing"]
    rules = asked.make(("a", "b"), sum_to=1, min=0)
    x = np.float32([[[1.5, 0.3], [0.4, 0.3]]])
    found = satisfy.project(rules, x, np.array([[[True, False]] * 2]))
    np.testing.assert_allclose(found, [[[1.5, 0], [0.4, 0.6]]])
    said = satisfy.violations(rules, found)
    assert list(said) == ["a+b summing to 1"]
    np.testing.assert_array_equal(said["a+b summing to 1"][0], [[1, 1], [0, 0]])


def test_no_negative_zero_is_written():
    rules = asked.make(integer=True, min=0)
    found = satisfy.project(rules, np.full((1, 10, 3), -0.2, np.float32))
    assert not np.signbit(found).any()
    assert not np.signbit(satisfy.project(asked.make(max=0), np.float32(found))).any()
