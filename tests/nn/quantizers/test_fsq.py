import itertools
import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from tests import tiny
from tsgen_jax import checks
from tsgen_jax.nn import quantizers
from tsgen_jax.nn.quantizers import fsq

_LEVELS = [(8, 5, 5), (2, 3), (7,), (8, 4)]


def _vectors(levels, seed=0, num=200):
    return np.random.default_rng(seed).normal(size=(num, len(levels))).astype("f4") * 2


def _make(levels, **changes):
    changes |= {"kind": "fsq", "levels": levels, "num_codes": math.prod(levels)}
    changes = {f"quantizer.{k}": v for k, v in changes.items()}
    return quantizers.make(tiny.make_config(**changes).quantizer, 8)


def _papers_code(z, levels):
    """Appendix A.1 for one vector, number by number: z_q and index."""
    z_q, index, basis = [], 0, 1
    for value, count in zip(z, levels, strict=True):
        half = (count - 1) * (1 - 1e-3) / 2
        offset = 0.0 if count % 2 == 1 else 0.5
        bounded = math.tanh(value + math.tan(offset / half)) * half - offset
        digit = round(bounded)
        z_q.append(digit / (count // 2))
        index += (digit + count // 2) * basis
        basis *= count
    return z_q, index


@pytest.mark.parametrize("levels", _LEVELS)
def test_vectors_are_quantised_as_in_the_papers_code(levels):
    made, z = _make(levels), _vectors(levels)
    judge = [_papers_code(v, levels) for v in z]
    z_q, tokens = made.quantize({}, made.bound(jnp.asarray(z)))
    np.testing.assert_allclose(z_q, [q for q, _ in judge], atol=1e-6)
    np.testing.assert_array_equal(tokens, [i for _, i in judge])
    np.testing.assert_array_equal(made.nearest({}, made.bound(z)), tokens)
    np.testing.assert_array_equal(made.look_up({}, tokens), z_q)
    assert made.commitment is None


@pytest.mark.parametrize("levels", _LEVELS)
def test_every_code_goes_to_its_index_and_back(levels):
    """All K, in the order in which the first number runs fastest."""
    made = _make(levels)
    codes = np.asarray(made.codes({}))
    values = [[(d - n // 2) / (n // 2) for d in range(n)] for n in levels]
    judge = [code[::-1] for code in itertools.product(*values[::-1])]
    np.testing.assert_allclose(codes, judge, atol=1e-6)
    np.testing.assert_array_equal(fsq.to_tokens(codes, levels), np.arange(len(judge)))
    assert (len(codes), codes.shape[1]) == (made.num_codes, made.width)
    far = np.float32(list(itertools.product([-50, 50], repeat=len(levels))))
    ends = np.asarray(made.bound(far))  # The outermost levels are reached.
    np.testing.assert_array_equal(
        made.look_up({}, made.nearest({}, ends)),
        np.where(far < 0, codes.min(0), codes.max(0)),
    )


def test_the_nearest_code_of_the_grid_is_the_rounded_one():
    made = _make((8, 5))
    z = made.bound(jnp.asarray(_vectors((8, 5))))
    gaps = ((np.asarray(z)[:, None] - np.asarray(made.codes({}))[None]) ** 2).sum(-1)
    np.testing.assert_array_equal(made.nearest({}, z), gaps.argmin(1))


def test_gradient_is_that_of_the_bound():
    made, z = _make((8, 5)), jnp.asarray(_vectors((8, 5), num=20))
    got = jax.grad(lambda z: made.quantize({}, made.bound(z))[0].sum())(z)
    half = np.array([7, 4]) * (1 - 1e-3) / 2
    shift = np.tan(np.array([0.5, 0.0]) / half)
    judge = half / np.array([4, 2]) * (1 - np.tanh(np.asarray(z) + shift) ** 2)
    np.testing.assert_allclose(got, judge, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"levels": (8, 5)}, "make 40 codes, quantizer.num_codes=32 asks"),
        ({"levels": (8, 1)}, "at least 2"),
        ({"levels": ()}, "must be 1 to 16 whole numbers"),
        ({"levels": (2.0, 4)}, "whole numbers"),
        ({"gradient": "rotation"}, "kind='fsq' rounds"),
    ],
)
def test_levels_that_do_not_fit_are_named(changes, message):
    changes = {f"quantizer.{k}": v for k, v in ({"kind": "fsq"} | changes).items()}
    changes = {"quantizer.num_codes": 32} | changes
    with pytest.raises(ValueError, match=message):
        checks.check_config(tiny.make_config(**changes))
    fine = {"quantizer.kind": "fsq", "quantizer.num_codes": 32}
    checks.check_config(tiny.make_config(**fine))
