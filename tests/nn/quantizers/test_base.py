import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.linalg

from tests import tiny
from tsgen_jax.nn import quantizers
from tsgen_jax.nn.quantizers import base


def _vectors(seed, num, width=4):
    return np.random.default_rng(seed).normal(size=(num, width)).astype("float32")


def _gradient(name, z, z_q, at_code):
    fn = jax.jit(lambda z: (base.pass_gradient(name, z, z_q) * at_code).sum())
    return np.asarray(jax.grad(fn)(jnp.asarray(z)))


def test_rotated_gradient_is_that_of_a_rotation_matrix():
    """By the matrix exponential of the turn in the plane of the two vectors."""
    z, z_q, at_code = (_vectors(seed, 6) for seed in (1, 2, 3))
    got = _gradient("rotation", z, z_q, at_code)
    for i in range(len(z)):
        e, q = z[i].astype("float64"), z_q[i].astype("float64")
        a, b = e / np.linalg.norm(e), q / np.linalg.norm(q)
        across = b - (b @ a) * a
        across /= np.linalg.norm(across)
        angle = np.arccos(a @ b)
        turn = scipy.linalg.expm(angle * (np.outer(across, a) - np.outer(a, across)))
        matrix = np.linalg.norm(q) / np.linalg.norm(e) * turn
        np.testing.assert_allclose(matrix @ e, q, atol=1e-10)
        np.testing.assert_allclose(got[i], matrix.T @ at_code[i], rtol=1e-4, atol=1e-5)


def test_rotation_keeps_the_angle_to_the_vector_and_the_code_to_the_bit():
    z, z_q, at_code = (_vectors(seed, 50) for seed in (4, 5, 6))
    got = _gradient("rotation", z, z_q, at_code)

    def cosine(x, y):
        return (x * y).sum(1) / np.linalg.norm(x, axis=1) / np.linalg.norm(y, axis=1)

    np.testing.assert_allclose(cosine(got, z), cosine(at_code, z_q), atol=1e-5)
    for name in base.GRADIENTS:
        np.testing.assert_array_equal(base.pass_gradient(name, z, z_q), z_q)


def test_rotation_of_a_vector_onto_itself_is_straight_through():
    z, at_code = _vectors(7, 5), _vectors(8, 5)
    np.testing.assert_allclose(
        _gradient("rotation", z, z, at_code), at_code, rtol=1e-5, atol=1e-6
    )


def test_rotation_is_finite_for_opposite_and_zero_vectors():
    z = np.float32([[1, 2, 0, 0], [0, 0, 0, 0], [1, 0, 0, 0]])
    z_q = np.float32([[-1, -2, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0]])
    assert np.isfinite(_gradient("rotation", z, z_q, np.ones_like(z))).all()


def test_unknown_names_list_the_known_ones():
    with pytest.raises(ValueError, match="straight_through, rotation"):
        base.pass_gradient("mirror", jnp.ones((1, 2)), jnp.ones((1, 2)))
    settings = tiny.make_config(**{"quantizer.kind": "lattice"}).quantizer
    with pytest.raises(ValueError, match=f"known: {', '.join(quantizers.NAMES)}"):
        quantizers.make(settings, 8)
