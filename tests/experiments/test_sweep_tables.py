import json

import numpy as np
import pandas as pd
import pytest

from experiments import sweep_rows, tables
from experiments.launch import records


def _lines(sets=6, seeds=2):
    chance = np.random.default_rng(0)
    for s in range(sets):
        for seed in range(seeds):
            for number, arm in enumerate(("none", "control-gauss", "vibcreg-gauss")):
                fid = float(np.exp(s - 0.5 * number + 0.01 * chance.normal()))
                probe = 0.5 + 0.1 * number + 0.001 * float(chance.normal())
                yield {
                    "run": f"S{s}/{arm}/seed-{seed}",
                    "set": f"S{s}",
                    "arm": arm,
                    "seed": seed,
                    "settings": "x",
                    "commit": "abc",
                    "machine": "2 cores of a CPU",
                    "device_seconds": 360.0,
                    "joules": 3.6e4,
                    "co2_grams": 4.45,
                    "scores": {"fid_fcn": fid, "linear_probe": probe, "other": 1.0},
                }


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sweep")
    records.append(folder / "toy.jsonl", _lines())
    tables.main([str(folder / "toy.jsonl"), f"--out={folder / 'out'}"])
    return folder


def test_the_page_says_means_tests_effects_and_cost(written):
    text = (written / "out" / "tables.md").read_text()
    assert "36 runs: 6 sets,\n3 arms, 2 seeds; 0 more" in text
    assert "3.60 device-hours; 0.36 kWh, 160 g of CO2" in text
    row = next(
        r for r in text.splitlines() if r.startswith("| `none` | `vibcreg-gauss` | -1")
    )
    difference, sets, p = row.split(" | ")[2:5]
    assert float(difference) == pytest.approx(-1.0, abs=0.02)  # Of logarithms.
    assert (sets, float(p)) == ("6", pytest.approx(2 / 2**6, abs=1e-4))
    assert "mixed model" in text
    assert "Levels of word 1" in text
    assert "`other`" not in text
    made = {p.name for p in (written / "out").iterdir()}
    ranks = {"ranks-fid_fcn.png", "ranks-linear_probe.png"}
    assert made >= {"scores.csv", "tests.csv", "effects.csv", *ranks}


def test_directories_and_their_lines_give_one_table(written, tmp_path):
    for line in _lines():
        folder = tmp_path / "toy" / line["run"]
        (folder / "evaluation").mkdir(parents=True)
        (folder / "provenance.json").write_text(json.dumps({"commit": "abc"}))
        rows = [
            {"name": name.removesuffix("_fcn"), "judge": "fcn" * name.endswith("fcn")}
            | {"value": value}
            for name, value in line["scores"].items()
        ]
        text = json.dumps({"scores": rows})
        (folder / "evaluation" / "scores.json").write_text(text)
        (folder / "evaluation" / "done.json").write_text("{}")
    (tmp_path / "toy" / "launch").mkdir()
    names = "\n".join(line["run"] for line in _lines())
    (tmp_path / "toy" / "launch" / "runs.txt").write_text(names)
    found = sweep_rows.read(tmp_path / "toy")
    there = pd.read_csv(written / "out" / "scores.csv")
    columns = list(there.columns)
    by = ["set", "seed", "arm"]
    pd.testing.assert_frame_equal(
        found.rows[columns].sort_values(by, ignore_index=True),
        there.sort_values(by, ignore_index=True),
        rtol=1e-5,
    )
    assert list(dict.fromkeys(found.rows["arm"]))[0] == "none"  # As in the sweep.
    assert found.device_seconds is None


def test_blocks_that_are_not_whole_are_left_out(tmp_path):
    place = tmp_path / "toy"
    (place / "launch").mkdir(parents=True)
    names = [line["run"] for line in _lines()]
    (place / "launch" / "runs.txt").write_text("\n".join(names))
    lines = [line for line in _lines() if line["run"] != "S0/none/seed-1"]
    text = "\n".join(json.dumps(line) for line in lines)
    (tmp_path / "toy.jsonl").write_text(text + "\n")
    expected = sweep_rows._expected(place)
    kept = sweep_rows._whole_blocks(lines, set(expected))
    assert len(lines) - len(kept) == 2
    assert not [r for r in kept if (r["set"], r["seed"]) == ("S0", 1)]


def test_an_unknown_reference_and_an_empty_sweep_are_refused(written, tmp_path):
    with pytest.raises(SystemExit, match="the arms are none, control-gauss"):
        tables.main([str(written / "toy.jsonl"), "--reference=regular"])
    with pytest.raises(SystemExit, match="no finished run"):
        tables.main([str(tmp_path)])
