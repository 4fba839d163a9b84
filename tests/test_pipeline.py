"""Bad input ends in a clear error before any compute, with nothing written."""

import json
import os
import pathlib
import shutil
import subprocess
import sys

import numpy as np
import pytest

import tsgen_jax
from tests import tiny, tiny_generators
from tsgen_jax import pipeline
from tsgen_jax.runs import files

_ROOT = pathlib.Path(__file__).parent.parent


def _rows(num=12, length=24, seed=0):
    x = np.random.default_rng(seed).normal(size=(num, length))
    return [[str(i % 2 + 1), *(f"{v:.5f}" for v in row)] for i, row in enumerate(x)]


def _write(root, name, train, test):
    directory = root / name
    directory.mkdir(parents=True)
    for part, rows in (("TRAIN", train), ("TEST", test)):
        text = "".join("\t".join(row) + "\n" for row in rows)
        (directory / f"{name}_{part}.tsv").write_text(text)


def _spoil(how):
    train, test = _rows(), _rows(seed=1)
    match how:
        case "empty":
            train = []
        case "ragged":
            train[3] = train[3][:-2]
        case "no label":
            train[2][0] = ""
        case "nan":
            train[1][5] = "NaN"
        case "infinite":
            test[4][7] = "inf"
        case "too short":
            train, test = ([row[:4] for row in part] for part in (train, test))
        case "one class":
            for row in (*train, *test):
                row[0] = "1"
        case "word":
            train[0][3] = "high"
    return train, test


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ("empty", "empty"),
        ("ragged", "row 4"),
        ("no label", "label"),
        ("nan", r"1 of .*data.missing=interpolate"),
        ("infinite", "inf"),
        ("too short", "too short for an STFT window of 8"),
        ("one class", "sample.class_conditional=False"),
        ("word", "high"),
    ],
)
def test_a_bad_file_is_refused(how, message, tmp_path):
    _write(tmp_path / "data", "Mine", *_spoil(how))
    root = str(tmp_path / "data")
    config = tiny.make_config(**{"data.name": "Mine", "data.root": root})
    workdir = tmp_path / "run"
    with pytest.raises(ValueError, match=f"(?s){message}"):
        pipeline.run(config, str(workdir))
    assert not workdir.exists()


def test_an_unknown_set_lists_those_that_are_there(tmp_path):
    _write(tmp_path / "data", "Mine", *_spoil("nothing"))
    changes = {"data.name": "Yours", "data.root": str(tmp_path / "data")}
    with pytest.raises(ValueError, match=r"(?s)Yours.*Mine"):
        pipeline.run(tiny.make_config(**changes), str(tmp_path / "run"))
    assert not (tmp_path / "run").exists()


def test_damaged_samples_are_generated_again(tmp_path):
    path = str(tmp_path / "samples.npz")
    files.write_arrays(path, {"x": np.zeros(1000)})
    with open(path, "r+b") as file:
        file.truncate(50)
    config, dataset = tiny.make_config(), tiny.make_dataset()

    class Generator:
        def sample(self, key, label):
            tokens = np.zeros((len(label), 3), int)
            return {"x": np.ones((len(label), 24, 1)), "tokens": tokens}

    samples = pipeline._sample(config, dataset, Generator(), str(tmp_path))
    assert samples["x"].shape == (8, 24, 1)
    with np.load(path) as stored:
        np.testing.assert_array_equal(stored["x"], samples["x"])


@pytest.mark.slow
def test_how_much_noise_samples_get_is_chosen_once(tmp_path, monkeypatch, caplog):
    """Between finished networks and samples; whoever uses the run has it."""
    data = tiny.make_dataset()
    monkeypatch.setattr(pipeline, "load_dataset", lambda **_: data)
    changes = {
        "sample.residual_scales": (0.5, 1.0),
        "train.tokenizer.num_steps": 4,
        "train.prior.num_steps": 4,
        "evaluation.scores": "privacy",
        "num_devices": 1,
    }
    workdir, config = tmp_path / "run", tiny.make_config("none", **changes)
    caplog.set_level("INFO", "tsgen_jax")
    assert pipeline.run(config, str(workdir), evaluate=False) == {}
    assert "Stage 2 of 4: prior" in caplog.text
    caplog.clear()
    done = workdir / "residual_scale" / "done.json"
    chosen = json.loads(done.read_text())
    assert chosen["scale"] in (0.5, 1.0)
    assert list(chosen["fid_minirocket"]) == ["0.5", "1.0"]
    model = tsgen_jax.load(str(workdir))
    assert model.generator.residual_scale == chosen["scale"]

    pipeline.run(config, str(workdir))
    told = [record.getMessage() for record in caplog.records]
    stages = [line.split(" (")[0] for line in told if line.startswith("Stage ")]
    names = ("tokenizer", "prior", "residual", "residual_scale")
    names += ("samples", "evaluation", "report")
    assert stages == [f"Stage {i} of 7: {n}" for i, n in enumerate(names, start=1)]
    assert any("done before; weights of step" in line for line in told)
    assert not any("{" in line for line in told)  # Words, not dicts.
    assert (workdir / "tensorboard" / "run").is_dir()
    with np.load(workdir / "samples.npz") as stored:
        samples = dict(stored)
    added = samples["x"] - model.decode(samples["tokens"])
    size = chosen["scale"] * np.asarray(model.generator.residual.std)
    judge = np.square(size * np.asarray(data.scaler.std)).mean()
    np.testing.assert_allclose(np.square(added).mean(), judge, rtol=0.4)
    page = (workdir / "report.html").read_text()
    assert f"residual noise: scale {chosen['scale']:g} (FID to TRAIN" in page

    (workdir / "samples.npz").unlink()  # Broken off before the samples,
    shutil.rmtree(workdir / "residual_scale")  # and before the scale.
    with pytest.raises(ValueError, match="no weights of residual_scale. Run its"):
        pipeline.report_run(str(workdir))  # It never makes what is missing.
    pipeline.run(config, str(workdir))
    assert json.loads(done.read_text()) == chosen
    with np.load(workdir / "samples.npz") as stored:
        for name, array in stored.items():
            np.testing.assert_array_equal(array, samples[name])
    monkeypatch.setattr(pipeline, "train_recipe", None)  # Judging trains nothing.
    again = pipeline.evaluate_run(str(workdir), {"evaluation.seed": 1})
    assert {score.group for score in again.scores} == {"privacy", "representation"}


def test_figures_can_be_left_for_later(tmp_path, capsys, caplog):
    """Scores come without them; the same command draws them, from the same scores."""
    changes = {"evaluation.scores": "privacy"}
    config = tiny_generators.make_config("gaussian", **changes)
    workdir, data = tmp_path / "run", tiny.make_dataset()
    caplog.set_level("INFO", "tsgen_jax")
    metrics = pipeline.run(config, str(workdir), data, report=False)
    assert "evaluation (" in caplog.text
    assert "Stage 3 of 3" in caplog.text
    assert not {"report.html", "figures"} & {path.name for path in workdir.iterdir()}
    assert "share_closer_to_train" in capsys.readouterr().out
    scores = (workdir / "scores.csv").read_bytes()
    assert pipeline.run(config, str(workdir), data) == metrics
    assert (workdir / "scores.csv").read_bytes() == scores
    assert (workdir / "report.html").exists()


def test_a_run_without_weights_or_of_format_1_is_refused(tiny_run, tmp_path):
    """Evaluate and report train nothing and leave everything as it was."""
    workdir = tmp_path / "run"
    shutil.copytree(tiny_run, workdir)
    shutil.rmtree(workdir / "prior" / "weights")
    before = sorted(workdir.rglob("*"))
    evaluation = workdir / "evaluation"
    for use in (pipeline.report_run, lambda w: pipeline.evaluate_run(w, {})):
        with pytest.raises(ValueError, match="it has no weights of prior. Run its"):
            use(str(workdir))
    assert sorted(workdir.rglob("*")) == before
    assert not evaluation.exists()
    old = json.loads((workdir / "config.json").read_text())
    files.write_json(
        str(workdir / "config.json"),
        {k: v for k, v in old.items() if k not in ("generator", "checksum")},
    )
    with pytest.raises(ValueError, match="has format 1, of an earlier version"):
        pipeline.run(tiny.make_config("none"), str(workdir), tiny.make_dataset())


def test_a_directory_of_something_else_is_left_alone(tmp_path):
    workdir = tmp_path / "thesis"
    workdir.mkdir()
    (workdir / "chapter.tex").write_text("mine")
    with pytest.raises(ValueError, match="config.json"):
        pipeline.run(tiny.make_config(), str(workdir))
    assert [p.name for p in workdir.iterdir()] == ["chapter.tex"]


def _main(*arguments):
    return subprocess.run(
        [sys.executable, "main.py", *arguments],
        cwd=_ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        env=os.environ | {"JAX_PLATFORMS": "nonsense"},  # Flags need no jax.
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["--config=configs/smoke.py", "--config.data.nam=x"],
            "Did you mean 'data.name'? Known there: array_layout, channels",
        ),
        (["--config=configs/smoke.py", "--config.seed=x"], "it must be like 0"),
        (["--config=configs/smoke.py", "--config.seed.x=1"], "Unknown key 'seed.x'"),
        (
            ["--config=configs/ssl_vqvae.py:simclr"],
            "barlow_twins, byol, vibcreg, vicreg",
        ),
        (["--config=configs/nothing.py"], "configs/nothing.py"),
        (["--wrkdir=x"], "Unknown command line flag 'wrkdir'"),
        ([], "Which config?"),
    ],
)
def test_a_bad_command_line_is_told_in_words(arguments, message):
    done = _main(*arguments)
    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_help_lists_flags_and_every_value():
    done = _main("--help")
    assert done.returncode == 0
    assert "--workdir" in done.stdout
    assert "--config.ssl.method=vibcreg" in done.stdout
    assert "--config.train.prior.num_steps=" in done.stdout
    other = _main("--config=configs/vqvae.py", "--help")
    assert "--config.ssl.method=none" in other.stdout


@pytest.mark.slow
def test_the_real_archive_trains(ucr_root, tmp_path):
    """ECG5000 from files, one short run of both stages."""
    config = tiny.make_config(
        "barlow_twins",
        **{
            "data.name": "ECG5000",
            "data.root": ucr_root,
            "train.tokenizer.num_steps": 10,
            "train.prior.num_steps": 10,
            "evaluation.batch_size": 256,
            "sample.batch_size": 256,
            "evaluation.scores": "privacy",
        },
    )
    metrics = pipeline.run(config, str(tmp_path / "run"))
    assert all(np.isfinite(v) for v in metrics.values())
    with np.load(tmp_path / "run" / "samples.npz") as samples:
        assert samples["x"].shape == (8, 140, 1)
        assert set(samples["label"]) == set(range(5))
    with np.load(tmp_path / "run" / "reconstructions.npz") as stored:
        assert stored["x"].shape == stored["x_hat"].shape == (4500, 140, 1)


def test_multivariate_series_without_classes_train(tmp_path, monkeypatch):
    data = tiny.make_dataset(channels=2, num_classes=1)
    monkeypatch.setattr(pipeline, "load_dataset", lambda **_: data)
    changes = {
        "sample.class_conditional": False,
        "train.tokenizer.num_steps": 4,
        "train.prior.num_steps": 4,
    }
    pipeline.run(tiny.make_config("none", **changes), str(tmp_path / "run"))
    with np.load(tmp_path / "run" / "samples.npz") as samples:
        assert samples["x"].shape == (8, 24, 2)
        assert set(samples["label"]) == {-1}
