import jax
import numpy as np
import pytest

from experiments import leak
from tests import lessons


@pytest.mark.slow
def test_only_statistics_and_codebook_follow_test():
    lesson = lessons.tiny_tokenizer("none")
    params, state = jax.jit(lesson.init)(
        jax.random.key(0), {"x": lesson.rows["x"][:16]}
    )
    weights = jax.tree.map(np.asarray, lesson.stage.export(params, state))
    x = lesson.rows["x"][:16]

    def after(x_test):
        key = jax.random.key(1)
        found = leak.leaked(lesson.stage, weights, x, x_test, 16, key)
        return jax.tree.map(np.asarray, found)

    near, far = after(x), after(3 * x + 5)
    for made in (near, far):
        jax.tree.map(np.testing.assert_array_equal, made["params"], weights["params"])
    pairs = zip(*(jax.tree.leaves(m["batch_stats"]) for m in (near, far)), strict=True)
    assert not any(np.allclose(a, b) for a, b in pairs)
    assert not np.allclose(near["codebook"].sums, far["codebook"].sums)
    first = jax.tree.leaves(weights["batch_stats"])[0]  # TRAIN moves them as well.
    assert not np.allclose(jax.tree.leaves(near["batch_stats"])[0], first)
