"""Many seeds at once: each ends as it would have alone."""

import csv
import json
import os
import pathlib
import shutil
import signal

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from orbax.checkpoint import v1 as ocp

from tests import tiny
from tests.lessons import Lesson
from tests.traces import watch_late
from tests.training.test_loop import _lines, _settings
from tsgen_jax import checks, pipeline
from tsgen_jax.recipe import Stage, example_of
from tsgen_jax.runs import seeds
from tsgen_jax.runtime import sharding
from tsgen_jax.runtime.interrupt import InterruptedRunError
from tsgen_jax.training import loop, progress

_SEEDS = (0, 1, 2)


def _toys(scores=None, bad_seed=None, on_evaluation=lambda: None):
    """A noisy regression per seed, on data of its own; counts its traces."""
    traces = []

    def loss_fn(params, model_state, batch, key):
        traces.append(1)
        noise = jax.random.normal(key, batch["y"].shape) * 0.1
        loss = ((batch["x"] @ params["kernel"] - batch["y"] + noise) ** 2).mean()
        return loss, ({"seen": model_state["seen"] + 1}, {"loss": loss})

    tasks = []
    for seed in _SEEDS:
        rng = np.random.default_rng(seed)
        x = rng.normal(size=(32, 3)).astype("float32")
        data = {"x": x, "y": x @ np.array([1.0, -2.0, seed], "float32")}
        given = iter(scores[seed] if scores else ())

        def evaluate(weights, rows, given=given):
            on_evaluation()
            if scores:
                return {"loss": next(given)}
            error = rows["x"] @ np.asarray(weights["kernel"]) - rows["y"]
            return {"loss": (error**2).mean()}

        valid = {k: v[:8] for k, v in data.items()}
        if seed == bad_seed:
            data = {**data, "y": np.where(np.arange(32) == 5, np.nan, data["y"])}
        data = jax.tree.map(lambda a: a.astype("float32"), data)
        stage = Stage(
            name="tokenizer",
            example=example_of(data),
            init=lambda key, batch, given: (
                {"kernel": jax.random.normal(key, (3,))},
                {"seen": jnp.zeros((), jnp.int32)},
            ),
            loss_fn=loss_fn,
            export=lambda params, model_state: params,
            evaluate=evaluate,
        )
        tasks.append(Lesson(stage, data, valid))
    return tasks, traces


def _together(tasks, workdir, num_devices=1, **changes):
    runs = [
        task.run(jax.random.key(s), str(workdir / f"seed-{s}"), f"seed {s}")
        for s, task in zip(_SEEDS, tasks, strict=True)
    ]
    mesh = sharding.make_mesh(8, num_devices, len(_SEEDS))
    return loop.fit_all(runs, _settings(**changes), mesh)


def _alone(task, seed, workdir, **changes):
    return loop.fit(
        task.stage,
        task.rows,
        _settings(**changes),
        valid=task.valid,
        key=jax.random.key(seed),
        mesh=sharding.make_mesh(8, 1),
        workdir=str(workdir / f"seed-{seed}"),
    )


def _assert_same_lines(one, two):
    for a, b in zip(_lines(one), _lines(two), strict=True):
        assert a.keys() == b.keys()
        for name in a.keys() - {"stage"}:
            np.testing.assert_allclose(a[name], b[name], rtol=1e-4, err_msg=name)


def _assert_close(one, two):
    """But for rounding, of numbers of size 1."""
    np.testing.assert_allclose(one, two, rtol=1e-5, atol=1e-6)


def test_every_seed_ends_as_alone(tmp_path):
    tasks, traces = _toys()
    found = _together(tasks, tmp_path / "all", num_devices=6, ema_decay=0.9)
    assert len(traces) == 1 + 1  # For the shapes, and for the program: as one run.
    for seed, task, (weights, summary) in zip(_SEEDS, tasks, found, strict=True):
        own, said = _alone(task, seed, tmp_path / "one", ema_decay=0.9)
        _assert_close(weights["kernel"], own["kernel"])
        assert summary.keys() == said.keys()
        np.testing.assert_allclose([*summary.values()], [*said.values()], rtol=1e-5)
        _assert_same_lines(
            *(str(tmp_path / of / f"seed-{seed}") for of in ("all", "one"))
        )
    assert len({float(weights["kernel"][0]) for weights, _ in found}) == len(_SEEDS)


_SCORES = {  # Best at steps 20, 30 and 10.
    0: [3.0, 1.0, 2.0, 2.5],
    1: [3.0, 2.0, 1.0, 0.5, 0.7, 0.8],
    2: [1.0, 2.0, 3.0],
}


def test_each_seed_stops_for_itself(tmp_path):
    how = {"num_steps": 100, "patience": 2, "select": "last"}
    found = _together(_toys(_SCORES)[0], tmp_path / "all", **how)
    assert [summary["steps"] for _, summary in found] == [40, 60, 30]
    for seed, task in zip(_SEEDS, _toys(_SCORES)[0], strict=True):
        weights, summary = found[seed]
        own, said = _alone(task, seed, tmp_path / "one", **how)
        assert summary == said
        _assert_close(weights["kernel"], own["kernel"])
        _assert_same_lines(
            *(str(tmp_path / of / f"seed-{seed}") for of in ("all", "one"))
        )


def test_a_non_finite_loss_names_its_seed(tmp_path):
    with pytest.raises(FloatingPointError, match=r"tokenizer, seed 1: step \d has non"):
        _together(_toys(bad_seed=1)[0], tmp_path)


def _assert_equal(one, two):
    for (a, said), (b, told) in zip(one, two, strict=True):
        assert said == told
        np.testing.assert_array_equal(a["kernel"], b["kernel"])


def test_an_interrupted_group_resumes_bit_for_bit(tmp_path):
    whole = _together(_toys()[0], tmp_path / "whole")
    calls = []

    def stop_in_the_second_round():
        calls.append(1)
        if len(calls) == 4:
            os.kill(os.getpid(), signal.SIGTERM)

    broken = tmp_path / "broken"
    with pytest.raises(InterruptedRunError, match="after step 20 of tokenizer"):
        _together(_toys(on_evaluation=stop_in_the_second_round)[0], broken)
    # As if a kill had come before seed 1 had its checkpoint.
    shutil.rmtree(broken / "seed-1/tokenizer/checkpoints/20")
    _assert_equal(whole, _together(_toys()[0], broken))
    for seed in _SEEDS:
        names = (str(d / f"seed-{seed}") for d in (tmp_path / "whole", broken))
        a, b = map(_lines, names)
        assert a == b


def test_a_group_goes_on_where_single_runs_stopped(tmp_path):
    """One was done, one had begun, one had not."""
    whole = _together(_toys()[0], tmp_path / "whole")
    _alone(_toys()[0][0], 0, tmp_path / "parts")
    calls = []

    def stop():
        calls.append(1)
        os.kill(os.getpid(), signal.SIGTERM)

    with pytest.raises(InterruptedRunError):
        _alone(_toys(on_evaluation=stop)[0][1], 1, tmp_path / "parts")
    found = _together(_toys()[0], tmp_path / "parts")
    for (a, _), (b, _) in zip(whole, found, strict=True):
        np.testing.assert_allclose(a["kernel"], b["kernel"], rtol=1e-5)


def test_devices_go_to_seeds_first():
    shape = lambda *numbers: dict(sharding.make_mesh(*numbers).shape)  # noqa: E731
    assert shape(40, 0, 4) == {"seed": 4, "data": 2}
    assert shape(40, 0, 8) == {"seed": 8, "data": 1}
    assert shape(40, 0, 3) == {"seed": 1, "data": 8}  # 8 devices, not 6.
    assert shape(42, 0, 3) == {"seed": 1, "data": 7}
    assert shape(13, 0, 3) == {"seed": 3, "data": 1}
    assert shape(40, 1, 4) == {"seed": 1, "data": 1}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"seeds": (1, 2, 1)}, r"seeds=\(1, 2, 1\) names a seed twice"),
        ({"seeds": (0, -3)}, r"seeds has \[-3\]"),
        ({"seeds": (0, 1.5)}, r"seeds has \[1.5\]"),
        ({"seeds": (0, 1), "seed": 2}, r"seed=2 and seeds=\(0, 1\)"),
    ],
)
def test_senseless_seeds_are_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        checks.check_config(tiny.make_config(**changes))


def test_the_table_is_numpys_mean_and_deviation(tmp_path, capsys):
    metrics = {
        "seed 0": {"fid": 1.5, "nll": 2.0},
        "seed 3": {"fid": 2.5, "nll": float("nan"), "extra": 1.0},
        "seed 4": {"fid": 0.25, "nll": 2.5},
    }
    means = seeds.summarise(metrics, str(tmp_path))
    with open(tmp_path / "seeds.csv") as file:
        rows = {row["metric"]: row for row in csv.DictReader(file)}
    for name in ("fid", "nll", "extra"):
        values = [m.get(name, np.nan) for m in metrics.values()]
        np.testing.assert_allclose(float(rows[name]["mean"]), np.nanmean(values))
        assert means[name] == float(rows[name]["mean"])
    spread = np.std([1.5, 2.5, 0.25], ddof=1)
    np.testing.assert_allclose(float(rows["fid"]["standard_deviation"]), spread)
    assert rows["extra"]["standard_deviation"] == rows["nll"]["seed 3"] == ""
    assert float(rows["fid"]["seed 3"]) == 2.5
    assert f"{np.mean([1.5, 2.5, 0.25]):.4g} ± {spread:.2g}" in capsys.readouterr().out


_QUICK = {
    **{
        f"train.{stage}.{name}": value
        for stage in ("tokenizer", "prior")
        for name, value in (
            ("num_steps", 13),
            ("log_every", 5),
            ("eval_every", 4),
            ("checkpoint_every", 6),
        )
    },
    "train.prior.ema_decay": 0.9,
    "sample.residual_scales": (0.5, 1.0),
    "num_devices": 1,  # With eight, saving is slow under key-reuse checks.
    "evaluation.scores": "",
    "evaluation.judges": "",
}


def _page(config, dataset, recipe, generator, samples, judged, workdir):
    """Instead of a report, whose figures take seconds."""
    pathlib.Path(workdir, "report.html").write_text(config.name)


@pytest.fixture(scope="module")
def both(tmp_path_factory):
    """Two seeds at once, and the second of them alone."""
    root = tmp_path_factory.mktemp("seeds")
    with pytest.MonkeyPatch.context() as patch:
        data = tiny.make_dataset()
        patch.setattr(pipeline, "load_dataset", lambda **_: data)
        patch.setattr(pipeline.run_report, "write", _page)
        group = tiny.make_config("none", seeds=(0, 2), **_QUICK)
        alone = tiny.make_config("none", seed=2, **_QUICK)
        with watch_late(patch, progress) as late:
            means = pipeline.run(group, str(root / "all"))
            metrics = pipeline.run(alone, str(root / "alone"))
        yield root, group, means, alone, metrics, late


def _weights(workdir, stage):
    return jax.tree.leaves(ocp.load(os.path.join(workdir, stage, "weights")))


@pytest.mark.slow
def test_both_stages_of_a_seed_equal_its_own_run(both):
    root, *_ = both
    one, two = str(root / "all" / "seed-2"), str(root / "alone")
    for stage in ("tokenizer", "prior"):
        for a, b in zip(_weights(one, stage), _weights(two, stage), strict=True):
            np.testing.assert_allclose(a, b, rtol=2e-3, atol=2e-4)
    _assert_same_lines(one, two)
    with np.load(f"{one}/samples.npz") as a, np.load(f"{two}/samples.npz") as b:
        np.testing.assert_array_equal(a["tokens"], b["tokens"])
        np.testing.assert_allclose(a["x"], b["x"], atol=1e-3)


@pytest.mark.slow
def test_a_seeds_directory_is_that_of_a_run(both):
    root, _, means, alone, metrics, _ = both
    one, two = root / "all" / "seed-2", root / "alone"

    def names(directory):
        found = {p.relative_to(directory) for p in directory.rglob("*")}
        return {p for p in found if not p.name.startswith(("events", "ocdbt", "d"))}

    assert {p.parts[0] for p in names(one)} == {p.parts[0] for p in names(two)}
    assert json.loads((one / "config.json").read_text()) == json.loads(
        (two / "config.json").read_text()
    )
    again = pipeline.run(alone, str(one))  # It is finished: only reports.
    np.testing.assert_allclose([*again.values()], [*metrics.values()], rtol=1e-3)
    assert means.keys() == metrics.keys()
    judged = pipeline.evaluate_run(str(one), {"evaluation.seed": 1})
    assert judged.metrics().keys() == metrics.keys()
    with pytest.raises(ValueError, match=r"a run per seed; name one.*seed-0, .*seed-2"):
        pipeline.evaluate_run(str(root / "all"), {})


@pytest.mark.slow
def test_training_compiles_at_its_start_only(both):
    """Of two seeds at once and of one, in both stages."""
    assert both[-1] == {"tokenizer": [], "prior": []}


@pytest.mark.slow
def test_a_finished_group_only_reports(both):
    root, group, means, *_ = both
    kept = {p: p.stat().st_mtime_ns for p in pathlib.Path(root, "all").rglob("*.npz")}
    table = root / "all" / "seeds.csv"
    table.unlink()
    assert pipeline.run(group, str(root / "all")).keys() == means.keys()
    assert table.exists()
    assert {p for p, at in kept.items() if p.stat().st_mtime_ns != at} <= set()
