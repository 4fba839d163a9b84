"""What every generator must do, whatever it is: a name in `generators.NAMES` is enough.

Trained for a few steps on tiny series; what it draws need not be good here.
"""

import os
import pickle
import signal
from typing import Any, NamedTuple

import jax
import numpy as np
import pytest
from matplotlib.figure import Figure

import tsgen_jax
from tests import tiny, tiny_generators
from tsgen_jax import generators, pipeline, recipe, shown
from tsgen_jax.api.export import export
from tsgen_jax.data.info import DataInfo
from tsgen_jax.judges import fcn, fit_once, post_hoc
from tsgen_jax.reports import learned
from tsgen_jax.reports.figures import canvas
from tsgen_jax.runs import directory
from tsgen_jax.runs.seeds import SeedRun
from tsgen_jax.runtime.interrupt import InterruptedRunError
from tsgen_jax.training import snapshots
from tsgen_jax.training.train_recipe import train_recipe

_NUM = 20  # Series: more than two batches.
_SIXTEEN = 16
# `make contract` takes all generators through all tests. `make test` takes some of each
# kind, and through the tests that compile for long fewer still.
_OFTEN = ("ssl_vqvae", "ddpm", "ar", "gaussian")
_ONE_OF_A_KIND = ("ddpm", "gaussian")


def _names(often: tuple[str, ...]) -> list:
    """All generators; those that are not among `often` as slow tests.

    With `--dist loadgroup` all tests of a generator go to one process: it trains once.
    """
    found = []
    for name in generators.NAMES:
        marks = [pytest.mark.xdist_group(name)]
        marks += [] if name in often else [pytest.mark.slow]
        found.append(pytest.param(name, marks=marks))
    return found


costly = pytest.mark.parametrize("made", _names(_ONE_OF_A_KIND), indirect=True)


class _Made(NamedTuple):
    name: str
    config: Any
    dataset: Any
    recipe: recipe.Recipe
    weights: dict
    generator: Any
    model: Any
    workdir: str


@pytest.fixture(scope="module", params=_names(_OFTEN))
def made(request, tmp_path_factory) -> _Made:
    """A trained run of one generator, seed 1."""
    name = request.param
    config = tiny_generators.make_config(name, seed=1)
    dataset = tiny.make_dataset(channels=2, num_series=48)
    workdir = str(tmp_path_factory.mktemp(name) / "run")
    pipeline.run(config, workdir, dataset, evaluate=False)
    of = generators.make_recipe(config, DataInfo.of(dataset))
    weights = train_recipe(of, [SeedRun(config, workdir, "")], dataset)[0]
    model = tsgen_jax.load(workdir)
    whole = of.assemble(weights)
    return _Made(name, config, dataset, of, weights, whole, model, workdir)


def _labels(num: int) -> np.ndarray:
    return np.arange(num) % 2


def _train(made: _Made, workdir: str, seeds=(1,), tracker=None, **changes):
    """Weights of each seed; `changes` leave what the recipe traces as it is."""
    runs = []
    for seed in seeds:
        own = tiny_generators.make_config(made.name, **{**changes, "seed": seed})
        where = os.path.join(workdir, f"seed-{seed}")
        runs.append(SeedRun(own, where, f"seed {seed}", tracker))
    with jax.debug_key_reuse(False):  # It has found nothing while `made` was trained.
        return train_recipe(made.recipe, runs, made.dataset)


def _trained(made: _Made) -> list[recipe.Stage]:
    return [s for s in made.recipe.stages if isinstance(s, recipe.Stage)]


def test_it_draws_series_that_depend_on_key_and_place_alone(made):
    key, info = jax.random.key(3), made.generator.info
    x = made.generator.sample(key, _labels(_NUM))["x"]
    assert x.shape == (_NUM, 24, 2)
    assert x.dtype == np.float32
    assert np.isfinite(x).all()
    more = made.generator.sample(key, _labels(_NUM + 7))["x"]
    np.testing.assert_allclose(more[:_NUM], x, atol=1e-5)
    other = made.generator.sample(jax.random.key(4), _labels(_NUM))["x"]
    assert np.abs(other - x).max() > 1e-3
    with pytest.raises(ValueError, match=r"classes 0 to 1 \(2: no class\)"):
        made.generator.sample(key, np.array([0, 3]))
    none = made.generator.sample(key, np.full(3, info.num_classes))["x"]
    assert np.isfinite(none).all()
    assert made.generator.label_use in ("never", "optional", "always")
    assert isinstance(made.generator.remarks, str)
    assert made.recipe.about


def test_weights_are_as_the_recipe_says(made):
    shapes = recipe.abstract_recipe(made.recipe)
    assert [*shapes] == [stage.name for stage in made.recipe.stages]
    for stage, tree in shapes.items():
        judge = jax.tree.map(lambda s: (s.shape, str(s.dtype)), tree)
        found = jax.tree.map(lambda a: (a.shape, str(a.dtype)), made.weights[stage])
        assert jax.tree.structure(tree) == jax.tree.structure(made.weights[stage])
        assert jax.tree.leaves(judge) == jax.tree.leaves(found)


def test_what_was_measured_is_said_with_a_title(made):
    for stage in made.recipe.stages:
        if isinstance(stage, recipe.Fitted) and stage.say:
            title, said = stage.say(directory.read_done(made.workdir, stage.name))
            assert title[0].isupper()
            assert " " in said


@costly
def test_two_seeds_in_one_program_on_eight_devices_equal_one_on_one(made, tmp_path):
    # Of two seeds on eight devices saving compiles for long: once, at the end.
    once = {f"train.{stage.name}.checkpoint_every": 6 for stage in _trained(made)}
    both = _train(made, str(tmp_path), seeds=(1, 2), num_devices=8, **once)
    for a, b in zip(
        jax.tree.leaves(both[0]), jax.tree.leaves(made.weights), strict=True
    ):
        np.testing.assert_allclose(a, b, rtol=5e-3, atol=5e-4)
    one, two = (jax.tree.leaves(weights) for weights in both)
    if _trained(made):
        assert any(np.abs(a - b).max() > 0 for a, b in zip(one, two, strict=True))


class _Stop:
    """A tracker that ends the process at step 2 of every stage, once each."""

    def __init__(self):
        self.seen = set()

    def log(self, stage, step, values):
        if step == 2 and stage not in self.seen:
            self.seen.add(stage)
            os.kill(os.getpid(), signal.SIGTERM)


def test_it_goes_on_after_a_kill_bit_for_bit(made, tmp_path):
    stop = _Stop()
    for stage in _trained(made):
        with pytest.raises(
            InterruptedRunError, match=f"after step [24] of {stage.name}"
        ):
            _train(made, str(tmp_path), tracker=stop)
    resumed = _train(made, str(tmp_path), tracker=stop)[0]
    for a, b in zip(
        jax.tree.leaves(resumed), jax.tree.leaves(made.weights), strict=True
    ):
        np.testing.assert_array_equal(a, b)


def test_a_loaded_model_and_an_exported_one_are_the_run(made, tmp_path):
    label = np.array(made.model.classes)[_labels(_SIXTEEN)]
    label = None if made.generator.label_use == "never" else label
    drawn = made.model.sample(_SIXTEEN, label=label, seed=5)
    index = np.full(_SIXTEEN, 2) if label is None else _labels(_SIXTEEN)
    own = made.generator.sample(jax.random.key(5), index)["x"]
    np.testing.assert_array_equal(drawn, own)
    path = str(tmp_path / "model.tsgen")
    export(made.model, path, with_sampler=False)
    again = tsgen_jax.load(path)
    np.testing.assert_array_equal(again.sample(_SIXTEEN, label=label, seed=5), drawn)
    assert made.config.generator == again.config.generator
    assert "weights" in repr(again)


def test_tokens(made):
    x = made.dataset.x_test
    if not recipe.can(made.generator, recipe.Tokenizes):
        with pytest.raises(ValueError, match="cannot encode .*: ssl_vqvae"):
            made.model.encode(x)
        return
    tokens = made.model.encode(x)
    assert tokens.shape == (len(x), made.model.num_tokens)
    for band in made.generator.bands:
        part = band.of(tokens)
        assert part.shape[1] == np.prod(band.map_shape)
        assert part.min() >= 0
        assert part.max() < band.num_codes
    assert np.isfinite(made.model.reconstruct(x)).all()


def test_gaps(made):
    x = made.dataset.x_test[:3].copy()
    gone = x.copy()
    gone[:, 8:14] = np.nan
    if not recipe.can(made.generator, recipe.Inpaints):
        for use in (lambda: made.model.impute(gone), lambda: made.model.forecast(x, 5)):
            with pytest.raises(ValueError, match=r"cannot draw missing .*: ssl_vqvae"):
                use()
        return
    draws = made.model.impute(gone, num=2)
    assert draws.shape == (2, *x.shape)
    assert np.isfinite(draws).all()
    seen = ~np.isnan(gone)
    np.testing.assert_array_equal(draws[:, seen], np.stack([gone[seen]] * 2))
    assert np.abs(draws[0] - draws[1]).max() > 0
    ahead = made.model.forecast(x[:, :20], 8, num=2)
    assert ahead.shape == (2, 3, 8, 2)
    assert np.isfinite(ahead).all()
    assert made.model.sample_long(2, 40).shape == (2, 40, 2)


def test_how_probable(made):
    x = made.dataset.x_test
    if not recipe.can(made.generator, recipe.Rates):
        with pytest.raises(ValueError, match="cannot say how probable"):
            made.model.log_likelihood(x)
        return
    value, error = made.model.log_likelihood(x, return_error=True)
    assert value.shape == error.shape == (len(x),)
    assert value.dtype == np.float64
    assert np.isfinite(value).all()
    np.testing.assert_allclose(made.model.log_likelihood(x[:2]), value[:2], rtol=1e-4)
    assert np.isfinite(made.model.log_density(x)).all()
    assert made.generator.rates


def test_steps_to_a_series(made):
    if not recipe.can(made.generator, recipe.Unfolds):
        return
    key = jax.random.key(6)
    steps = made.generator.unfold(key, _labels(2))
    assert len(steps["x"]) >= 2
    assert steps["x"].shape[1:] == (2, 24, 2)
    assert np.isfinite(steps["x"]).all()


def test_what_it_learned(made):
    """Filters, attention and latents of real series, and samples over training."""
    x, label = made.dataset.x_test[:2], made.dataset.y_test[:2]
    if recipe.can(made.generator, recipe.Shows):
        views = made.generator.show(jax.random.key(8), x, label)
        assert views
        for name, view in views.items():
            assert name.isidentifier()
            if isinstance(view, shown.Filters):
                assert view.weights.ndim == 3
                assert np.abs(view.weights).max() > 0
            elif isinstance(view, shown.Attention):
                for weights in view.layers.values():
                    assert weights.min() >= 0
                    assert weights.sum(-1).max() < 1 + 1e-5
            else:
                shape = len(view.rows), len(view.values), 24, 2
                assert view.x.shape == shape
    for stage in made.recipe.stages:
        kept = snapshots.read(made.workdir, stage.name)
        if isinstance(stage, recipe.Stage) and stage.snapshot:
            assert [*kept] == [0, 2, 6]
            drawn = stage.snapshot(made.weights[stage.name], _rows(made, stage))["x"]
            np.testing.assert_array_equal(kept[6]["x"], drawn)
        else:
            assert not kept
    drawn = learned.sections(made.config, made.dataset, made.generator)
    if recipe.can(made.generator, recipe.Shows):
        assert [name for name, _ in drawn] == [*views]
    list(learned.over_training(made.recipe, made.dataset, made.workdir))


def _rows(made: _Made, stage: recipe.Stage) -> dict:
    part = recipe.part_of(made.dataset, "train")
    return stage.rows(part, recipe.given_to(stage, made.weights), True)


def test_the_program_of_jax_alone_draws_the_samples(made):
    key, label = jax.random.key(7), _labels(8)
    if not recipe.can(made.generator, recipe.Traceable):
        with pytest.raises(ValueError, match="cannot be exported as a sampler"):
            generators.check_can(made.generator, recipe.Traceable, made.name)
        return
    traced = jax.jit(made.generator.program)(key, label)
    x = made.generator.info.scaler.inverse(np.asarray(traced))
    drawn = made.generator.sample(key, label)["x"]
    np.testing.assert_allclose(x, drawn, atol=2e-3)


@pytest.mark.xdist_group("programs")
@pytest.mark.parametrize("name", generators.NAMES)
def test_a_program_draws_any_number_of_series(name):
    """As in an exported file, where the number of series is free; nothing is compiled."""
    config = tiny_generators.make_config(name)
    info = DataInfo.of(tiny.make_dataset(channels=2, num_series=48))
    of = generators.make_recipe(config, info)
    shapes = recipe.abstract_recipe(of)
    generator = of.assemble(jax.tree.map(lambda s: np.ones(s.shape, s.dtype), shapes))
    if recipe.can(generator, recipe.Traceable):
        (size,) = jax.export.symbolic_shape("b")
        label = jax.ShapeDtypeStruct((size,), np.int32)
        with jax.debug_key_reuse(False):  # It does not follow shapes that are free.
            x = jax.eval_shape(generator.program, jax.random.key(0), label)
        assert (str(x.shape[0]), x.shape[1]) == ("b", 24)


@pytest.fixture(scope="module")
def judges_weights() -> dict:
    """Weights of judges' networks by stage and shapes, trained on the first samples."""
    return {}


@pytest.mark.parametrize("made", _names(("gaussian",)), indirect=True)
def test_it_is_judged_by_all_groups(made, judges_weights, monkeypatch):
    drawn = made.name != "gaussian"  # Of two that `make test` takes, one.

    def fit(stage, rows, *args):  # Judging asks no generator: its networks do for all.
        of = stage.name, str(jax.tree.map(np.shape, rows))
        if of not in judges_weights:
            judges_weights[of] = fit_once.fit_once(stage, rows, *args)
        return judges_weights[of]

    for judge in (fcn, post_hoc):
        monkeypatch.setattr(judge, "fit_once", fit)
    # Panels where they fall: what is drawn counts here, `tests/reports` see to the rest.
    monkeypatch.setattr(canvas, "Figure", lambda size, layout: Figure(size))
    if not drawn:
        figures = os.path.join(made.workdir, "figures")
        page = lambda *_: os.makedirs(figures, exist_ok=True)  # noqa: E731
        monkeypatch.setattr(pipeline.run_report, "write", page)
    metrics = pipeline.run(made.config, made.workdir, made.dataset)
    names = {"fid_fcn", "cas_fcn", "discriminative_score_gru", "share_closer_to_train"}
    assert names <= {*metrics}
    assert all(np.isfinite(v) for v in metrics.values() if v is not None)
    report = os.path.join(made.workdir, "report.html")
    assert os.path.exists(report) == drawn


def test_a_model_can_be_pickled(made):
    again = pickle.loads(pickle.dumps(made.model))
    label = None if made.generator.label_use == "never" else made.model.classes[0]
    one, two = (model.sample(3, label=label, seed=1) for model in (made.model, again))
    np.testing.assert_array_equal(one, two)
