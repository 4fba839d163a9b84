import itertools
import math

import numpy as np
import pandas as pd
import pytest

from experiments import comparisons

_SCORE = comparisons.Score("x", "lower", False, "")


def _rows(effect, sets=8, seeds=3, noise=0.05, arms=("none", "control-a", "some-a")):
    chance = np.random.default_rng(0)
    rows = []
    for s, arm, seed in itertools.product(range(sets), arms, range(seeds)):
        value = 10 * s + effect.get(arm, 0.0) + noise * chance.normal()
        rows.append({"set": f"s{s}", "arm": arm, "seed": seed, "x": value})
    return pd.DataFrame(rows)


def _exact(gap):
    """Wilcoxon's two-sided p by going through all signs."""
    size = np.argsort(np.argsort(np.abs(gap))) + 1
    seen = abs(size[gap > 0].sum() - size[gap < 0].sum())
    signs = itertools.product((-1, 1), repeat=len(gap))
    return np.mean([abs(np.dot(s, size)) >= seen for s in signs])


def _holm(ps):
    order, made, worst = np.argsort(ps), [0.0] * len(ps), 0.0
    for rank, index in enumerate(order):
        worst = max(worst, min(1.0, (len(ps) - rank) * ps[index]))
        made[index] = worst
    return made


def test_tests_of_a_family_are_as_by_hand():
    rows = _rows({"some-a": -0.4, "control-a": 0.01})
    family = comparisons.tested(
        comparisons.pairs(comparisons.values(rows, _SCORE), "none")
    )
    for row in family:
        means = rows.groupby(["set", "arm"])["x"].mean().unstack("arm")
        gap = (means[row["b"]] - means["none"]).to_numpy()
        assert row["mean"] == pytest.approx(gap.mean())
        assert row["p"] == pytest.approx(_exact(gap))
    assert [r["p_holm"] for r in family] == pytest.approx(
        _holm([r["p"] for r in family])
    )
    assert family[1]["p_holm"] == pytest.approx(2 * 2 / 2**8)
    assert family[0]["least_p"] == pytest.approx(2 * 2 / 2**8)


def test_equal_arms_have_p_1():
    rows = _rows({}, noise=0.0)
    family = comparisons.tested(
        comparisons.pairs(comparisons.values(rows, _SCORE), "none")
    )
    assert [row["p"] for row in family] == [1.0, 1.0]


def test_the_visible_difference_is_found_four_times_in_five():
    chance = np.random.default_rng(1)
    gap = chance.normal(size=8)
    gap = (gap - gap.mean()) / gap.std(ddof=1)
    visible = comparisons._visible(gap, 0.05)
    x = visible + chance.normal(size=(20_000, 8))
    t = x.mean(1) / (x.std(1, ddof=1) / math.sqrt(8))
    assert np.mean(np.abs(t) > 2.3646) == pytest.approx(0.8, abs=0.01)  # t(7), 97.5 %.


def test_the_mixed_model_finds_effects_and_intervals():
    rows = _rows({"some-a": -0.4, "control-a": 0.2})
    made = comparisons.effects(comparisons.values(rows, _SCORE), "none")
    assert made.model.startswith("mixed model")
    assert set(made.table.index) == {"some-a", "control-a"}
    for arm, effect in (("some-a", -0.4), ("control-a", 0.2)):
        low, high = made.table.loc[arm, "low"], made.table.loc[arm, "high"]
        assert low < effect < high
        # Of means over 8 sets x 3 seeds of noise 0.05 (balanced, so exact).
        assert high - low == pytest.approx(
            2 * 1.96 * 0.05 * math.sqrt(2 / 24), rel=0.35
        )


def test_one_seed_is_fitted_by_least_squares():
    rows = _rows({"some-a": 1.0}, seeds=1)
    made = comparisons.effects(comparisons.values(rows, _SCORE), "none")
    assert made.model.startswith("least squares")
    assert made.table.loc["some-a", "low"] < 1.0 < made.table.loc["some-a", "high"]
    assert comparisons.effects(comparisons.values(rows, _SCORE), "gone") is None


def test_levels_are_compared_in_the_contexts_that_both_have():
    arms = ("none", "m-a", "m-b", "n-a")
    rows = _rows({"m-b": 4.0, "n-a": 1.0, "none": -2.0}, noise=0.0, arms=arms)
    families = comparisons.factors(comparisons.values(rows, _SCORE))
    first = {(r["a"], r["b"]): r["differences"].mean() for r in families[0]}
    assert first["m", "n"] == pytest.approx(1.0)  # In a alone.
    assert first["none", "m"] == pytest.approx(2.0 + 2.0)  # Nothing in common: all.
    second = {(r["a"], r["b"]): r["differences"].mean() for r in families[1]}
    assert second == {("a", "b"): pytest.approx(4.0)}  # In m alone.


def test_logarithms_where_a_score_is_positive():
    rows = pd.DataFrame({"set": "s", "arm": "a", "seed": [0, 1], "x": [1.0, math.e]})
    score = _SCORE._replace(log=True)
    assert comparisons.values(rows, score)["value"].tolist() == pytest.approx([0, 1])
    rows["x"] = [-1.0, 2.0]  # An FID may be below 0.
    assert comparisons.values(rows, score)["value"].tolist() == [-1.0, 2.0]
    rows["x"] = [None, 2.0]
    assert len(comparisons.values(rows, score)) == 1
