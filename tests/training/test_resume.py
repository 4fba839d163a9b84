"""A run killed at any moment goes on as if nothing had happened."""

import json
import os
import pathlib
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from tests import compiling
from tsgen_jax.runs.metrics import read_metrics

_ROOT = pathlib.Path(__file__).parents[2]
_TINY = {
    "tokenizer.width": 8,
    "quantizer.num_codes": 8,
    "ssl.projector.hidden": 32,
    "ssl.projector.width": 32,
    "sample.num_samples": 8,
    "sample.num_decode_steps": 3,
    "sample.residual_scales": "(0.5,1.0)",
    "evaluation.batch_size": 16,
    "sample.batch_size": 16,
    "train.tokenizer.num_steps": 80,
    "train.prior.num_steps": 80,
    "train.prior.ema_decay": 0.9,
    "evaluation.scores": "fidelity+privacy",
    "judge.widths": "(8,8,8)",
}


def _command(workdir, *options, **changes):
    values = _TINY | changes
    return [
        sys.executable,
        "main.py",
        "--config=configs/smoke.py",
        f"--workdir={workdir}",
        *options,
        *(f"--config.{key}={value}" for key, value in values.items()),
    ]


def _environment():
    own = os.environ | {"JAX_PLATFORMS": "cpu", "TSGEN_QUIET": "1"}
    return compiling.environment(own)


def _run(workdir, *options, **changes):
    return subprocess.run(
        _command(workdir, *options, **changes),
        cwd=_ROOT,
        env=_environment(),
        capture_output=True,
        text=True,
        timeout=300,
    )


def _stop_after(workdir, stage, step, how):
    """Starts the run and sends it `how` once the stage has reported `step`."""
    process = subprocess.Popen(
        _command(workdir),
        cwd=_ROOT,
        env=_environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + 300
    while process.poll() is None and time.monotonic() < deadline:
        lines = read_metrics(workdir) if os.path.isdir(workdir) else []
        if any(r["stage"] == stage and r["step"] >= step for r in lines):
            process.send_signal(how)
            break
        time.sleep(0.02)
    _, errors = process.communicate(timeout=60)
    return process.returncode, errors


def _lines(workdir):
    drop = "train/steps_per_second"
    return [{k: v for k, v in r.items() if k != drop} for r in read_metrics(workdir)]


def _weights(workdir, stage):
    """All bytes of the stored arrays, by file."""
    import jax
    from orbax.checkpoint import v1 as ocp

    tree = ocp.load(os.path.join(workdir, stage, "weights"))
    return [np.asarray(a) for a in jax.tree.leaves(tree)]


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    workdir = str(tmp_path_factory.mktemp("runs") / "whole")
    done = _run(workdir)
    assert done.returncode == 0, done.stderr
    return workdir


def test_killed_and_stopped_equals_uninterrupted(whole, tmp_path):
    broken = str(tmp_path / "broken")
    code, _ = _stop_after(broken, "tokenizer", 30, signal.SIGKILL)
    assert code == -signal.SIGKILL
    assert not os.path.exists(os.path.join(broken, "tokenizer/done.json"))
    code, errors = _stop_after(broken, "prior", 30, signal.SIGTERM)
    assert code == 143, errors
    assert "everything is saved" in errors
    assert "tokenizer: resuming after step" in errors
    done = _run(broken, "--noreport")  # Its figures are those of `whole`.
    assert done.returncode == 0, done.stderr
    assert "prior: resuming after step" in done.stderr
    with (
        np.load(os.path.join(whole, "samples.npz")) as a,
        np.load(os.path.join(broken, "samples.npz")) as b,
    ):
        assert set(a) == set(b)
        for name in a:
            np.testing.assert_array_equal(a[name], b[name])
    assert _lines(whole) == _lines(broken)
    one, other = (pathlib.Path(w, "residual_scale/done.json") for w in (whole, broken))
    assert one.read_text() == other.read_text()
    for stage in ("tokenizer", "prior", "residual", "residual_scale"):
        for a, b in zip(_weights(whole, stage), _weights(broken, stage), strict=True):
            np.testing.assert_array_equal(a, b)


def test_a_finished_run_only_reports(whole):
    report = pathlib.Path(whole, "report.html")
    before = [*pathlib.Path(whole).rglob("*.npz")]
    before.append(pathlib.Path(whole, "residual_scale/done.json"))
    before = {p: p.stat().st_mtime_ns for p in before}
    lines = _lines(whole)
    report.unlink()
    done = _run(whole)
    assert done.returncode == 0, done.stderr
    assert report.exists()
    assert "reconstruction_mse" in done.stdout
    assert lines == _lines(whole)
    assert before == {p: p.stat().st_mtime_ns for p in before}


def test_another_config_is_refused_with_the_keys_that_differ(whole):
    before = sorted(p for p in pathlib.Path(whole).rglob("*"))
    done = _run(whole, **{"quantizer.decay": 0.5})
    assert done.returncode == 1
    assert "quantizer.decay" in done.stderr
    assert "Traceback" not in done.stderr
    assert before == sorted(p for p in pathlib.Path(whole).rglob("*"))


def test_outputs_are_as_documented(whole):
    with np.load(os.path.join(whole, "samples.npz")) as samples:
        assert samples["x"].shape == (8, 150, 1)
        assert samples["x"].dtype == np.float32
        assert np.isfinite(samples["x"]).all()
        np.testing.assert_array_equal(np.bincount(samples["label"]), [4, 4])
    config = json.loads(pathlib.Path(whole, "config.json").read_text())
    assert config["quantizer"]["num_codes"] == 8
    stages = {r["stage"] for r in read_metrics(whole)}
    assert stages == {"tokenizer", "prior", "evaluation"}
    final = json.loads(pathlib.Path(whole, "evaluation/done.json").read_text())
    assert {"reconstruction_mse", "masked_token_nll", "fid_fcn"} <= set(final)
    page = pathlib.Path(whole, "report.html").read_text()
    # Each also for a phone, but for the one picture of the first screen.
    assert page.count("data:image/png;base64") == 2 * 13 + 1
    assert list(pathlib.Path(whole, "tensorboard/prior").glob("events*"))
