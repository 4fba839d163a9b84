"""Every config file loads, passes the checks and takes one finite step."""

import importlib
import pathlib

import jax
import numpy as np
import pytest

import configs
from configs import default
from tests import tiny
from tsgen_jax import checks
from tsgen_jax.models import vqvae
from tsgen_jax.tasks import prior, tokenizer

_FILES = sorted(
    p.stem
    for p in pathlib.Path(configs.__file__).parent.glob("*.py")
    if p.stem != "__init__"
)
_ARGUMENTS = {
    "vqvae": ["fixed", "faithful"],
    "ssl_vqvae": [*default.METHODS, "vibcreg,faithful"],
    "smoke": ["vibcreg"],
}
_CASES = [(f, a) for f in _FILES for a in _ARGUMENTS.get(f, [""])]
_BATCH = 4


def _load(name, argument):
    module = importlib.import_module(f"configs.{name}")
    return module.get_config(argument) if argument else module.get_config()


def _step(task):
    """Loss and gradient of one batch; compiled without effort, it runs once."""
    batch = jax.tree.map(lambda a: a[:_BATCH], task.train_data)
    options = {"xla_backend_optimization_level": 0}

    def both(key_init, key):
        params, state = task.init(key_init, batch)
        return jax.value_and_grad(task.loss_fn, has_aux=True)(params, state, batch, key)

    run = jax.jit(both, compiler_options=options)
    return run(jax.random.key(0), jax.random.key(1))


@pytest.mark.parametrize(("name", "argument"), _CASES)
def test_config_takes_one_finite_step_in_both_stages(name, argument):
    """Its first block and layer; all of them take part in the case 'default'."""
    config = _load(name, argument)
    checks.check_config(config)
    if name != "default":
        config.tokenizer.num_res_blocks = config.prior.num_layers = 1
    dataset = tiny.make_dataset(length=32)
    checks.check_dataset(config, dataset)
    x_train, x_valid = tiny.scaled(dataset)
    first = tokenizer.make_task(config, _BATCH, x_train, x_valid)
    model = tokenizer.make_model(config, *x_train.shape[1:])
    num_tokens = int(np.prod(model.map_shape))
    rng = np.random.default_rng(0)
    data = {
        "label": dataset.y_train,
        "tokens": rng.integers(0, config.quantizer.num_codes, (24, num_tokens)),
    }
    if config.masking.target_temperature > 0:
        shape = (24, num_tokens, config.quantizer.num_codes)
        data["token_logits"] = rng.normal(size=shape).astype("float32")
        del data["tokens"]
    codes = rng.normal(size=(config.quantizer.num_codes, config.tokenizer.width))
    second = prior.make_task(
        config,
        prior.make_model(config, num_tokens, dataset.num_classes),
        codes.astype("float32"),
        data,
        data,
    )
    for task in (first, second):
        (loss, (_, metrics)), grads = _step(task)
        assert np.isfinite(loss)
        assert all(np.isfinite(v) for v in metrics.values())
        assert all(np.isfinite(g).all() for g in jax.tree.leaves(grads))


def test_the_published_network_has_the_published_size():
    """REFERENCE 4 counts E 315,136, D 314,484 at L = 500; biases before norms left out.

    Those are 64 for each of the 4 halvings, 2 x 64 for each of the 4 encoder blocks,
    64 for each decoder block and for each of its 3 doublings before a norm.
    """
    config = default.get_config()
    model = tokenizer.make_model(config, 500, 1)
    assert model.map_shape == (5, 15)
    shapes = jax.eval_shape(model.init, jax.random.key(0), np.zeros((2, 500, 1), "f4"))

    def count(part):
        return sum(p.size for p in jax.tree.leaves(shapes["params"][part]))

    assert count("encoder") == 315_136 - 64 * (4 + 2 * 4)
    assert count("decoder") == 314_484 - 64 * (4 + 3)


@pytest.mark.parametrize(
    ("length", "columns"),
    [
        (500, 15),
        (140, 8),
        (96, 12),
        (1024, 8),
        (512, 8),
        (70, 9),
        (65, 8),
        (398, 12),
        (128, 8),
        (945, 14),
        (152, 9),
    ],
)
def test_token_maps_have_the_published_sizes(length, columns):
    model = tokenizer.make_model(default.get_config(), length, 1)
    assert model.map_shape == (5, columns)
    assert isinstance(model, vqvae.AutoEncoder)


def test_config_keys_have_no_unused_values():
    """A misspelt key stops the run: the config is locked."""
    config = default.get_config()
    with pytest.raises(AttributeError, match="seed"):
        config.seeed = 1
    with pytest.raises(TypeError):
        config.seed = "zero"
