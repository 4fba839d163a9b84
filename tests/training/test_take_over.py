import os
import pathlib
import shutil

import jax
import pytest
from ml_collections import ConfigDict

from tests import tiny
from tsgen_jax import generators
from tsgen_jax.data.info import DataInfo
from tsgen_jax.runs import directory, files
from tsgen_jax.runs.seeds import SeedRun, split
from tsgen_jax.stages import tokenizer
from tsgen_jax.training.take_over import take_over

_INFO = DataInfo.of(tiny.make_dataset(channels=2))


@pytest.fixture
def target(tmp_path):
    """Begins runs beside `tiny_run`, with its data."""

    def begin(**changes):
        config = tiny.make_config("none", **changes)
        place = tmp_path / "run"
        place.mkdir()
        files.write_json(str(place / "dataset.json"), _INFO.to_json())
        return SeedRun(config, str(place), "")

    return begin


def _take(run, source):
    take_over(generators.make_recipe(run.config, _INFO), [run], source)
    return directory.read_done(run.workdir, "tokenizer")


def _same(a, b):
    found = [p.relative_to(a) for p in a.rglob("*") if p.is_file()]
    return found and all((a / p).read_bytes() == (b / p).read_bytes() for p in found)


def test_another_prior_gets_the_tokenizer_and_trains_its_own(tiny_run, target):
    run = target(**{"prior.kind": "full_embedding", "masking.loss_on": "all"})
    assert _take(run, tiny_run)["taken_from"] == tiny_run
    weights = [pathlib.Path(p, "tokenizer/weights") for p in (tiny_run, run.workdir)]
    assert _same(*weights)
    assert not os.path.exists(os.path.join(run.workdir, "prior"))
    _take(run, "gone")  # What is done needs no source any more.


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"quantizer.decay": 0.5}, "quantizer.decay=0.95 there, 0.5 here"),
        ({"seed": 1}, "seed=0 there, 1 here"),
        ({"precision": "bfloat16"}, "precision"),
        ({"data.validation_fraction": 0.1}, "data.validation_fraction"),
        ({"train.tokenizer.num_steps": 41}, "train.tokenizer.num_steps"),
        ({"augment.names": "warp"}, "augment.names"),
    ],
)
def test_a_tokenizer_of_other_settings_is_refused(tiny_run, target, changes, words):
    run = target(**changes)
    with pytest.raises(ValueError, match=words):
        _take(run, tiny_run)
    assert directory.read_done(run.workdir, "tokenizer") is None


def test_other_series_and_an_unfinished_source_are_refused(tiny_run, target, tmp_path):
    run = target()
    source = str(tmp_path / "source")
    shutil.copytree(tiny_run, source)
    os.remove(os.path.join(source, "tokenizer", "done.json"))
    with pytest.raises(ValueError, match="not finished there"):
        _take(run, source)
    path = os.path.join(run.workdir, "dataset.json")
    files.write_json(path, {**_INFO.to_json(), "sha256": "other"})
    with pytest.raises(ValueError, match="its series or their split are others"):
        _take(run, tiny_run)
    with pytest.raises(ValueError, match="is no run directory"):
        _take(run, str(tmp_path / "nothing"))


def test_each_seed_takes_its_own(tiny_run, tmp_path):
    config = tiny.make_config("none", seeds=(0, 3))
    runs, source = split(config, str(tmp_path / "runs")), tmp_path / "source"
    for run in runs:
        os.makedirs(run.workdir)
        files.write_json(os.path.join(run.workdir, "dataset.json"), _INFO.to_json())
        own = str(source / f"seed-{run.config.seed}")
        shutil.copytree(tiny_run, own)
        values = files.read_json(os.path.join(own, "config.json"))
        files.write_json(
            os.path.join(own, "config.json"), values | {"seed": run.config.seed}
        )
    take_over(generators.make_recipe(config, _INFO), runs, str(source))
    for run in runs:
        done = directory.read_done(run.workdir, "tokenizer")
        assert done["taken_from"].endswith(f"seed-{run.config.seed}")


@pytest.mark.slow
@pytest.mark.parametrize("method", ["none", "byol"])
def test_the_tokenizer_reads_only_the_sections_it_declares(method):
    """A section that is not declared is not there: reading it fails."""
    whole = tiny.make_config(method)
    plain = {k: v for k, v in whole.to_dict().items() if not isinstance(v, dict)}
    kept = {name: whole[name].to_dict() for name in tokenizer.SECTIONS}
    train = {"train": {"tokenizer": whole.train.tokenizer.to_dict()}}
    # The size of batches in which validation is averaged moves no weight.
    config = ConfigDict(plain | kept | train | {"evaluation": {"batch_size": 8}})
    model = tokenizer.make_model(config, 24, 1)
    stage = tokenizer.make_stage(config, model)
    batch = jax.tree.map(lambda s: jax.numpy.zeros(s.shape, s.dtype), stage.example)

    def step(key, batch):
        params, state = stage.init(key, batch, {})
        return stage.loss_fn(params, state, batch, jax.random.fold_in(key, 1))

    jax.eval_shape(step, jax.random.key(0), batch)
