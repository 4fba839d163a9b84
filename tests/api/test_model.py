"""The model as users see it, with weights drawn at random."""

import dataclasses
import json
import shutil
import subprocess
import sys

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from ml_collections import ConfigDict

import tsgen_jax
from tests import tiny
from tsgen_jax.api.model import Model
from tsgen_jax.generators import make_recipe
from tsgen_jax.runs import files
from tsgen_jax.sampling import residual


@pytest.fixture(scope="module")
def x():
    return tiny.make_dataset(channels=2).x_test


def test_facts(tiny_model):
    assert tiny_model.length == 24
    assert tiny_model.num_channels == 2
    assert tiny_model.metrics == {}
    assert tiny_model.config.quantizer.num_codes == 8
    assert sum(tiny_model.facts.class_counts) == 32
    said = repr(tiny_model)
    for words in ("length 24", "channels 2", *tiny_model.classes, "not evaluated"):
        assert words in said


def test_samples_depend_on_seed_and_place_alone(tiny_model):
    few, many = (tiny_model.sample(n, label=1, seed=3) for n in (5, 40))
    assert many.shape == (40, 24, 2)
    np.testing.assert_allclose(many[:5], few, atol=1e-4)
    np.testing.assert_array_equal(tiny_model.sample(5, label=1, seed=3), few)
    name = tiny_model.classes[1]
    np.testing.assert_array_equal(tiny_model.sample(5, label=name, seed=3), few)
    assert np.abs(tiny_model.sample(5, label=1, seed=4) - few).max() > 0.1
    labels = tiny_model.labels(5)
    assert labels.tolist() == ["0", "0", "0", "1", "1"]
    np.testing.assert_array_equal(
        tiny_model.sample(5), tiny_model.sample(5, label=labels)
    )


def test_classes_named_by_numbers_are_not_places(tiny_model):
    facts = dataclasses.replace(tiny_model.facts, classes=("1", "2"))
    model = dataclasses.replace(tiny_model, facts=facts)
    first = tiny_model.sample(5, label_index=0)
    np.testing.assert_array_equal(model.sample(5, label=1), first)
    np.testing.assert_array_equal(model.sample(5, label="1"), first)
    np.testing.assert_array_equal(model.sample(5, label_index=0), first)
    second = model.sample(5, label=2)
    np.testing.assert_array_equal(second, tiny_model.sample(5, label_index=1))
    assert np.abs(second - first).max() > 0
    with pytest.raises(ValueError, match="Unknown class '0'; known: '1', '2'"):
        model.sample(5, label=0)
    assert model.labels(2).tolist() == ["1", "2"]
    np.testing.assert_array_equal(model.label_indices(2), [0, 1])


def test_no_number_of_series_compiles_anything_anew(tiny_model, x):
    def use(num):
        tiny_model.sample(num, label=0)
        rows = np.arange(num) % len(x)
        tiny_model.reconstruct(x[rows])
        tiny_model.log_likelihood(x[rows])
        gaps = np.arange(24)[None] % 20 < 12
        tiny_model.impute(x[rows], np.repeat(gaps, num, axis=0), num=1)

    generator = tiny_model.generator
    programs = (
        generator.programs.sample,
        generator.programs.inpaint,
        generator.programs.tokenize,
        generator.programs.detokenize,
        generator.programs.nll,
    )
    for num in (1, 30):
        use(num)
    before = [program._cache_size() for program in programs]
    assert max(before) <= 2
    for num in (2, 8, 17, 41):
        use(num)
    assert [program._cache_size() for program in programs] == before


def test_tokens_there_and_back_in_any_layout(tiny_model, x):
    tokens = tiny_model.encode(x)
    assert tokens.shape == (len(x), tiny_model.num_tokens)
    turned = tiny_model.encode(x.swapaxes(1, 2), layout="ncl")
    np.testing.assert_array_equal(tokens, turned)
    again = tiny_model.reconstruct(x)
    assert again.shape == x.shape
    np.testing.assert_array_equal(tiny_model.decode(tokens), again)


def test_log_likelihood_of_priors_that_are_known(tiny_model, x):
    weights = jax.tree.map(jnp.zeros_like, tiny_model.generator.weights["prior"])
    codes = tiny_model.generator.bands[0].num_codes
    changed = _with_prior(tiny_model, weights)
    uniform = -tiny_model.num_tokens * np.log(codes)
    np.testing.assert_allclose(changed.log_likelihood(x), uniform, rtol=1e-5)
    # One distribution everywhere: the mean over many masks is that of all tokens.
    log_p = np.asarray(jax.nn.log_softmax(jnp.arange(codes) * 0.3))
    weights["params"]["bias"] = jnp.broadcast_to(log_p, weights["params"]["bias"].shape)
    changed = _with_prior(tiny_model, weights)
    found, error = changed.log_likelihood(x, 0, num_draws=60, return_error=True)
    judge = log_p[tiny_model.encode(x)].sum(-1)
    assert (np.abs(found - judge) < 4 * error).all()
    np.testing.assert_allclose(found.mean(), judge.mean(), rtol=0.02)
    sharper = changed.log_likelihood(x, 0, num_draws=240, return_error=True)[1]
    np.testing.assert_allclose(np.mean(sharper / error), 0.5, rtol=0.1)
    once = tiny_model.log_likelihood(x, seed=1)
    np.testing.assert_array_equal(tiny_model.log_likelihood(x, seed=1), once)
    assert (tiny_model.log_likelihood(x, seed=2) != once).any()


def test_log_likelihood_belongs_to_the_series_and_not_to_its_place(tiny_model, x):
    """One series many times in a call, among others and alone: one number."""
    of_all, errors = tiny_model.log_likelihood(x, num_draws=3, return_error=True)
    assert (of_all.shape, errors.shape) == ((len(x),), (len(x),))
    assert (errors > 0).all()
    order = np.random.default_rng(0).permutation(len(x))
    mixed = tiny_model.log_likelihood(x[order], num_draws=3)
    np.testing.assert_allclose(mixed, of_all[order], rtol=1e-5)
    repeated = tiny_model.log_likelihood(np.repeat(x[2:3], 40, 0), num_draws=3)
    np.testing.assert_allclose(repeated, of_all[2], rtol=1e-5)
    alone = tiny_model.log_likelihood(x[2:3], num_draws=3)
    np.testing.assert_allclose(alone, of_all[2], rtol=1e-5)
    assert len(np.unique(of_all.round(3))) > 1
    with pytest.raises(ValueError, match="num_draws=0 must be at least 1"):
        tiny_model.log_likelihood(x, num_draws=0)


def _with_prior(model, weights):
    every = {**model.generator.weights, "prior": weights}
    generator = dataclasses.replace(model.generator, weights=every)
    return dataclasses.replace(model, generator=generator)


def test_imputation_keeps_what_was_observed(tiny_model, x):
    observed = np.random.default_rng(0).random(x.shape) < 0.6
    gaps = np.where(observed, x, np.nan)
    drawn = tiny_model.impute(gaps, num=3)
    assert drawn.shape == (3, *x.shape)
    assert np.isfinite(drawn).all()
    for draw in drawn:
        np.testing.assert_array_equal(draw[observed], x[observed])
    masked = tiny_model.impute(
        x.swapaxes(1, 2), observed.swapaxes(1, 2), num=3, layout="ncl"
    )
    np.testing.assert_array_equal(masked, drawn)
    edited = tiny_model.edit(x, np.zeros(x.shape[:2]), num=2, label=1)
    assert edited.shape == (2, *x.shape)
    assert np.abs(edited[0] - edited[1]).max() > 0.1


def test_forecasts_and_long_series(tiny_model, x):
    short = tiny_model.forecast(x[:3, :18], 6, num=2)
    gaps = x[:3].copy()
    gaps[:, 18:] = np.nan
    assert short.shape == (2, 3, 6, 2)
    assert np.isfinite(short).all()
    far = tiny_model.forecast(x[:3], 30, num=2, label=0)
    assert far.shape == (2, 3, 30, 2)
    long = tiny_model.sample_long(4, 60, overlap=8, seed=2)
    assert long.shape == (4, 60, 2)
    np.testing.assert_array_equal(long[:, :24], tiny_model.sample(4, seed=2))
    np.testing.assert_array_equal(tiny_model.sample_long(4, 10, seed=2), long[:, :10])


def test_long_series_are_as_noisy_as_their_first_window(tiny_model):
    quiet, noisy = (
        dataclasses.replace(
            tiny_model,
            generator=dataclasses.replace(tiny_model.generator, residual_scale=scale),
        )
        for scale in (0.0, 2.0)
    )
    long, plain = (m.sample_long(60, 60, overlap=8, seed=2) for m in (noisy, quiet))
    np.testing.assert_array_equal(long[:, :24], noisy.sample(60, seed=2))
    np.testing.assert_array_equal(plain, tiny_model.sample_long(60, 60, 8, seed=2))
    rough = [np.diff(x, axis=1).std((0, 2)) for x in (long, plain)]
    for window in (slice(1, 22), slice(28, 38), slice(44, 54)):
        assert rough[0][window].mean() > 1.5 * rough[1][window].mean()
    # Draws of what is missing have a scale of their own, and codes have no noise.
    gaps = np.where(np.arange(24)[None, :, None] < 12, plain[:4, :24], np.nan)
    np.testing.assert_array_equal(noisy.impute(gaps, num=2), quiet.impute(gaps, num=2))
    again = (m.reconstruct(plain[:, :24]) for m in (noisy, quiet))
    np.testing.assert_array_equal(*again)


@pytest.mark.parametrize(
    ("use", "message"),
    [
        (lambda m, x: m.sample(0), "num=0 must be at least 1"),
        (lambda m, x: m.sample(2, label="no such"), "'no such'; known"),
        (lambda m, x: m.sample(2, seed=-1), "seed=-1"),
        (lambda m, x: m.sample(2, seed=2**32), "seed=4294967296 must be below 2\\^32"),
        (lambda m, x: m.sample(2, seed=2**64), "must be below"),
        (lambda m, x: m.sample(2, "1", label_index=1), "give one"),
        (lambda m, x: m.encode(x[:, :20]), "20 time points, the model 24"),
        (lambda m, x: m.encode(np.full_like(x, np.nan)), "missing values"),
        (lambda m, x: m.decode(np.full((1, 3), 1)), "must be integers"),
        (lambda m, x: m.decode(np.full((1, m.num_tokens), 8)), "codes from 0 to 7"),
        (lambda m, x: m.impute(np.full_like(x, np.nan), x > -1e9), "NaN where"),
        (lambda m, x: m.forecast(x, 5, overlap=24), "below the window of 24"),
        (lambda m, x: m.forecast(np.full_like(x, np.nan), 5), "has no value"),
    ],
)
def test_mistakes_are_told_in_words(use, message, tiny_model, x):
    with pytest.raises(ValueError, match=message):
        use(tiny_model, x)


def test_models_without_or_always_with_a_class(tiny_model, x):
    for rate, label, message in ((0.0, None, "give label"), (1.0, 0, "leave label")):
        config = ConfigDict(tiny_model.config.to_dict())
        config.prior.label_drop_rate = rate
        recipe = make_recipe(config, tiny_model.facts)
        generator = recipe.assemble(tiny_model.generator.weights)
        model = Model(generator, config, tiny_model.facts, {})
        with pytest.raises(ValueError, match=message):
            model.impute(x, label=label)


def test_what_cannot_be_loaded_is_refused(tiny_run, tmp_path):
    with pytest.raises(ValueError, match="nowhere is not there"):
        tsgen_jax.load(str(tmp_path / "nowhere"))
    copy = tmp_path / "copy"
    shutil.copytree(tiny_run, copy)
    facts = json.loads((copy / "dataset.json").read_text())
    del facts["length"]
    files.write_json(str(copy / "dataset.json"), facts)
    with pytest.raises(ValueError, match=r"dataset.json is damaged .*absent: length"):
        tsgen_jax.load(str(copy))
    shutil.copy(f"{tiny_run}/dataset.json", copy)
    config = json.loads((copy / "config.json").read_text())
    del config["inpaint"]
    files.write_json(str(copy / "config.json"), config)
    with pytest.raises(ValueError, match="another version"):
        tsgen_jax.load(str(copy))
    shutil.copy(f"{tiny_run}/config.json", copy)
    shutil.rmtree(copy / "residual" / "weights")
    with pytest.raises(ValueError, match="it has no weights of residual. Run its"):
        tsgen_jax.load(str(copy))
    (copy / "prior" / "done.json").unlink()
    with pytest.raises(ValueError, match="no weights of prior, residual."):
        tsgen_jax.load(str(copy))
    config = json.loads((copy / "config.json").read_text())
    files.write_json(str(copy / "config.json"), {**config, "generator": "nobody"})
    with pytest.raises(
        ValueError, match="generator='nobody' is not known; .* ssl_vqvae"
    ):
        tsgen_jax.load(str(copy))
    old = {k: v for k, v in config.items() if k != "generator"}
    files.write_json(str(copy / "config.json"), old)
    with pytest.raises(ValueError, match="copy has format 1, of an earlier version"):
        tsgen_jax.load(str(copy))
    config["seeds"] = [3, 4]
    files.write_json(str(copy / "config.json"), config)
    with pytest.raises(ValueError, match="a run per seed; name one of them: .*seed-3"):
        tsgen_jax.load(str(copy))


def test_settings_of_sampling_change_without_training(tiny_run, tiny_model, tmp_path):
    changes = {
        "sample.num_decode_steps": 2,
        "sample.residual_scales": (0.5,),
        "inpaint.token_temperature": 1.0,
        "precision": "bfloat16",
    }
    model = tsgen_jax.load(tiny_run, changes)
    assert model.generator.residual_scale == 0.5
    programs = model.generator.programs
    networks = programs.priors[""], programs.coder.models[""]
    assert {network.dtype for network in networks} == {jnp.dtype("bfloat16")}
    assert model.generator.programs.inpainting.token_temperature == 1.0
    assert model.generator.settings.num_decode_steps == 2
    tsgen_jax.export(model, tmp_path / "m.tsgen", with_sampler=False)
    again = tsgen_jax.load(tmp_path / "m.tsgen")  # A file keeps them,
    np.testing.assert_array_equal(again.sample(3), model.sample(3))
    other = tsgen_jax.load(tmp_path / "m.tsgen", {"sample.residual_scales": (0.0,)})
    assert other.generator.residual_scale == 0  # and takes others.
    for setting, message in (
        ({"prior.width": 8}, "prior.width: only sample, inpaint, precision"),
        ({"sample.token_temperature": -1}, "must be at least"),
        ({"sample.rounds": 3}, "Unknown key 'sample.rounds'"),
        ({"sample": 3}, r"a section: write sample\.KEY"),
        ({"sample.batch_size": "many"}, "must be like 8"),
        ({"sample.residual_scales": (0.0, 1.0)}, "takes one scale"),
    ):
        with pytest.raises(ValueError, match=message):
            tsgen_jax.load(tiny_run, setting)


def test_draws_differ_by_what_tokens_leave_out(tiny_model, x):
    """Beside observed samples nothing is added, in the middle of a gap it is."""
    of = tiny_model.generator
    none = {**of.weights, "residual": residual.none(24, 2, 2)}
    still = dataclasses.replace(of, weights=none)
    still = dataclasses.replace(tiny_model, generator=still)
    seen = np.ones(x.shape[:2], bool)
    seen[:, 6:20] = False
    added = tiny_model.impute(x, seen, num=40) - still.impute(x, seen, num=40)
    np.testing.assert_array_equal(added[:, :, seen[0]], 0)
    scale = np.asarray(tiny_model.facts.scaler.std)
    judge = np.asarray(tiny_model.generator.residual.std)[12] * scale
    np.testing.assert_allclose(added[:, :, 12].std((0, 1)), judge, rtol=0.35)


def test_importing_the_package_is_cheap():
    code = (
        "import tsgen_jax, sys; print('jax' in sys.modules, 'load' in dir(tsgen_jax))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["False", "True"]
    with pytest.raises(AttributeError, match="no attribute 'lod'"):
        tsgen_jax.lod  # noqa: B018


def test_samples_have_noise_in_proportion_to_its_scale(tiny_model):
    plain, half = (
        dataclasses.replace(tiny_model.generator, residual_scale=scale)
        for scale in (0.0, 0.5)
    )
    label, key = np.array([0, 1, 1]), jax.random.key(4)
    one, other = plain.sample(key, label), half.sample(key, label)
    np.testing.assert_array_equal(one["tokens"], other["tokens"])
    noise = half.noise(key, label) * np.asarray(tiny_model.facts.scaler.std)
    np.testing.assert_allclose(other["x"] - one["x"], 0.5 * noise, atol=1e-4)
