"""The recipe "add an SSL loss": a function, its row in METHODS, its values."""

import functools
import json
import pathlib
import re
import shutil

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from ml_collections import ConfigDict

import tsgen_jax
from tests import lessons, tiny
from tsgen_jax import checks
from tsgen_jax.losses import self_supervised
from tsgen_jax.runs import presets

_SMALL = {
    "tokenizer.width": 8,
    "tokenizer.num_res_blocks": 1,
    "quantizer.num_codes": 8,
    "quantizer.init": "data",  # Compiles sooner than k-means.
    "ssl.projector.hidden": 16,
    "ssl.projector.width": 16,
}


def plain(p_a, p_b, *, weight, temperature):
    """The form of a loss without a slow copy."""
    raise AssertionError("Not for computing.")


def slow(p_a, p_b, target_a, target_b, *, weight):
    """What a loss with a slow copy is given: its own projections, and the targets."""
    gap = ((p_a - target_b) ** 2).mean() + ((p_b - target_a) ** 2).mean()
    return weight * gap, {"shape": jnp.zeros(p_a.shape)}


def _config(monkeypatch, name, row, values):
    """The tiny config with a method that user code registers after all imports."""
    monkeypatch.setitem(self_supervised.METHODS, name, row)
    config = tiny.make_config("none", **_SMALL)
    with config.unlocked():
        config.ssl[name] = ConfigDict(values)
    config.ssl.method = name
    return config


def _step(config, run_it=jax.jit):
    """What a step leaves; `run_it`: how it is run, or only traced."""
    checks.check_config(config)
    task = lessons.of_tokenizer(config, *tiny.scaled(tiny.make_dataset()))
    batch = {"x": task.rows["x"][:8]}

    def run(key_init, key):
        params, state = task.init(key_init, batch)
        grad_fn = jax.value_and_grad(task.loss_fn, has_aux=True)
        (loss, (after, metrics)), grads = grad_fn(params, state, batch, key)
        return state, after, loss, metrics, grads

    return run_it(run)(jax.random.key(0), jax.random.key(1))


def test_a_function_a_row_and_values_are_enough(monkeypatch, tmp_path):
    """The file that docs/adding.md shows, on tiny series."""
    monkeypatch.setattr(self_supervised, "METHODS", {**self_supervised.METHODS})
    page = pathlib.Path(__file__).parents[2] / "docs" / "adding.md"
    (block,) = re.findall(r"```python\n(# mine.py.*?)```", page.read_text(), re.DOTALL)
    (tmp_path / "mine.py").write_text(block)
    config = presets.load(str(tmp_path / "mine.py"))
    config.update_from_flattened_dict(_SMALL)
    assert self_supervised.names()[-1] == config.ssl.method == "simclr"
    _, after, loss, metrics, grads = _step(config)
    assert float(metrics["contrastive"]) > 0
    np.testing.assert_allclose(metrics["loss_ssl"], 0.1 * metrics["contrastive"], 1e-6)
    terms = [value for name, value in metrics.items() if name.startswith("loss_")]
    np.testing.assert_allclose(loss, sum(terms), rtol=1e-5)
    assert np.abs(grads["head"]["projector"]["Dense_0"]["kernel"]).max() > 0
    assert "Dense_2" in grads["head"]["projector"]
    assert set(grads["head"]) == {"projector"}
    assert "target" not in after


def test_its_row_chooses_depth_whitening_predictor_and_slow_copy(monkeypatch):
    """Not as any method that comes with the package combines them."""
    row = self_supervised.Method(slow, depth=3, whiten=True, slow_copy=True)
    values = {"weight": 0.5, "target_decay": 0.25}
    config = _config(monkeypatch, "slow", row, values)
    config.ssl.projector.width = 4
    traced = _step(config, lambda run: functools.partial(jax.eval_shape, run))
    before, after, _, metrics, grads = traced
    assert metrics["shape"].shape == (8, 4)
    assert metrics["loss_ssl"].shape == ()
    assert set(grads["head"]) == {"projector", "whitener"}
    assert "Dense_3" in grads["head"]["projector"]
    for old, new in zip(*map(jax.tree.leaves, (before, after)), strict=True):
        assert old.shape == new.shape
    assert set(after["target"]) == {"model", "head"}


@pytest.mark.parametrize(
    ("values", "words"),
    [
        (None, "the config lacks the section ssl.mine .* weight, temperature"),
        ({"weight": 1.0}, "ssl.mine lacks temperature"),
        ({"weight": 1.0, "temperature": 1.0, "tau": 1.0}, "ssl.mine has tau"),
        ({"weight": -1.0, "temperature": 1.0}, r"weight=-1.0: must be at least 0"),
    ],
)
def test_values_that_do_not_fit_the_loss_are_told(values, words, monkeypatch):
    row = self_supervised.Method(plain)
    config = _config(monkeypatch, "mine", row, values or {})
    if values is None:
        with config.unlocked():
            del config.ssl["mine"]
    with pytest.raises(ValueError, match=words):
        checks.check_config(config)


def test_a_run_whose_method_is_not_registered_is_told_so():
    config = tiny.make_config("none")
    with config.unlocked():
        config.ssl.mine = ConfigDict({"weight": 1.0})
    config.ssl.method = "mine"
    with pytest.raises(ValueError, match=r"needs its row in .*self_supervised.METHODS"):
        checks.check_config(config)
    checks.check_config(config, training=False)
    config.ssl.method = "byol"
    config.ssl.byol.target_decay = 1.5
    with pytest.raises(ValueError, match=r"target_decay=1.5: must be in \[0, 1\]"):
        checks.check_config(config)


def test_a_model_is_loaded_without_the_loss_that_trained_it(tiny_run, tmp_path):
    run = str(shutil.copytree(tiny_run, tmp_path / "run"))
    path = tmp_path / "run" / "config.json"
    config = json.loads(path.read_text())
    del config["checksum"]
    config["ssl"] |= {"method": "mine", "mine": {"weight": 1.0}}
    path.write_text(json.dumps(config))
    model = tsgen_jax.load(run)
    assert model.config.ssl.method == "mine"
    tsgen_jax.load(run, {"sample.guidance_scale": 2.0})
    again = tsgen_jax.load(tiny_run)
    for a, b in zip(
        *(jax.tree.leaves(m.generator.weights) for m in (model, again)), strict=True
    ):
        np.testing.assert_array_equal(a, b)
