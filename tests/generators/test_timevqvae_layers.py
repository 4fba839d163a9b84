"""Networks of `timevqvae:faithful` against the paper's, written out in NumPy.

Against the authors' own code, with PyTorch: experiments/timevqvae_agreement.py.
"""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.interpolate
import scipy.special

from tests import tiny_generators
from tsgen_jax.configs import timevqvae
from tsgen_jax.stages import branches, masked_prior

_LENGTH, _CHANNELS = 36, 2  # 19 frames: the decoder's 16 are resized.


@functools.cache
def _config():
    config = timevqvae.get_config("faithful")
    config.update_from_flattened_dict(tiny_generators.TINY["timevqvae"])
    config.prior.high.num_layers = 2
    return config


def _random(shapes, seed: int):
    """Weights at random; variances above 0."""
    rng = np.random.default_rng(seed)

    def draw(path, shape):
        values = 0.5 * rng.normal(size=shape.shape).astype(np.float32)
        return np.abs(values) + 0.5 if path[-1].key == "var" else values

    return jax.tree_util.tree_map_with_path(draw, shapes)


def _leaky(x):
    return np.where(x > 0, x, 0.01 * x)


def _norm(x, params, stats):
    params, stats = params["BatchNorm_0"], stats["BatchNorm_0"]
    z = (x - stats["mean"]) / np.sqrt(stats["var"] + 1e-5)
    return z * params["scale"] + params["bias"]


def _conv(x, kernel, stride, mode):
    """Cross-correlation of [B, F, T, C], a column and a row of padding at each end."""
    x = np.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)), mode=mode)
    rows, columns = kernel.shape[:2]
    steps = range(0, x.shape[2] - columns + 1, stride)
    return np.stack(
        [
            np.stack(
                [
                    np.einsum(
                        "bftc,ftcd->bd", x[:, i : i + rows, j : j + columns], kernel
                    )
                    for j in steps
                ],
                1,
            )
            for i in range(x.shape[1] - rows + 1)
        ],
        1,
    )


def _transposed(x, kernel):
    """Every value spreads its kernel over (3, 4) places, two columns on for the next."""
    batch, rows, columns, _ = x.shape
    y = np.zeros((batch, rows + 2, 2 * columns + 2, kernel.shape[-1]))
    for i in range(rows):
        for j in range(columns):
            spread = np.einsum("bc,ftcd->bftd", x[:, i, j], kernel)
            y[:, i : i + 3, 2 * j : 2 * j + 4] += spread
    return y[:, 1:-1, 1:-1]


def _block(x, params, stats, inner):
    branch = _conv(_leaky(x), params["Conv_0"]["kernel"], 1, "constant")
    if inner:
        branch = _norm(branch, params["Norm_0"], stats["Norm_0"])
    else:
        branch = branch + params["Conv_0"]["bias"]
    last = "Norm_1" if inner else "Norm_0"
    x = x + _leaky(branch) @ params["Dense_0"]["kernel"]
    return _norm(x, params[last], stats[last])


@pytest.mark.parametrize("band", ["low", "high"])
def test_tokenizer(band):
    model = branches.make_coder(_config(), _LENGTH, _CHANNELS).models[band]
    x = np.random.default_rng(0).normal(size=(3, _LENGTH, _CHANNELS))
    x = x.astype(np.float32)
    shapes = jax.eval_shape(model.init, jax.random.key(0), jnp.asarray(x))
    variables = _random(shapes, 1)

    @jax.jit
    def run(variables, x):
        u = model.to_map(x)
        z = model.apply(variables, u, train=False, method="encode")
        return u, z, model.apply(variables, z, train=False, method="decode")

    u, z, u_hat = run(variables, x)
    padded = np.pad(x, ((0, 0), (4, 4), (0, 0)), mode="reflect")
    frames = np.stack([padded[:, i : i + 8] for i in range(0, _LENGTH + 1, 2)], 2)
    bins = np.fft.rfft(frames, axis=1)  # No window: [B, F, T, C].
    keep = (np.arange(5) == 0) == (band == "low")
    parts = np.stack([bins.real, bins.imag], -1) * keep[None, :, None, None, None]
    judge = parts.reshape(*parts.shape[:3], -1)
    np.testing.assert_allclose(u, judge, atol=1e-4)
    params, stats = variables["params"], variables["batch_stats"]
    of, own = params["encoder"], stats["encoder"]
    for i in range({"low": 1, "high": 1}[band]):
        judge = _conv(judge, of[f"Conv_{i}"]["kernel"], 2, "edge")
        judge = _leaky(_norm(judge, of[f"Norm_{i}"], own[f"Norm_{i}"]))
    judge = _block(judge, of["ResBlock_0"], own["ResBlock_0"], inner=True)
    np.testing.assert_allclose(z, judge, rtol=1e-4, atol=1e-4)
    of, own = params["decoder"], stats["decoder"]
    judge = _block(judge, of["ResBlock_0"], own["ResBlock_0"], inner=False)
    for i in range(2):
        judge = _transposed(judge, of[f"Conv_{i}"]["kernel"]) + of[f"Conv_{i}"]["bias"]
    at = np.linspace(0, judge.shape[2] - 1, u.shape[2])
    judge = scipy.interpolate.interp1d(np.arange(judge.shape[2]), judge, axis=2)(at)
    judge = judge * keep[None, :, None, None]
    np.testing.assert_allclose(u_hat, judge, rtol=1e-3, atol=1e-3)


def _layer_norm(x, params):
    z = (x - x.mean(-1, keepdims=True)) / x.std(-1, keepdims=True)
    return z * params["scale"] + params["bias"]


def _rms(x, params):
    return x / np.sqrt((x**2).mean(-1, keepdims=True)) * params["scale"]


def _gelu(x):
    return x * scipy.special.ndtr(x)


def _attend(x, params):
    q, k, v = np.einsum("bnd,dkhe->kbhne", x, params["qkv"]["kernel"])
    weight = np.einsum("bhne,bhme->bhnm", q, k) / np.sqrt(q.shape[-1])
    mixed = scipy.special.softmax(weight, -1) @ v
    return np.einsum("bhne,hed->bnd", mixed, params["DenseGeneral_0"]["kernel"])


def _dense(x, params):
    return x @ params["kernel"] + params.get("bias", 0)


def test_prior_of_high_tokens_given_low_ones():
    """Section 3.3 of the paper: tied embeddings, low ones mapped along the sequence."""
    config = branches.config_of(_config(), "high")
    model = masked_prior.make_model(config, 10, 3, 6)
    rng = np.random.default_rng(2)
    low, high = rng.integers(6, size=(4, 6)), rng.integers(9, size=(4, 10))
    codes = {"codes": np.ones((8, 8), "f4"), "context_codes": np.ones((6, 8), "f4")}
    label = np.array([0, 1, 2, 3])
    args = np.concatenate([low, high], -1), label
    init = functools.partial(model.init, train=False)
    shapes = jax.eval_shape(init, jax.random.key(0), *args, **codes)
    variables = _random(shapes, 3)
    found = jax.jit(functools.partial(model.apply, train=False))(
        variables, *args, **codes
    )
    of = jax.tree.map(np.float64, variables["params"])
    table = np.concatenate([of["embedding"], of["mask_embedding"]])
    given = np.einsum("nm,bmd->bnd", of["context_kernel"], of["context_embedding"][low])
    given = given + of["context_bias"][:, None]
    x = np.concatenate([given, table[high]], -1) + of["positions"]
    x = _layer_norm(x, of["LayerNorm_0"])
    x = np.concatenate([of["Embed_0"]["embedding"][label][:, None], x], 1)
    trunk = of["Trunk_0"]
    x = _dense(x, trunk["Dense_0"])
    x = x + trunk["positions"] / np.sqrt(x.shape[-1])
    for i in range(2):
        own = trunk[f"Block_{i}"]
        x = x + _attend(_rms(x, own["RMSNorm_0"]), own["SelfAttention_0"])
        hidden = _gelu(_dense(_rms(x, own["RMSNorm_1"]), own["Dense_0"]))
        x = x + _dense(hidden, own["Dense_1"])
    x = _dense(_rms(x, trunk["RMSNorm_0"]), trunk["Dense_1"])
    x = _layer_norm(_gelu(_dense(x[:, 1:], of["Dense_0"])), of["LayerNorm_1"])
    judge = x @ of["embedding"].T + of["bias"]
    np.testing.assert_allclose(found, judge, rtol=1e-3, atol=1e-3)


def test_targets_of_the_priors_are_drawn_by_distance_as_the_authors_config_says():
    assert timevqvae.get_config("faithful").masking.target_temperature == 1.0
