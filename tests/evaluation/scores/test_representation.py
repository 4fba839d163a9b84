import numpy as np

from tsgen_jax.evaluation.measures import intervals, probes, tokens
from tsgen_jax.evaluation.scores import representation

_K = 6


def _data(seed=0):
    """Codes, and tokens whose use depends on the class."""
    rng = np.random.default_rng(seed)
    codes = rng.normal(size=(_K, 4))
    y = np.arange(40) % 2
    drawn = rng.integers(0, 3, (40, 5)) + 3 * y[:, None]
    return codes, drawn, y, rng.normal(size=(40, 7, 1)) + y[:, None, None]


def test_probes_see_the_mean_code_and_the_series():
    codes, drawn, y, x = _data()
    halves = slice(0, 20), slice(20, 40)
    a, b = halves
    scores = representation.probe_scores(
        codes, drawn[a], y[a], drawn[b], y[b], x[a], x[b], seed=0, level=0.9
    )
    pooled = np.stack([[codes[t] for t in row] for row in drawn]).mean(1)
    flat = x.reshape(40, -1)
    for score, probe in zip(
        scores, (probes.linear_probe, probes.svm_probe, probes.knn_probe), strict=True
    ):
        assert score.value == probe(pooled[a], y[a], pooled[b], y[b], 0)
        assert score.floors["raw series"] == probe(flat[a], y[a], flat[b], y[b], 0)
        assert score.value > 0.8
        ends = intervals.wilson(score.value, 20, 0.9)
        assert (score.low, score.high) == ends
        assert score.group == "representation"


def test_token_scores_are_those_of_tokens_with_their_floors():
    codes, drawn, y, _ = _data()
    samples = np.where(drawn == 5, 4, drawn)  # Code 5 is never generated.
    scores, notes = representation.token_scores(
        codes, drawn[:20], drawn[20:], y[20:], samples, seed=0
    )
    of = {s.name: s for s in scores}
    assert notes == []
    told = of["token_class_information_pooled"]
    direct = tokens.token_class_information(drawn[20:], y[20:], _K)
    assert told.value == direct["pooled"]
    np.testing.assert_allclose(told.ideal, np.log(2))
    np.testing.assert_allclose(told.value, np.log(2))  # Each code has one class.
    assert told.floors["shuffled classes"] < 0.2
    distance = of["token_use_distance"]
    assert distance.value == tokens.usage_distance(drawn[20:], samples, _K)
    assert distance.floors["TRAIN"] == tokens.usage_distance(drawn[20:], drawn[:20], _K)
    np.testing.assert_allclose(of["token_use_coverage"].value, 5 / 6)
    assert 0 < of["codebook_cosine"].value <= 1


def test_a_collapsed_codebook_and_one_class_are_said():
    codes, drawn, y, _ = _data()
    one = np.zeros_like(drawn)
    scores, notes = representation.token_scores(codes, one, one, 0 * y, one, seed=0)
    assert notes == ["No codebook correlation: TEST uses one code only."]
    assert {s.name for s in scores} == {"token_use_distance", "token_use_coverage"}
    assert all(np.isfinite(s.value) for s in scores)
