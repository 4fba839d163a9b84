import jax
import jax.numpy as jnp
import numpy as np

from tests import tiny
from tsgen_jax.data.info import DataInfo
from tsgen_jax.generators import networks, residuals
from tsgen_jax.models import vqvae
from tsgen_jax.nn import quantizer


def test_a_run_keeps_the_errors_of_its_tokenizer(tmp_path):
    config, dataset = tiny.make_config("none"), tiny.make_dataset()
    tokenizer, _ = networks.make_models(config, DataInfo.of(dataset))
    first = tokenizer.init(jax.random.key(0), jnp.zeros((1, 24, 1)))
    codes = quantizer.init_normal(jax.random.key(1), 8, 8)
    weights = {**first, "codebook": codes}
    train, valid = (dataset.network_data(part) for part in ("train", "valid"))
    errors = []
    for part in (train, valid):
        x = part["x"]
        tokens = vqvae.tokenize(tokenizer, weights, x)
        errors.append(x - vqvae.detokenize(tokenizer, weights, tokens))
    (tmp_path / "tokenizer").mkdir()
    workdir = str(tmp_path)
    assert residuals.read(workdir) is None
    found = residuals.measured(workdir, tokenizer, weights, train, valid)
    # Its size is that of validation, its shape over time that of both parts.
    held_out = np.mean(np.square(errors[1]))
    np.testing.assert_allclose(np.mean(np.square(found.std)), held_out, rtol=1e-4)
    shape = np.square(np.concatenate(errors)).mean(0)
    shape *= held_out / shape.mean()
    np.testing.assert_allclose(np.square(found.std), shape, rtol=1e-3)
    again = residuals.measured(workdir, tokenizer, None, train, valid)
    jax.tree.map(np.testing.assert_array_equal, found, again)


def test_of_many_series_some_are_measured():
    rows = residuals._some(np.arange(5001))
    assert len(rows) == 2000
    assert rows[0] == 0
    assert (np.diff(rows) >= 2).all()
    np.testing.assert_array_equal(residuals._some(np.arange(7)), np.arange(7))
    assert len(residuals._some(np.zeros((0, 3)))) == 0
