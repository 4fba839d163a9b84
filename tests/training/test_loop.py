import dataclasses
import os
import signal

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from tests import lessons, tiny
from tests.lessons import Lesson
from tsgen_jax.recipe import Stage, example_of
from tsgen_jax.runs.metrics import read_metrics
from tsgen_jax.runtime import sharding
from tsgen_jax.runtime.interrupt import InterruptedRunError
from tsgen_jax.training import loop
from tsgen_jax.training.programs import Programs


def _toy(poison_at=-1, valid=True, losses=None, on_step=None):
    """Noisy linear regression; counts its traces, may give NaN or fixed scores."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(32, 3)).astype("float32")
    data = {"x": x, "y": x @ np.array([1.0, -2.0, 0.5], "float32")}
    traces, given = [], iter(losses or ())

    def loss_fn(params, model_state, batch, key):
        traces.append(1)
        noise = jax.random.normal(key, batch["y"].shape) * 0.1
        error = batch["x"] @ params["kernel"] - batch["y"] + noise
        loss = (error**2).mean()
        bad = jnp.where(model_state["seen"] == poison_at, jnp.nan, 1.0)
        state = {"seen": model_state["seen"] + 1}
        return loss, (state, {"loss": loss, "loss_poisoned": loss * bad})

    def evaluate(weights, rows):
        if on_step is not None:
            on_step()
        if losses is not None:
            return {"loss": next(given)}
        error = rows["x"] @ np.asarray(weights["kernel"]) - rows["y"]
        return {"loss": (error**2).mean()}

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
    part = {k: v[: 8 if valid else 0] for k, v in data.items()}
    return Lesson(stage, data, part), traces


def _settings(**changes):
    settings = tiny.make_config().train.tokenizer
    settings.update(
        {"batch_size": 8, "num_steps": 30, "log_every": 3, "eval_every": 10}
        | {"checkpoint_every": 7, "warmup_steps": 2, "learning_rate": 0.05}
        | {"select": "best"}
        | changes
    )
    return settings


def _fit(task, workdir, seed=0, num_devices=1, **changes):
    mesh = sharding.make_mesh(8, num_devices)
    return loop.fit(
        task.stage,
        task.rows,
        _settings(**changes),
        valid=task.valid,
        key=jax.random.key(seed),
        mesh=mesh,
        workdir=str(workdir),
    )


def _lines(workdir):
    drop = "train/steps_per_second"
    return [{k: v for k, v in r.items() if k != drop} for r in read_metrics(workdir)]


def test_it_learns_compiles_once_and_reports_every_event(tmp_path):
    task, traces = _toy()
    weights, summary = _fit(task, tmp_path, num_steps=300, learning_rate=0.1)
    np.testing.assert_allclose(weights["kernel"], [1, -2, 0.5], atol=0.05)
    assert len(traces) == 1 + 1  # For the shapes, and for the program.
    assert summary["steps"] == 300
    lines = _lines(str(tmp_path))
    steps = [r["step"] for r in lines if "train/loss" in r]
    events = {*range(3, 301, 3), *range(10, 301, 10), *range(7, 301, 7)}
    assert steps == sorted(events)
    assert [r["step"] for r in lines if "valid/loss" in r] == [*range(10, 301, 10)]


def test_an_interrupted_run_resumes_bit_for_bit(tmp_path):
    whole, _ = _fit(_toy()[0], tmp_path / "whole", ema_decay=0.9)
    calls = []

    def stop_at_second_evaluation():
        calls.append(1)
        if len(calls) == 2:
            os.kill(os.getpid(), signal.SIGTERM)

    broken = tmp_path / "broken"
    with pytest.raises(InterruptedRunError, match="after step 20 of tokenizer"):
        _fit(_toy(on_step=stop_at_second_evaluation)[0], broken, ema_decay=0.9)
    resumed, _ = _fit(_toy()[0], broken, ema_decay=0.9)
    np.testing.assert_array_equal(whole["kernel"], resumed["kernel"])
    assert _lines(str(tmp_path / "whole")) == _lines(str(broken))


def test_other_devices_may_finish_a_run(tmp_path):
    whole, _ = _fit(_toy()[0], tmp_path / "whole")
    calls = []

    def stop():
        calls.append(1)
        os.kill(os.getpid(), signal.SIGTERM)

    with pytest.raises(InterruptedRunError):
        _fit(_toy(on_step=stop)[0], tmp_path / "moved")
    moved, _ = _fit(_toy()[0], tmp_path / "moved", num_devices=8)
    assert len(calls) == 1
    np.testing.assert_allclose(whole["kernel"], moved["kernel"], rtol=1e-5)


def test_a_stop_in_the_last_evaluation_is_heard(tmp_path):
    calls = []

    def stop_at_the_end():
        calls.append(1)
        if len(calls) == 3:
            os.kill(os.getpid(), signal.SIGTERM)

    with pytest.raises(InterruptedRunError, match="step 30"):
        _fit(_toy(on_step=stop_at_the_end)[0], tmp_path)
    _, summary = _fit(_toy()[0], tmp_path)
    assert summary["steps"] == 30


def test_a_non_finite_validation_stops_the_run(tmp_path):
    losses = [1.0, float("nan"), 1.0]
    with pytest.raises(FloatingPointError, match="step 20 has non-finite loss"):
        _fit(_toy(losses=losses)[0], tmp_path)


def test_another_seed_is_another_run(tmp_path):
    one, _ = _fit(_toy()[0], tmp_path / "a", seed=0)
    two, _ = _fit(_toy()[0], tmp_path / "b", seed=1)
    assert (np.asarray(one["kernel"]) != np.asarray(two["kernel"])).all()


def test_a_non_finite_term_is_named_and_the_last_good_state_kept(tmp_path):
    with pytest.raises(FloatingPointError, match=r"step 18 has non-finite loss_poison"):
        _fit(_toy(poison_at=17)[0], tmp_path)
    steps = sorted(int(s) for s in os.listdir(tmp_path / "tokenizer/checkpoints"))
    assert steps == [7, 14]
    weights, _ = _fit(_toy()[0], tmp_path)  # Goes on from step 14.
    assert np.isfinite(weights["kernel"]).all()


def test_the_best_weights_are_kept_and_patience_stops(tmp_path):
    losses = [3.0, 1.0, 2.0, 2.5, 0.5]
    seen = []
    task, _ = _toy(losses=losses)
    original = task.evaluate

    def evaluate(weights, rows):
        seen.append(np.array(weights["kernel"]))
        return original(weights, rows)

    task.stage = dataclasses.replace(task.stage, evaluate=evaluate)
    weights, summary = _fit(task, tmp_path, num_steps=100, patience=2)
    assert summary == {"steps": 40, "selected_step": 20, "valid_loss": 1.0}
    np.testing.assert_array_equal(weights["kernel"], seen[1])


def test_last_weights_on_request_or_without_validation(tmp_path):
    _, chosen = _fit(_toy(losses=[1.0, 2.0, 3.0])[0], tmp_path / "a", select="last")
    assert chosen["selected_step"] == 30
    _, blind = _fit(_toy(valid=False)[0], tmp_path / "b")
    assert blind == {"steps": 30, "selected_step": 30}


def _tokenizer_task():
    return lessons.tiny_tokenizer()


def _prior_task():
    config = tiny.make_config()
    rng = np.random.default_rng(0)
    data = {
        "tokens": rng.integers(0, 8, (24, 15)).astype("int32"),
        "label": rng.integers(0, 3, 24).astype("int32"),
    }
    codes = rng.normal(size=(8, 8)).astype("float32")
    return lessons.of_prior(config, codes, data, data, 3)


@pytest.mark.parametrize("make_task", [_tokenizer_task, _prior_task])
def test_one_device_and_eight_agree_after_ten_steps(make_task):
    task = make_task()
    settings = tiny.make_config().train[task.name]
    results = []
    for num_devices in (1, 8):
        mesh = sharding.make_mesh(settings.batch_size, num_devices)
        assert mesh.size == num_devices
        made = Programs([task.run(jax.random.key(0))], settings, mesh)
        state, means, _ = made.run_steps(
            made.init(0)["train"], made.data, made.key, made.counts([10])
        )
        results.append(jax.device_get((state.params, state.model_state, means)))
    for a, b in zip(*map(jax.tree.leaves, results), strict=True):
        np.testing.assert_allclose(a, b, atol=1e-4, rtol=1e-4)


def test_the_mesh_takes_as_many_devices_as_divide_the_batch():
    assert sharding.make_mesh(40, 0).size == 8
    assert sharding.make_mesh(42, 0).size == 7
    assert sharding.make_mesh(13, 0).size == 1
    assert sharding.make_mesh(40, 3).size == 2
    with pytest.raises(ValueError, match=r"num_devices=9, but 8"):
        sharding.make_mesh(40, 9)


def _recorded(task):
    """The lesson, and what its evaluations are given: (weights, rows)."""
    seen, original = [], task.stage.evaluate

    def evaluate(weights, rows):
        seen.append((np.array(weights["kernel"]), rows))
        return original(weights, rows)

    task.stage = dataclasses.replace(task.stage, evaluate=evaluate)
    return seen


def test_weights_are_selected_on_the_validation_part(tmp_path):
    task, _ = _toy()
    seen = _recorded(task)
    _fit(task, tmp_path)
    assert len(seen) == 3
    for _, rows in seen:
        np.testing.assert_array_equal(rows["x"], task.valid["x"])
        assert len(rows["x"]) < len(task.rows["x"])


def test_of_equal_losses_the_first_is_selected(tmp_path):
    task, _ = _toy(losses=[2.0, 1.0, 1.0, 1.0])
    seen = _recorded(task)
    weights, summary = _fit(task, tmp_path, num_steps=100, patience=2)
    assert summary == {"steps": 40, "selected_step": 20, "valid_loss": 1.0}
    np.testing.assert_array_equal(weights["kernel"], seen[1][0])


def test_a_resumed_run_remembers_the_best_loss_and_its_patience(tmp_path):
    calls = []

    def stop_at_second_evaluation():
        calls.append(1)
        if len(calls) == 2:
            os.kill(os.getpid(), signal.SIGTERM)

    task, _ = _toy(losses=[1.0, 2.0], on_step=stop_at_second_evaluation)
    seen = _recorded(task)
    with pytest.raises(InterruptedRunError, match="after step 20"):
        _fit(task, tmp_path, num_steps=100, patience=2)
    # 1.5 is better than what came before the stop, and not than the best.
    again, _ = _toy(losses=[1.5, 9.0, 9.0, 9.0])
    weights, summary = _fit(again, tmp_path, num_steps=100, patience=2)
    assert summary == {"steps": 30, "selected_step": 10, "valid_loss": 1.0}
    np.testing.assert_array_equal(weights["kernel"], seen[0][0])


def test_the_log_says_what_compiles_and_of_which_step_the_validation_is(
    tmp_path, caplog, monkeypatch
):
    """A validation loss is shown with its step: training has gone on since."""
    shown = []
    monkeypatch.setattr(
        "tsgen_jax.runs.metrics.Writer.progress",
        lambda self, step, values: shown.append((step, sorted(values))),
    )
    with caplog.at_level("INFO", "tsgen_jax"):
        _fit(_toy()[0], tmp_path, num_steps=30, learning_rate=0.1)
    words = [record.getMessage() for record in caplog.records]
    assert "compiling its training step" in words[0]
    assert "compiled in" in words[1]
    assert "Training 30 steps on" in words[1]
    assert shown[-1] == (30, ["loss", "valid (step 20)"])
    rates = {
        r["step"]: r["train/learning_rate"]
        for r in _lines(str(tmp_path))
        if "train/loss" in r
    }
    assert rates[3] > rates[27] > 0
