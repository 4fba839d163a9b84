import jax
import jax.numpy as jnp
import numpy as np
from jax import export

from tsgen_jax.runtime import chunks


def _logits(tokens, label):
    return jnp.sin(tokens + label[:, None])[..., None] * jnp.arange(1.0, 4)[None, None]


def test_parts_give_what_the_whole_gives():
    rng = np.random.default_rng(0)
    for size in (8, 6, 3, 1):  # Two parts; no whole number of them; one; less.
        tokens, label = rng.integers(0, 9, (size, 5)), rng.integers(0, 3, size)
        seen = []

        def logits_fn(tokens, label, seen=seen):
            seen.append(len(tokens))
            return _logits(tokens, label)

        parts = chunks.in_chunks(logits_fn, rows=4)(tokens, label)
        np.testing.assert_array_equal(parts, _logits(tokens, label))
        assert seen == [4 if size == 8 else size]


def test_a_size_that_is_not_known_yet_is_left_whole():
    (size,) = export.symbolic_shape("b")
    shapes = [jax.ShapeDtypeStruct(s, jnp.int32) for s in ((size, 5), (size,))]
    program = export.export(jax.jit(chunks.in_chunks(_logits, rows=4)))(*shapes)
    tokens, label = jnp.ones((8, 5), int), jnp.ones(8, int)
    np.testing.assert_allclose(
        program.call(tokens, label), _logits(tokens, label), rtol=1e-6
    )
