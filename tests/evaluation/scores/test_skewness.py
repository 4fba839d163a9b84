import numpy as np
import scipy.stats

from tsgen_jax.evaluation import scores
from tsgen_jax.evaluation.scores.skewness import skewness, without_interval


def test_it_is_scipys_weighted_by_variance():
    rng = np.random.default_rng(0)
    x = np.stack([rng.exponential(size=90), 3 * rng.normal(size=90), np.ones(90)], 1)
    each, weight = np.abs(scipy.stats.skew(x[:, :2])), x[:, :2].var(0)
    np.testing.assert_allclose(skewness(x), np.average(each, weights=weight))
    assert skewness(np.ones((5, 2))) == 0


def test_skewed_features_have_a_word_and_no_interval():
    rng = np.random.default_rng(0)
    even = rng.normal(size=(60, 3))
    assert without_interval(even, even) == ()
    assert "skewed" in without_interval(even, np.exp(1.5 * even))[0]
    y = [np.arange(60) % 2] * 3
    settings = {"seed": 0, "num_draws": 20, "level": 0.95}
    settings |= {"num_neighbours": 5, "max_rows": 100}
    for x, is_said in ((even, False), (np.exp(1.5 * even), True)):
        found, _ = scores.fidelity("fcn", x, x[::-1] + 0.1, x, *y, None, **settings)
        frechet = [s for s in found if s.name in ("fid", "class_fid")]
        assert len(frechet) == 2
        for score in frechet:
            assert ("No interval" in score.note) == is_said
            assert (score.low is None) == is_said
        others = [s for s in found if s.name in ("precision", "coverage", "mmd")]
        assert all(s.low is not None for s in others)
