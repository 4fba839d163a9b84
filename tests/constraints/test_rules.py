"""Texts and values that users write, and what cannot be satisfied."""

import numpy as np
import pytest

from tests.constraints import asked
from tsgen_jax.constraints import terms


def test_texts_and_values_say_the_same():
    by_text = asked.section(min="load=0, temp=-40", sum_to="time:rain=5")
    assert terms.parse("min", by_text.min) == {"load": 0.0, "temp": -40.0}
    by_value = asked.section(min={"load": np.float32(0), "temp": -40})
    assert terms.parse("min", by_value.min) == terms.parse("min", by_text.min)
    assert terms.parse("sum_to", by_text.sum_to) == {"time:rain": 5.0}
    assert terms.parse("max", "1e3") == {"all": 1000.0}
    assert terms.parse("integer", asked.section(integer=True).integer) == {"all": True}
    assert asked.section(integer=False, nonnegative=None).integer == ""
    listed = asked.section(nonnegative=["load", "rain"]).nonnegative
    assert terms.parse("nonnegative", listed) == {"load": True, "rain": True}
    odd = asked.section(max={"a,b=c": 1}).max  # A name that a plain text cannot hold.
    assert terms.parse("max", odd) == {"a,b=c": 1.0}


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"min": "low"}, "'low', which is no finite number: write a number for all"),
        ({"max": "load=inf"}, "'load=inf', which is no finite number"),
        ({"min": True}, "which is no finite number"),
        ({"min": "load=1,load=2"}, "names load twice"),
        ({"min": "=1"}, "without a channel"),
        ({"monotone": "up"}, "must be increasing or decreasing"),
        ({"integer": "load=3"}, r"names the channel 'load=3'; channels are load, temp"),
        ({"integer": {"load": 3}}, "load=3: write all, or names"),
        ({"minimum": 0}, "unknown minimum; known are min, max"),
        ({"min": "{"}, "is no JSON"),
        ({"min": {"wind": 0}}, "'wind'; channels are load, temp, rain, or numbers"),
        ({"min": {3: 0}}, "'3'; channels are"),
        ({"num_redraws": -1}, "num_redraws=-1: at least 0"),
        ({"redraw_above": float("nan")}, "redraw_above=nan"),
        # What no series satisfies.
        ({"min": 2, "max": {"temp": 1}}, "min=2 is above max=1 of channel temp"),
        ({"nonnegative": True, "max": -1}, "min=0 is above max=-1"),
        ({"min": 0.2, "max": 0.8, "integer": True}, "no integer from min=0.2 to max"),
        ({"min": 1e60}, "1e[+]60 is no float32"),
        ({"min": 1 + 1e-12, "max": 1 + 2e-12}, "no float32 number from min=1"),
        ({"min": 0, "max": 1, "sum_to": 4}, "allow sums from 0 to 3 at a time point"),
        ({"max": 1, "sum_to": "time:load=20"}, "from -inf to 10 over 10 time points"),
        ({"integer": True, "sum_to": 1.5}, "=1.5 is no sum of integers"),
        # What is not supported.
        ({"integer": "load", "sum_to": 1}, "some are integers and some are not"),
        ({"sum_to": "load=1"}, "would make it constant. .* write time:load=1"),
        ({"sum_to": "load+load=1"}, "names a channel twice"),
        ({"sum_to": "load+temp=1,temp+rain=1"}, "temp in two sums"),
        ({"sum_to": "1,time:1"}, "in two sums"),
        ({"monotone": "load=increasing", "sum_to": 1}, "with monotone is not support"),
        (
            {"monotone": "increasing", "integer": True, "sum_to": "time:1"},
            "leave one of the three out",
        ),
    ],
)
def test_what_cannot_be_is_refused_with_the_values(values, message):
    with pytest.raises(ValueError, match=message):
        asked.make(**values)


def test_sums_over_time_need_one_length():
    with pytest.raises(ValueError, match="unequal lengths"):
        asked.make(sum_to="time:load=1", has_ends=True)


def test_bounds_hold_as_float32_and_as_its_decimal():
    rng = np.random.default_rng(0)
    for bound in (*rng.normal(size=300), 0.1, 0.0, 1 / 3, 1e-30, -7.5, 16777217):
        rules = asked.make(("a",), min=bound - 1, max=bound)
        high, low = np.float32(rules.high[0]), np.float32(rules.low[0])
        assert high == rules.high[0]
        assert max(float(high), float(str(high))) <= bound
        assert min(float(low), float(str(low))) >= bound - 1
        # And no further in than a step or two.
        assert abs(bound - high) <= 2 * np.spacing(np.float32(abs(bound)))


def test_channels_are_named_or_numbered():
    rules = asked.make(min="load=0,2=-1", nonnegative="rain", monotone="1=decreasing")
    np.testing.assert_array_equal(rules.low, [0, -np.inf, 0])
    np.testing.assert_array_equal(rules.direction, [0, -1, 0])
    named = asked.make(("1", "0"), min="1=5")  # A name is a name.
    np.testing.assert_array_equal(named.low, [5, -np.inf])
    assert not asked.make()
    assert rules


def test_what_is_rounded_for_a_table_keeps_to_the_bounds_and_not_in_a_sum():
    made = asked.make(min=0.5, max={"temp": 2.75}, sum_to={"load+rain": 3})
    (load, temp, rain) = made.bounds_of_rounding()
    assert np.isnan([*load, *rain]).all()
    assert temp == (0.5, 2.75)
    whole = asked.make(integer={"load": True}, sum_to={"time:load": 3})
    assert whole.bounds_of_rounding()[0] == (-np.inf, np.inf)
