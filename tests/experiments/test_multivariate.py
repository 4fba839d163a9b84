import json

import numpy as np
import pytest

from experiments import multivariate, published
from tests import console

_TINY = {
    "tokenizer.width": 8,
    "tokenizer.num_res_blocks": 1,
    "quantizer.num_codes": 8,
    "prior.width": 16,
    "prior.num_layers": 1,
    "prior.head_width": 8,
    "sample.num_samples": 24,
    "sample.num_decode_steps": 2,
    "train.tokenizer.batch_size": 8,
    "train.prior.batch_size": 8,
    "judge.ts2vec.width": 4,
    "judge.ts2vec.num_blocks": 1,
    "judge.ts2vec.features": 4,
    "judge.ts2vec.few_steps": 2,
    "evaluation.num_draws": 2,
    "train.discriminator.num_steps": 2,
    "train.predictor.num_steps": 2,
}


def test_sines_are_timegans():
    x = multivariate.sines(200, 0)
    assert x.shape == (200, 24, 5)
    # Undone: the angle grows evenly, by at most 0.1 a step from at most 0.1.
    angle = np.arcsin(2 * x[:, :13].astype(float) - 1)
    steps = np.diff(angle, axis=1)
    np.testing.assert_allclose(steps, steps[:, :1] + 0 * steps, atol=1e-4)
    for part in (angle[:, 0], steps[:, 0]):
        assert 0 <= part.min() < 0.01
        assert 0.09 < part.max() < 0.1 + 1e-4
        assert abs(part.mean() - 0.05) < 0.005
    assert abs(np.corrcoef(angle[:, 0].T) - np.eye(5)).max() < 0.3


def test_tables_hold_ours_beside_what_was_published(tmp_path):
    def leave(place, values):
        rows = [
            {"name": n, "value": v, "floors": {"TRAIN": f, "TEST halves": f / 2}}
            for n, (v, f) in values.items()
        ]
        path = tmp_path / place / "evaluation"
        path.mkdir(parents=True)
        (path / "scores.json").write_text(json.dumps({"scores": rows}))
        return tmp_path / place

    runs = [leave(f"r{i}", {"context_fid": (1.0 + 2 * i, 0.5)}) for i in range(2)]
    seen = [leave(f"s{i}", {"context_fid": (0.25, 0.0)}) for i in range(2)]
    entry = multivariate.collect("stocks", runs, seen)
    row = entry["scores"]["context_fid"]
    assert row["test"]["mean"] == 2
    assert row["test"]["deviation"] == pytest.approx(np.sqrt(2))
    assert (row["test"]["floor"], row["test"]["floor_of"]) == (0.5, "TRAIN")
    assert row["seen"]["floor_of"] == "TEST halves"
    assert row["published"]["TimeVAE"] == 0.215
    assert "test" not in entry["scores"]["predictive_score"]
    lines = published.table([entry]).splitlines()
    assert "2.000±1.414 (0.500) | 0.250±0.000 (0.000) | 0.147 | 0.040" in lines[2]
    assert "| - | - | 0.036 | - | - | 0.036 | - | - | 0.036 |" in lines[5]
    assert lines[-1] == published.NOTE


@pytest.mark.slow  # Compiles both stages and three judges.
def test_one_command_trains_judges_twice_and_tells(tmp_path, monkeypatch, capsys):
    rng = np.random.default_rng(0)
    values = 100 + rng.normal(size=(220, 3)).cumsum(0)
    table = "\n".join(["a,b,c", *(",".join(f"{v:.4f}" for v in row) for row in values)])
    (tmp_path / "stock_data.csv").write_text(table)
    calls = []

    def tsgen(*arguments):
        calls.append(arguments[0])
        assert console.run(monkeypatch, *arguments) == 0

    monkeypatch.setattr(multivariate, "tsgen", tsgen)
    options = [f"--{k}={tmp_path / v}" for k, v in (("root", "r"), ("out", "o.json"))]
    options += [f"--source={tmp_path}", "--sets", "stocks", "--steps=2"]
    for key, value in _TINY.items():
        options += ["--set", f"{key}={value}"]
    for _ in range(2):  # The second time all is there.
        multivariate.main(options)
    assert calls == ["train", "evaluate", "train"]
    [entry] = json.loads((tmp_path / "o.json").read_text())["results"]
    for score, row in entry["scores"].items():
        for side in ("test", "seen"):
            assert len(row[side]["values"]) == 1, score
            assert np.isfinite(row[side]["floor"])
    shown = capsys.readouterr().out
    assert "| stocks | `context_fid` |" in shown
    assert "another harness" in shown
    assert (tmp_path / "r" / "stocks" / "seed-0" / "report.html").exists()
