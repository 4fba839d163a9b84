"""Every kind of quantiser through both stages: trained, stored, read and sampled."""

import functools
import math
import pickle

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from tests import tiny
from tsgen_jax import checks
from tsgen_jax.models import vqvae
from tsgen_jax.nn import quantizers
from tsgen_jax.runs import checkpoint
from tsgen_jax.sampling import decode
from tsgen_jax.stages import masked_prior, tokenizer

_CASES = {
    "fsq": {"levels": (3, 3), "num_codes": 9},
    "residual": {"depth": 2, "gradient": "rotation"},
}
_SMALL = {
    "tokenizer.num_res_blocks": 1,
    "prior.num_layers": 1,
    "prior.width": 16,
    "ssl.augmented_weight": 0.0,
}


def _taught(stage, rows, given):
    """Weights after three steps of gradient descent, and their losses."""
    key = jax.random.key(0)
    params, state = stage.init(key, rows, given)

    def step(i, carry):
        params, state, losses = carry
        fn = jax.value_and_grad(stage.loss_fn, has_aux=True)
        (loss, (state, _)), grads = fn(params, state, rows, jax.random.fold_in(key, i))
        params = jax.tree.map(lambda p, g: p - 1e-2 * g, params, grads)
        return params, state, losses.at[i].set(loss)

    carry = jax.lax.fori_loop(0, 3, step, (params, state, jnp.zeros(3)))
    return stage.export(*carry[:2]), carry[2]


def _learn_and_sample(config, x, label):
    """Both stages, and series of tokens that are drawn: one program."""
    model = tokenizer.make_model(config, *x.shape[1:])
    prior = masked_prior.make_model(config, math.prod(model.map_shape), 2)
    num_codes = config.quantizer.num_codes
    first, losses = _taught(tokenizer.make_stage(config, model), {"x": x}, {})
    tokens = vqvae.tokenize(model, first, x)
    rows, given = {"tokens": tokens, "label": label}, {"tokenizer": first}
    stage = masked_prior.make_stage(config, prior, model)
    second, more_losses = _taught(stage, rows, given)
    logits_fn = masked_prior.make_logits_fn(prior, second)
    drawn, _ = decode.decode(
        jax.random.key(1),
        functools.partial(logits_fn, label=label),
        jnp.full_like(tokens, num_codes),
        mask_token=num_codes,
        num_decode_steps=2,
        choice_temperature=1.0,
        token_temperature=1.0,
        schedule="cosine",
    )
    return {
        "losses": jnp.concatenate([losses, more_losses]),
        "tokens": tokens,
        "drawn": drawn,
        "x": vqvae.detokenize(model, first, drawn),
        "codes": vqvae.codes(model, first),
        "weights": first,
    }


def _program(kind, **changes):
    """The program for a batch, the batch, and its config."""
    changes = {f"quantizer.{k}": v for k, v in {"kind": kind, **changes}.items()}
    config = tiny.make_config("none", **_SMALL, **changes)
    checks.check_config(config)
    x = tiny.scaled(tiny.make_dataset())[0][:16]
    label = np.arange(16, dtype=np.int32) % 2
    return functools.partial(_learn_and_sample, config), (x, label), config


def test_cosine_codes_and_rotated_gradients_go_through_both_stages():
    """All other tests of stages run kind 'ema'; here shapes and types suffice."""
    program, batch, _ = _program("ema", cosine=True, gradient="rotation")
    found = jax.eval_shape(program, *batch)
    assert found["x"].shape == batch[0].shape
    assert {"ema", *_CASES} == set(quantizers.NAMES)


@pytest.mark.parametrize("kind", _CASES)
def test_both_stages_learn_and_samples_are_series(kind, tmp_path):
    program, batch, config = _program(kind, **_CASES[kind])
    found = jax.jit(program)(*batch)
    num_codes, depth = config.quantizer.num_codes, _CASES[kind].get("depth", 1)
    assert np.isfinite(found["losses"]).all()
    assert found["tokens"].shape == (16, 5 * 6 * depth)
    for tokens in (found["tokens"], found["drawn"]):
        assert tokens.min() >= 0
        assert 0 < tokens.max() < num_codes
    assert found["x"].shape == batch[0].shape
    assert np.isfinite(found["x"]).all()
    assert found["codes"].shape == (num_codes, config.tokenizer.width)
    # Weights are stored and read, a quantiser goes to another process.
    path = str(tmp_path / "weights")
    checkpoint.save_weights(path, found["weights"])
    shapes = jax.eval_shape(lambda: found["weights"])
    here = jax.sharding.SingleDeviceSharding(jax.devices()[0])
    shapes = jax.tree.map(
        lambda s: jax.ShapeDtypeStruct(s.shape, s.dtype, sharding=here), shapes
    )
    again = checkpoint.load_weights(path, shapes)
    jax.tree.map(np.testing.assert_array_equal, again, found["weights"])
    made = quantizers.make(config.quantizer, config.tokenizer.width)
    copied, state = pickle.loads(pickle.dumps(made)), again["codebook"]
    np.testing.assert_array_equal(copied.codes(state), made.codes(state))
