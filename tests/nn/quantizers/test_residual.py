import jax
import jax.numpy as jnp
import numpy as np
import pytest

from tests import tiny
from tsgen_jax import checks
from tsgen_jax.nn import quantizers
from tsgen_jax.nn.quantizers import residual
from tsgen_jax.nn.quantizers.ema import Codebook

_DEPTH, _CODES = 3, 12


def _vectors(seed=0, shape=(4, 2, 5, 3)):
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


def _config(**changes):
    changes = {"kind": "residual", "depth": _DEPTH, "num_codes": _CODES} | changes
    named = {k if "." in k else f"quantizer.{k}": v for k, v in changes.items()}
    return tiny.make_config(**named)


def _make(**changes):
    return quantizers.make(_config(**changes).quantizer, 3)


def _codebook(seed=1):
    codes = jnp.asarray(_vectors(seed, (_CODES, 3)))
    return Codebook(jnp.full(_CODES, 4.0), 4.0 * codes)


def _papers_loop(codes, vector):
    """Section 3.1 of Lee et al. for one vector: tokens, partial sums, residuals."""
    left, tokens, sums, lefts = vector.astype("float64"), [], [], []
    for _ in range(_DEPTH):
        lefts.append(left)
        tokens.append(int(((codes - left) ** 2).sum(1).argmin()))
        left = left - codes[tokens[-1]]
        sums.append(vector - left)
    return tokens, sums, lefts


def _judge(codes, z):
    """Of [B, F, W, D]: tokens [B, F d, W]; sums and residuals [B, F, W, d, D]."""
    batch, rows, columns, width = z.shape
    tokens = np.zeros((batch, rows * _DEPTH, columns), int)
    sums = np.zeros((batch, rows, columns, _DEPTH, width))
    lefts = np.zeros_like(sums)
    for at in np.ndindex(batch, rows, columns):
        found = _papers_loop(codes, z[at])
        for i in range(_DEPTH):
            tokens[at[0], at[1] * _DEPTH + i, at[2]] = found[0][i]
        sums[at], lefts[at] = found[1], found[2]
    return tokens, sums, lefts


def test_codes_are_chosen_and_summed_as_by_the_papers_loop():
    made, codebook, z = _make(), _codebook(), _vectors(2)
    tokens, sums, _ = _judge(np.asarray(codebook.codes, "float64"), z)
    z_q, found = jax.jit(made.quantize)(codebook, z)
    np.testing.assert_array_equal(found, tokens)
    np.testing.assert_array_equal(made.nearest(codebook, z), tokens)
    np.testing.assert_allclose(z_q, sums[..., -1, :], atol=1e-5)
    np.testing.assert_allclose(made.look_up(codebook, tokens), z_q, atol=1e-6)
    judge = sum(((sums[..., i, :] - z) ** 2).mean() for i in range(_DEPTH))
    np.testing.assert_allclose(made.commitment(codebook, z, found), judge, rtol=1e-5)


def test_the_codebook_follows_the_residuals_of_all_depths():
    made, codebook, z = _make(decay=0.8, revive_below=0.0), _codebook(), _vectors(3)
    tokens, _, lefts = _judge(np.asarray(codebook.codes, "float64"), z)
    after = jax.jit(made.update)(jax.random.key(0), codebook, z, tokens)
    by_vector = tokens.reshape(4, 2, _DEPTH, 5).swapaxes(-1, -2)
    for k in range(_CODES):
        mine = lefts[by_vector == k]
        np.testing.assert_allclose(
            after.counts[k], 0.8 * 4 + 0.2 * len(mine), rtol=1e-5
        )
        total = 0.8 * codebook.sums[k] + 0.2 * mine.sum(0)
        np.testing.assert_allclose(after.sums[k], total, rtol=1e-4, atol=1e-5)


def test_error_falls_with_every_depth_after_k_means():
    made, z = _make(num_codes=13), _vectors(4, (2, 4, 25, 3))
    codebook = jax.jit(made.init)(jax.random.key(0), z)
    assert made.codes(codebook).shape == (13, 3)
    tokens = np.asarray(made.nearest(codebook, z)).reshape(2, 4, _DEPTH, 25)
    errors = [(z**2).mean()]
    for depth in range(1, _DEPTH + 1):
        sums = np.asarray(made.codes(codebook))[tokens[:, :, :depth]].sum(2)
        errors.append(((sums - z) ** 2).mean())
    assert all(b < 0.7 * a for a, b in zip(errors, errors[1:], strict=False)), errors


def test_one_depth_is_the_quantiser_with_one_code():
    z, key = jnp.asarray(_vectors(5)), jax.random.key
    changes = {"quantizer.num_codes": _CODES}
    plain = quantizers.make(tiny.make_config(**changes).quantizer, 3)
    made, codebook = _make(depth=1), _codebook()
    found = [q.quantize(codebook, z) for q in (made, plain)]
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-6), *found)
    tokens = plain.nearest(codebook, z)
    judge = plain.commitment(codebook, z, tokens)
    np.testing.assert_allclose(made.commitment(codebook, z, tokens), judge, rtol=1e-5)
    moved = [q.update(key(1), codebook, z, tokens) for q in (made, plain)]
    jax.tree.map(np.testing.assert_array_equal, *moved)


def test_gradient_goes_to_the_vector_once():
    made, codebook, z = _make(), _codebook(), jnp.asarray(_vectors(6))
    grad = jax.grad(lambda z: (made.quantize(codebook, z)[0] * 3.0).sum())(z)
    np.testing.assert_allclose(grad, 3.0)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"num_codes": 5}, "each depth needs 2 codes"),
        ({"cosine": True}, "residuals are not"),
        ({"masking.target_temperature": 1.0}, "depend on each other"),
        ({"depth": 0}, r"quantizer.depth=0: must be in \[1, 64\]"),
        ({"init": "normal"}, "quantizer.init='normal' starts with empty codes"),
    ],
)
def test_values_that_do_not_go_together_are_named(changes, message):
    with pytest.raises(ValueError, match=message):
        checks.check_config(_config(**changes))
    checks.check_config(_config())
    assert residual.faults(_config()) == []
