import json
import statistics

import pytest

from experiments import results_table


def _run(folder, seed, fid, data="Toy", judge="one", **changes):
    (folder / "evaluation").mkdir(parents=True)
    config = {"seed": seed, "data": {"name": data}, "width": 8} | changes
    config["checksum"] = f"of seed {seed}"  # As runs/directory.py leaves it.
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "provenance.json").write_text(json.dumps({"commit": "abc"}))
    row = {"name": "fid", "judge": "fcn", "value": fid, "floors": {"TRAIN": 0.25}}
    (folder / "evaluation/scores.json").write_text(
        json.dumps({"judge": judge, "scores": [row]})
    )
    return str(folder)


def test_the_table_says_mean_deviation_and_floor(tmp_path, capsys):
    runs = [_run(tmp_path / str(s), s, v) for s, v in ((1, 3.0), (0, 1.5))]
    runs.append(_run(tmp_path / "other", 0, 7.0, "Other"))
    out = ["--out", str(tmp_path / "out.json"), "--machine", "mine"]
    results_table.main([*runs, *out])
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "| score | Toy, 2 seeds | Other, 1 seed |"
    mean, deviation = 2.25, statistics.stdev([1.5, 3.0])
    row = f"| `fid` fcn | {mean} ± {deviation:.2g} (0.25) | 7 (0.25) |"
    assert row in lines
    assert not any("minirocket" in line for line in lines)  # No run has that score.
    stored = json.loads((tmp_path / "out.json").read_text())
    assert stored["Toy"]["seeds"] == [0, 1]
    assert stored["Toy"]["commits"] == ["abc"]
    assert stored["Toy"]["machine"] == "mine"
    assert stored["Toy"]["scores"]["fid fcn"]["values"] == [1.5, 3.0]


def test_a_development_set_is_marked(tmp_path, capsys):
    runs = [_run(tmp_path / name, 0, 1.0, name) for name in ("GunPoint", "Wafer")]
    results_table.main([*runs, "--out", str(tmp_path / "out.json")])
    assert "| score | GunPoint*, 1 seed | Wafer, 1 seed |" in capsys.readouterr().out


def test_runs_that_are_no_seeds_of_one_configuration_are_refused(tmp_path):
    first = _run(tmp_path / "a", 0, 1.0)
    with pytest.raises(SystemExit, match="more than the seed"):
        results_table.group([first, _run(tmp_path / "b", 1, 1.0, width=16)])
    with pytest.raises(SystemExit, match=r"other weights or settings \(one, two\)"):
        results_table.group([first, _run(tmp_path / "d", 1, 1.0, judge="two")])
    with pytest.raises(SystemExit, match="there twice"):
        results_table.group([first, _run(tmp_path / "c", 0, 1.0)])
    with pytest.raises(SystemExit, match="never judged"):
        results_table.read(str(tmp_path))
