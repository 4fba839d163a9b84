"""TimeVQVAE beside the package: means, spreads and who lies where."""

import json

import numpy as np

from experiments import timevqvae_table


def _write(folder, runs, package):
    lines = [json.dumps({"run": run, "scores": scores}) for run, scores in runs]
    (folder / "timevqvae.jsonl").write_text("\n".join(lines) + "\n")
    entries = [
        {"data": name, "seed": seed, "timevqvae": scores}
        for name, seed, scores in package
    ]
    (folder / "timevqvae-competitor.json").write_text(json.dumps(entries))


def _scores(fcn, minirocket):
    return {"fid_fcn": fcn, "fid_minirocket": minirocket}


def test_the_mean_of_ours_lies_within_below_or_above_the_packages_seeds(tmp_path):
    ours = [("A/faithful/seed-0", _scores(1.0, 5.0))]
    ours += [("A/faithful/seed-1", _scores(3.0, 9.0)), ("B/none/seed-0", _scores(1, 1))]
    _write(tmp_path, ours, [("A", 0, _scores(1.5, 3.0)), ("A", 1, _scores(2.5, 4.0))])
    found = timevqvae_table.read(tmp_path)
    assert timevqvae_table.verdict(found, "A", "faithful") == (
        "* A, `faithful`: `fid_fcn` 2 is within the package's 1.5 to 2.5; "
        "`fid_minirocket` 7 is above the package's 3 to 4 (2 seed(s) of ours, 2 of the "
        "package)."
    )
    assert timevqvae_table.verdict(found, "A", "none") == ""
    assert timevqvae_table.verdict(found, "B", "none") == ""
    below = {("C", "none"): {0: _scores(1, 1)}, ("C", "pypi"): {0: _scores(2, 2)}}
    words = timevqvae_table.verdict(below, "C", "none")
    assert words.count(" is below the package's") == 2


def test_a_table_has_a_column_for_each_arm_that_ran(tmp_path):
    runs = [("A/none/seed-0", _scores(1.0, 5.0)), ("A/none/seed-2", _scores(2.0, 5.5))]
    _write(tmp_path, runs, [("A", 1, _scores(3.0, 4.0))])
    lines = timevqvae_table.tables(tmp_path).splitlines()
    assert lines[2] == "| A | PyPI 1.0.1 (1) | default (2) |"
    deviation = np.std([1.0, 2.0], ddof=1)
    assert f"| `fid_fcn` | 3 | 1.5 ± {deviation:.2g} |" in lines
    assert "| `cas_fcn` | - | - |" in lines
