import json

import numpy as np
import pytest

from configs import ssl_vqvae
from experiments import competitor
from tsgen_jax import checks
from tsgen_jax.runs import config as overrides
from tsgen_jax.runtime import version


def _log(folder, rows):
    (folder / "metrics.jsonl").write_text("\n".join(map(json.dumps, rows)))
    return str(folder)


def test_training_takes_as_long_as_its_steps(tmp_path):
    """30 steps at 10 a second, 10 at 5; 20 steps at 2; validation rows do not count."""
    rate = "train/steps_per_second"
    rows = [
        {"stage": "tokenizer", "step": 30, rate: 10.0},
        {"stage": "tokenizer", "step": 30, "valid/loss": 1.0},
        {"stage": "tokenizer", "step": 40, rate: 5.0},
        {"stage": "prior", "step": 20, rate: 2.0},
    ]
    assert competitor.training_seconds(_log(tmp_path, rows)) == (5.0, 10.0)
    with pytest.raises(SystemExit, match="says nothing of prior"):
        competitor.training_seconds(_log(tmp_path, rows[:3]))


def test_the_table_has_means_and_spreads_of_both():
    def entry(data, ours, theirs):
        return {"data": data, "ours": {"fid_fcn": ours}, "timevqvae": theirs}

    entries = [
        entry("A", 1.0, {"fid_fcn": 3.0}),
        entry("A", 2.0, {"fid_fcn": 5.0}),
        entry("B", 4.0, {"fid_fcn": 6.0}),
        entry("C", 4.0, {}),
    ]
    lines = competitor.table(entries).splitlines()[2:]
    deviations = [np.std(v, ddof=1) for v in ([1, 2], [3, 5])]
    assert lines == [
        f"| A | `fid_fcn` | 1.5 ± {deviations[0]:.2g} | 4 ± {deviations[1]:.2g} |",
        "| B | `fid_fcn` | 4 | 6 |",
    ]


def test_a_run_without_scores_is_refused_before_anything_is_made(tmp_path):
    out = tmp_path / "out"
    with pytest.raises(SystemExit, match="no judged run"):
        competitor.main(["--run", str(tmp_path), "--out", str(out)])
    assert not out.exists()


def test_a_run_without_a_log_competes_for_the_seconds_given(tmp_path, monkeypatch):
    config = {"data": {"name": "A"}, "seed": 3}
    (tmp_path / "config.json").write_text(json.dumps(config))
    out = tmp_path / "out"
    drawn = out / "A-seed-3"
    drawn.mkdir(parents=True)
    (drawn / "samples.npz").touch()  # Drawn before.
    (drawn / "training.json").write_text('{"stage_1": {"steps": 7}}')
    monkeypatch.setattr(competitor, "scores", lambda run: {"fid_fcn": 1.0})
    monkeypatch.setattr(competitor, "judge", lambda *_: {"fid_fcn": 2.0})
    options = ["--run", str(tmp_path), "--out", str(out)]
    entry = competitor.compete(
        str(tmp_path), "python", competitor.parse([*options, "--seconds", "5,6"])
    )
    assert entry == {
        "commit": version.commit(),
        "data": "A",
        "seed": 3,
        "until": "seconds=5,6",
        "training": {"stage_1": {"steps": 7}},
        "ours": {"fid_fcn": 1.0},
        "timevqvae": {"fid_fcn": 2.0},
    }
    steps = competitor.parse([*options, "--steps", "7,8"])
    assert competitor.compete(str(tmp_path), "python", steps)["until"] == "steps=7,8"
    with pytest.raises(SystemExit, match="metrics.jsonl says nothing of"):
        competitor.compete(str(tmp_path), "python", competitor.parse(options))


def test_the_competitor_is_judged_as_the_run_was():
    """By all values of its judges, of which `tsgen evaluate` takes every one."""
    from tsgen_jax.commands import settings

    config = ssl_vqvae.get_config().unlock()
    config.judge.widths = (8, 16, 8)
    config.judge.dir = "a judge's directory"
    config.train.judge.num_steps = 7
    config.evaluation.scores = "fidelity+usefulness"
    config.evaluation.seed = 3
    stored = json.loads(json.dumps(config.to_dict()))
    given = settings.parse_set(competitor.judging(stored))
    base = ssl_vqvae.get_config()
    overrides.override(base, given, settings.SECTIONS)
    for section in ("judge", "evaluation"):
        assert base[section].to_dict() == config[section].to_dict()
    for stage in checks.JUDGING:
        assert base.train[stage].to_dict() == config.train[stage].to_dict()
    assert not [change for change in given if change.startswith("train.prior")]
