"""TimeVQVAE: what is its own; the rest is in test_every_generator.py."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.signal

from tests import tiny, tiny_generators
from tsgen_jax import checks, generators, recipe
from tsgen_jax.configs import timevqvae
from tsgen_jax.data.info import DataInfo
from tsgen_jax.nn import stft
from tsgen_jax.recipe import part_of
from tsgen_jax.stages import branches

_KEY = jax.random.key(0)


def _dataset():
    return tiny.make_dataset(channels=2)


def _recipe(config):
    return generators.make_recipe(config, DataInfo.of(_dataset()))


@functools.cache
def _generator():
    """Untrained."""
    config = tiny_generators.make_config("timevqvae")
    made, weights = _recipe(config), {}
    for number, stage in enumerate(made.stages[:3]):
        rows = stage.rows(part_of(_dataset(), "train"), weights, True)
        given = recipe.given_to(stage, weights)
        begun = jax.jit(stage.init)(jax.random.key(number), rows, given)
        weights[stage.name] = stage.export(*begun)
    shapes = made.stages[3].shapes
    weights["residual"] = jax.tree.map(lambda s: np.ones(s.shape, s.dtype), shapes)
    weights["residual_scale"] = {"scale": np.float32(0)}
    return made.assemble(weights)


def _by_scipy(x, window, keep):
    """The part of series [B, L, C] in the bins that `keep` [F] says."""
    window = scipy.signal.get_window("hann" if window == "hann" else "boxcar", 8)
    x = np.pad(x, ((0, 0), (4, 4), (0, 0)), mode="reflect")
    of = {"window": window, "nperseg": 8, "noverlap": 6}
    u = scipy.signal.stft(x, **of, axis=1, boundary=None, padded=False)[2]
    u = np.where(keep[None, :, None, None], np.moveaxis(u, 2, 3), 0)
    back = scipy.signal.istft(u, **of, freq_axis=1, time_axis=2, boundary=False)[1]
    return back[:, 4:-4]


@pytest.mark.filterwarnings("ignore:NOLA")  # SciPy, of the ends that are cut off.
@pytest.mark.parametrize("window", ["hann", "rectangular"])
@pytest.mark.parametrize("cut", [True, False])
def test_bands_are_parts_of_the_spectrum_that_sum_to_the_whole(window, cut):
    changes = {"split.first_high_bin": 2, "split.cut": cut, "stft.window": window}
    config = tiny_generators.make_config("timevqvae", **changes)
    coder = branches.make_coder(config, 24, 2)
    x = np.random.default_rng(0).normal(size=(3, 24, 2)).astype("float32")
    parts = {band: model.part(x) for band, model in coder.models.items()}
    np.testing.assert_allclose(sum(parts.values()), x, atol=1e-5)
    for band, part in parts.items():
        keep = (np.arange(5) < 2) == (band == "low")
        judge = _by_scipy(x, window, keep)
        np.testing.assert_allclose(part, judge, atol=1e-5)
        rows = keep.sum() if cut else 5
        assert coder.models[band].map_shape[0] == rows


def test_a_split_outside_the_spectrum_is_refused():
    for first in (0, 5):
        config = timevqvae.get_config()
        config.split.first_high_bin = first
        with pytest.raises(ValueError, match=rf"first_high_bin={first}: .* \[1, 4\]"):
            checks.check_config(config)


def test_faults_name_the_band():
    config = timevqvae.get_config()
    config.quantizer.high.kind = "emma"
    config.ssl.low.method = "simclr"
    config.masking.loss_on = "nothing"
    with pytest.raises(ValueError, match="faults") as found:
        checks.check_config(config)
    said = str(found.value)
    assert "quantizer.high.kind='emma': known are" in said
    assert "ssl.low.method='simclr'" in said
    assert said.count("masking.loss_on") == 1
    assert "quantizer.low" not in said


def test_high_tokens_are_drawn_given_the_low_ones_and_not_the_reverse():
    of = _generator()
    low, high = of.programs.maps(of.prior_weights, np.array([0, 1]))
    low_a = np.arange(2 * np.prod(low.shape)).reshape(2, -1) % 6
    low_b = (low_a + 1) % 6
    masked = np.full((2, np.prod(high.shape)), high.mask_token)
    logits_fn = jax.jit(high.logits_fn)
    a, b = (logits_fn(masked, given) for given in (low_a, low_b))
    assert np.abs(a - b).max() > 1e-3
    # Low tokens stay the same, whatever the prior of the high ones.
    tokens = of.sample_tokens(_KEY, np.arange(4) % 2)
    other = {
        **of.weights,
        "prior_high": jax.tree.map(jnp.zeros_like, of.weights["prior_high"]),
    }
    changed = type(of)(of.programs, other, 0.0).sample_tokens(_KEY, np.arange(4) % 2)
    size = of.coder.sizes["low"]
    np.testing.assert_array_equal(tokens[..., :size], changed[..., :size])
    assert (tokens[-1, :, size:] != changed[-1, :, size:]).any()
    # All low rounds come before the first high one.
    masks = of.programs.masks
    assert tokens.shape[0] == 1 + 3 + 3
    assert (tokens[3, :, size:] == masks[size:]).all()
    assert (tokens[3, :, :size] < 6).all()
    assert (tokens[-1] < masks).all()


def test_a_series_is_the_sum_of_its_bands_and_its_bound_that_of_their_maps():
    of, x = _generator(), _dataset().x_test[:3]
    tokens = of.encode(x)
    weights, parts = of.weights["tokenizer"], of.coder.split(tokens)

    @functools.partial(jax.jit, static_argnums=0)
    def judge(band, maps):
        model = of.coder.models[band]
        variables = {k: weights[band][k] for k in ("params", "batch_stats")}
        z = weights[band]["codebook"].codes[maps]
        u = model.apply(variables, z, train=False, method="decode")
        empty = jnp.zeros((3, 5, *u.shape[2:]))
        first = {"low": 0, "high": 1}[band]
        u = jax.lax.dynamic_update_slice(empty, u, (0, first, 0, 0))
        return stft.istft(u, 24, 8, 2)

    judges = [
        judge(band, parts[band].reshape(3, *model.map_shape))
        for band, model in of.coder.models.items()
    ]
    np.testing.assert_allclose(of.detokenize(tokens), sum(judges), atol=1e-4)
    zero = jax.tree.map(
        jnp.zeros_like, {k: of.weights[k] for k in ("prior_low", "prior_high")}
    )
    uniform = type(of)(of.programs, {**of.weights, **zero}, 0.0)
    found = uniform.log_likelihood(_KEY, x, np.zeros(3, int), 2)[0]
    nats = sum(
        of.coder.sizes[band] * np.log(k) for band, k in (("low", 6), ("high", 8))
    )
    np.testing.assert_allclose(found, -nats, rtol=1e-5)


@pytest.mark.parametrize("preset", ["faithful", "vibcreg,high"])
def test_a_preset_takes_one_finite_step_in_every_stage(preset):
    config = timevqvae.get_config(preset)
    config.update_from_flattened_dict(tiny_generators.TINY["timevqvae"])
    for band in ("low", "high"):
        config.ssl[band].projector.hidden = config.ssl[band].projector.width = 64
    checks.check_config(config)
    made, weights = _recipe(config), {}
    for stage in made.stages[:3]:
        rows = stage.rows(part_of(_dataset(), "train"), weights, True)
        batch = jax.tree.map(lambda a: a[:4], rows)
        given = recipe.given_to(stage, weights)

        @jax.jit
        def step(key, batch, given, stage=stage):
            params, state = stage.init(key, batch, given)
            of_loss = jax.value_and_grad(stage.loss_fn, has_aux=True)
            return of_loss(params, state, batch, jax.random.key(9)), params, state

        found, params, state = step(jax.random.key(1), batch, given)
        (loss, (_, metrics)), _ = found
        assert all(np.isfinite(v).all() for v in jax.tree.leaves(found))
        weights[stage.name] = stage.export(params, state)
        if stage.name == "tokenizer":
            heads = {band for band, own in params.items() if "head" in own}
            assert heads == ({"high"} if "high" in preset else set())
            terms = [
                v
                for k, v in metrics.items()
                if k.startswith("loss_") and k[5:] not in ("low", "high")
            ]
            np.testing.assert_allclose(loss, sum(terms), rtol=1e-5)
