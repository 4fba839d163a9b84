"""Trackers, with modules in their place that note what they are sent."""

import contextlib
import json
import math
import sys
import types

import pytest

from tests import tiny
from tsgen_jax.runs import tracking
from tsgen_jax.runs.metrics import Writer


class _Run:
    """A run of a wandb that is none."""

    def __init__(self, sent, **how):
        self.sent, self.id = sent, how["id"] or "new"
        sent.append(("init", how))

    def define_metric(self, name, step_metric=None):
        self.sent.append(("axis", name, step_metric))

    def log(self, values):
        self.sent.append(("log", values))

    def finish(self, exit_code):
        self.sent.append(("finish", exit_code))


class _Client:
    """A client of an MLflow that is none."""

    sent = None

    def get_experiment_by_name(self, name):
        return None

    def __getattr__(self, name):
        def call(*args, **kwargs):
            self.sent.append((name, *args, *kwargs.values()))
            info = types.SimpleNamespace(run_id="r1")
            return types.SimpleNamespace(info=info) if name == "create_run" else "e1"

        return call


@pytest.fixture
def sent(monkeypatch):
    found = []
    wandb = types.ModuleType("wandb")
    wandb.init = lambda **how: _Run(found, **how)
    wandb.Image = lambda path: ("image", path)
    mlflow = types.ModuleType("mlflow")
    mlflow.MlflowClient = type("Client", (_Client,), {"sent": found})
    monkeypatch.setitem(sys.modules, "wandb", wandb)
    monkeypatch.setitem(sys.modules, "mlflow", mlflow)
    return found


def _config(**on):
    return tiny.make_config(**{f"tracking.{name}": True for name in on})


def test_off_by_default_and_then_nothing_is_written(tmp_path, sent):
    with tracking.Tracker(tiny.make_config(), str(tmp_path), "run") as tracker:
        tracker.log("prior", 1, {"train/loss": 1.0})
    assert not sent
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["wandb", "mlflow"])
def test_a_package_that_is_absent_is_named_with_its_extra(name, monkeypatch):
    monkeypatch.setitem(sys.modules, name, None)  # An import of it fails.
    config = _config(**{name: True})
    with pytest.raises(ValueError, match=rf"pip install 'tsgen_jax\[{name}\]'"):
        tracking.check(config.tracking)
    tracking.check(tiny.make_config().tracking)


def test_wandb_gets_every_metric_on_the_steps_of_its_stage(tmp_path, sent):
    config = _config(wandb=True)
    tracking.check(config.tracking)
    (tmp_path / "a.png").write_bytes(b"")
    with tracking.Tracker(config, str(tmp_path), "mine") as tracker:
        with Writer(str(tmp_path), "prior", 9, 0, False, tracker) as writer:
            writer.write(3, "train", {"loss": 0.5, "bad": math.nan})
            writer.write(6, "train", {"loss": 0.25})
        tracker.figures(str(tmp_path))
    how = sent[0][1]
    assert how["config"]["stft.hop"] == config.stft.hop
    assert (how["project"], how["name"]) == ("tsgen_jax", "mine")
    assert ("axis", "prior/*", "prior/step") in sent
    logged = [entry[1] for entry in sent if entry[0] == "log"]
    assert logged == [
        {"prior/train/loss": 0.5, "prior/step": 3},
        {"prior/train/loss": 0.25, "prior/step": 6},
        {"figures/a": ("image", str(tmp_path / "a.png"))},
    ]
    assert sent[-1] == ("finish", 0)
    # A run that goes on is the same run there.
    with tracking.Tracker(config, str(tmp_path), "mine"):
        pass
    assert [entry[1]["id"] for entry in sent if entry[0] == "init"] == [None, "new"]


def test_mlflow_gets_parameters_metrics_and_figures(tmp_path, sent):
    config = _config(mlflow=True)
    (tmp_path / "a.png").write_bytes(b"")
    with contextlib.suppress(FloatingPointError):
        with tracking.Tracker(config, str(tmp_path), "mine") as tracker:
            tracker.log("prior", 3, {"train/loss": 0.5})
            tracker.figures(str(tmp_path))
            raise FloatingPointError
    assert ("create_run", "e1", "mine") in sent
    assert ("log_param", "r1", "stft.hop", json.dumps(config.stft.hop)) in sent
    assert ("log_metric", "r1", "prior/train/loss", 0.5, 3) in sent
    assert ("log_artifact", "r1", str(tmp_path / "a.png"), "figures") in sent
    assert sent[-1] == ("set_terminated", "r1", "FAILED")


def test_a_tracker_that_fails_does_not_stop_the_run(
    tmp_path, sent, monkeypatch, caplog
):
    def fail(self, values):
        raise ConnectionError("no network")

    monkeypatch.setattr(_Run, "log", fail)
    with tracking.Tracker(_config(wandb=True), str(tmp_path), "run") as tracker:
        tracker.log("prior", 1, {"train/loss": 1.0})
        tracker.log("prior", 2, {"train/loss": 1.0})
    assert caplog.text.count("no network") == 1
    assert "everything is in the run directory" in caplog.text
