"""Every config file loads, passes the checks and takes one finite step."""

import functools
import importlib
import json
import pathlib

import jax
import numpy as np
import pytest
from ml_collections import ConfigDict

from tests import lessons, tiny
from tsgen_jax import checks, configs
from tsgen_jax.configs import default
from tsgen_jax.data.info import DataInfo
from tsgen_jax.generators import make_recipe
from tsgen_jax.models import vqvae
from tsgen_jax.recipe import abstract_recipe
from tsgen_jax.stages import tokenizer

_FILES = sorted(
    p.stem
    for p in pathlib.Path(configs.__path__[0]).glob("*.py")
    if not p.stem.startswith("_")  # Parts of others.
)
_ARGUMENTS = {
    "vqvae": ["fixed", "faithful", "standard"],
    "ssl_vqvae": [*default.methods(), "vibcreg,faithful", "standard"],
    "smoke": ["vibcreg"],
    "timevqvae": ["", "faithful", "vibcreg,low", "vibcreg,high,full"],
}
_CASES = [(f, a) for f in _FILES for a in _ARGUMENTS.get(f, [""])]
_BATCH = 4
_NUM_TOKENS = 20


def _load(name, argument):
    module = importlib.import_module(f"tsgen_jax.configs.{name}")
    return module.get_config(argument) if argument else module.get_config()


def _take_a_step(task):
    """Loss and gradient of one batch."""
    batch = jax.tree.map(lambda a: a[:_BATCH], task.rows)

    def both(key_init, key):
        params, state = task.init(key_init, batch)
        return jax.value_and_grad(task.loss_fn, has_aux=True)(params, state, batch, key)

    (loss, (_, metrics)), grads = jax.jit(both)(jax.random.key(0), jax.random.key(1))
    assert np.isfinite(loss)
    assert all(np.isfinite(v) for v in metrics.values())
    assert all(np.isfinite(g).all() for g in jax.tree.leaves(grads))


@functools.cache
def _prior_takes_a_step(text):
    """Stage 2 of a config as JSON; many configs have the same one."""
    config = ConfigDict(json.loads(text))
    codes = (config.quantizer.num_codes, config.tokenizer.width)
    rng = np.random.default_rng(0)
    data = {"label": rng.integers(0, 2, _BATCH)}
    data["tokens"] = rng.integers(0, codes[0], (_BATCH, _NUM_TOKENS))
    if config.masking.target_temperature > 0:
        shape = (_BATCH, _NUM_TOKENS, codes[0])
        data["token_logits"] = rng.normal(size=shape).astype("float32")
        del data["tokens"]
    codes = rng.normal(size=codes).astype("float32")
    _take_a_step(lessons.of_prior(config, codes, data, data, 2))


@pytest.mark.parametrize(("name", "argument"), _CASES)
def test_config_takes_one_finite_step_in_both_stages(name, argument):
    """Its first block and layer; all of them take part in the case 'default'."""
    config = _load(name, argument)
    checks.check_config(config)
    if config.generator != "ssl_vqvae":  # Steps: generators/test_every_generator.py.
        shapes = abstract_recipe(make_recipe(config, DataInfo.of(tiny.make_dataset())))
        assert jax.tree.leaves(shapes)
        return
    if name != "default":
        config.tokenizer.num_res_blocks = config.prior.num_layers = 1
    dataset = tiny.make_dataset(length=32)
    checks.check_dataset(config, dataset)
    _take_a_step(lessons.of_tokenizer(config, *tiny.scaled(dataset)))
    others = ("name", "data", "augment", "ssl", "train", "judge", "sample", "inpaint")
    rest = {k: v for k, v in config.to_dict().items() if k not in others}
    rest["train"] = {"prior": {"batch_size": _BATCH}}
    _prior_takes_a_step(json.dumps(rest))


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


def _of_stages(config):
    """Stage of the generator -> steps and epochs."""
    return {
        name: (train.num_steps, train.num_epochs)
        for name, train in config.train.items()
        if name.startswith(("tokenizer", "prior"))
    }


@pytest.mark.parametrize(
    ("name", "before", "steps"),
    [
        ("ssl_vqvae", "", (1500, 6400)),
        ("ssl_vqvae", "byol,", (1500, 6400)),
        ("vqvae", "", (1500, 6400)),
        ("timevqvae", "", (1000, 4800, 3200)),
        ("timevqvae", "vicreg,low,", (1000, 4800, 3200)),
    ],
)
def test_efforts_change_training_steps_and_nothing_else(name, before, steps):
    stages = ["tokenizer", "prior"]
    if len(steps) == 3:
        stages = ["tokenizer", "prior_low", "prior_high"]
    quick = _load(name, before.rstrip(","))
    for effort, epochs in (("quick", 0), ("standard", 0), ("full", 1000)):
        config = _load(name, before + effort)
        wanted = {stage: (n, epochs) for stage, n in zip(stages, steps, strict=True)}
        if effort == "quick":
            wanted = _of_stages(quick)
        assert _of_stages(config) == wanted
        assert config.name == quick.name + f"-{effort}" * (effort != "quick")
        config.name = quick.name
        for stage in stages:
            config.train[stage] = quick.train[stage]
        assert config.to_dict() == quick.to_dict()


@pytest.mark.parametrize(
    ("name", "argument", "said"),
    [
        (
            "ssl_vqvae",
            "standrd",
            r"none, .*vibcreg.*,quick or ,standard or ,full.*'stand",
        ),
        ("ssl_vqvae", "vibcreg,ful", r"each also followed .*Did you mean 'full'"),
        ("ssl_vqvae", "vibcreg,faithful,full", "trains as long as published"),
        ("ssl_vqvae", "quick,full", "one of quick, standard, full, not several"),
        (
            "vqvae",
            "ful",
            r"fixed, faithful, quick, standard, full.*Did you mean 'full'",
        ),
        ("vqvae", "faithful,standard", "trains as long as published"),
        ("timevqvae", "vibcreg,lw,full", r",low or ,high, and by ,quick.*'low'"),
        ("timevqvae", "faithful,standard", "leave 'standard' out"),
    ],
)
def test_unknown_words_of_a_config_are_told_the_known_ones(name, argument, said):
    with pytest.raises(ValueError, match=said):
        _load(name, argument)
