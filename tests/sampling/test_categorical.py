import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats

from tsgen_jax.sampling import categorical


@pytest.mark.parametrize("num_codes", [2, 7, 300])
def test_draws_have_their_probabilities(num_codes):
    rng = np.random.default_rng(num_codes)
    logits = 2 * rng.normal(size=num_codes).astype("f")
    drawn = categorical.draw(
        jax.random.key(0), jnp.broadcast_to(logits, (100, 1000, num_codes)) + 50
    )
    assert drawn.shape == (100, 1000)
    assert drawn.dtype == jnp.int32
    p = np.exp(logits.astype(float))
    expected = 1e5 * p / p.sum()
    seen = np.bincount(np.asarray(drawn).ravel(), minlength=num_codes)
    often = expected > 5
    seen = [*seen[often], seen[~often].sum()]
    expected = [*expected[often], expected[~often].sum()]
    if expected[-1] == 0:
        seen, expected = seen[:-1], expected[:-1]
    assert stats.chisquare(seen, expected).pvalue > 0.001


def test_what_cannot_be_is_never_drawn():
    logits = jnp.array([-jnp.inf, 0.0, -jnp.inf, -jnp.inf, 1.0, -jnp.inf])
    drawn = categorical.draw(jax.random.key(1), jnp.broadcast_to(logits, (200_000, 6)))
    assert set(np.unique(drawn)) == {1, 4}


def test_rows_are_independent_and_large_logits_are_no_matter():
    logits = jnp.zeros((50_000, 2, 2)).at[:, 1].add(1e30)
    first, second = np.asarray(categorical.draw(jax.random.key(2), logits)).T
    assert abs(first.mean() - 0.5) < 0.01
    assert abs(np.corrcoef(first, second)[0, 1]) < 0.02


@pytest.mark.parametrize(("level", "drawn"), [(0.0, 1), (1 - 2**-23, 3)])
def test_the_ends_of_the_random_numbers_are_classes_that_can_be(
    monkeypatch, level, drawn
):
    monkeypatch.setattr(
        jax.random, "uniform", lambda key, shape: jnp.full(shape, level)
    )
    for weights in ([0.0, 0.3, 0.2, 0.5, 0.0], [0.0, 1e-3, 7.0, 3e3, 0.0]):
        logits = jnp.log(jnp.array(weights))
        assert categorical.draw(jax.random.key(0), logits[None]) == drawn
