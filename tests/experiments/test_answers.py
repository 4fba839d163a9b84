"""The page of the research questions, from a sweep whose effects are known."""

import json

import numpy as np
import pytest

from experiments import answers, sweeps


def _lines(num_sets, gain):
    """VIbCReg's SVM probe is `gain` above none's; all else is noise."""
    rng = np.random.default_rng(0)
    wanted = sweeps.load("research_questions")[1]
    sets = list(dict.fromkeys(run.cell.partition("/")[0] for run in wanted))[:num_sets]
    lines = []
    for run in wanted:
        set_, _, arm = run.cell.partition("/")
        if set_ not in sets:
            continue
        of_set = sets.index(set_)
        svm = 0.6 + 0.02 * of_set + gain * arm.startswith("vibcreg")
        scores = {
            "svm_probe": svm + rng.normal(0, 0.01),
            "reconstruction_mse": np.exp(of_set + rng.normal(0, 0.1)),
            "fid_minirocket": np.exp(of_set + rng.normal(0, 0.1)),
            "masked_token_nll": 2 + rng.normal(0, 0.1),
        }
        lines.append(
            {
                "set": set_,
                "arm": arm,
                "seed": run.seed,
                "run": run.name,
                "settings": "",
                "commit": "abc",
                "machine": "a machine",
                "scores": scores,
                "device_seconds": 60.0,
                "joules": None,
                "co2_grams": None,
            }
        )
    return lines


def _page(tmp_path, lines):
    core = tmp_path / "research_questions.jsonl"
    core.write_text("".join(json.dumps(line) + "\n" for line in lines))
    words = [f"--core={core}", f"--rim={tmp_path / 'none'}", f"--out={tmp_path}"]
    assert answers.main(words) == 0
    return (tmp_path / "research_questions.md").read_text()


def test_an_effect_that_is_there_is_called_significant_and_nothing_else(tmp_path):
    text = _page(tmp_path, _lines(10, 0.1))
    assert "30 of 30 blocks" in text
    assert "It is complete" in text
    answer = next(line for line in text.splitlines() if line.startswith("| **RQ1**"))
    assert "`svm_probe` of `vibcreg` +0.1" in answer
    assert "against `none`, better" in answer
    assert "3 of 12 comparisons are significant" in answer  # Of none, control, Barlow.
    others = [line for line in text.splitlines() if line.startswith("| **RQ")][1:]
    assert all("No significant difference" in line for line in others)
    assert (tmp_path / "research_rq1.png").stat().st_size > 5000
    assert "300 runs" in text
    assert "5.0 device-hours" in text


def test_few_sets_leave_the_questions_open(tmp_path):
    lines = _lines(3, 0.1)
    text = _page(tmp_path, lines[:-1])  # A block that is not whole is left out.
    assert "8 of 30 blocks of set x seed (80 of 300 runs)" in text
    assert text.count("Open: with 3 sets no comparison can be significant") == 8


@pytest.mark.parametrize(
    ("value", "logs", "words"),
    [(np.log(0.9), True, "-10.0 %"), (0.05, False, "+0.05"), (np.nan, True, "-")],
)
def test_differences_are_shown_in_percent_where_they_are_of_logarithms(
    value, logs, words
):
    assert answers.shown(value, logs) == words


def test_a_sweep_without_a_run_is_refused(tmp_path, capsys):
    assert answers.main([f"--core={tmp_path / 'x'}", f"--out={tmp_path}"]) == 2
    assert "no finished run" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())
