"""The notebooks run from the first cell to the last and leave their pictures."""

import os
import pathlib
import subprocess
import sys

import pytest

_EXAMPLES = pathlib.Path(__file__).parent.parent / "examples"
_NOTEBOOKS = sorted(_EXAMPLES.glob("notebook_*.py"))


def _execute(name, out):
    """What it prints; XLA's devices and effort are those of the tests."""
    root = str(_EXAMPLES.parent)
    done = subprocess.run(
        [sys.executable, str(_EXAMPLES / f"{name}.py")],
        cwd=out,
        env=os.environ
        | {"TSGEN_QUICK": "1", "TSGEN_OUT": str(out), "PYTHONPATH": root},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-3000:] + done.stdout[-2000:]
    return done.stdout


def _is_picture(path):
    with open(path, "rb") as file:
        return file.read(8) == b"\x89PNG\r\n\x1a\n" and path.stat().st_size > 10_000


def test_there_are_four_and_all_have_cells_with_words():
    assert len(_NOTEBOOKS) == 4
    for path in _NOTEBOOKS:
        cells = path.read_text().split("# %%")[1:]
        assert cells[0].startswith(" [markdown]\n# # ")
        assert sum(cell.startswith(" [markdown]") for cell in cells) >= 4
        assert "show(" in path.read_text()


def test_quick_start(tmp_path):
    said = _execute("notebook_1_quick_start", tmp_path)
    assert "Model 'demo' of control charts" in said
    assert "(12, 60, 1) ['cyclic', 'falling'" in said
    assert _is_picture(tmp_path / "generated.png")
    assert _is_picture(tmp_path / "real_and_generated.png")
    assert (tmp_path / "series.csv").read_text().startswith("series,time,value,label\n")


def test_gaps_and_forecasts(tmp_path):
    said = _execute("notebook_3_gaps_and_forecasts", tmp_path)
    assert "mean absolute error of the median: " in said
    assert "share of true values in the 90 % band: 0." in said
    assert _is_picture(tmp_path / "gaps.png")
    assert _is_picture(tmp_path / "forecasts.png")
    assert "2026-04-15" in (tmp_path / "forecast.csv").read_text()


@pytest.mark.slow
def test_own_csv(tmp_path):
    said = _execute("notebook_2_own_csv", tmp_path)
    assert "temperature" in said
    assert _is_picture(tmp_path / "days.png")
    assert (tmp_path / "building" / "report.html").exists()
    assert len((tmp_path / "new_days.csv").read_text().splitlines()) > 30


@pytest.mark.slow
def test_new_loss_and_ablation(tmp_path):
    said = _execute("notebook_4_new_loss_and_ablation", tmp_path)
    assert "equal views: " in said
    assert "simclr" in said.split("accuracy on tokens")[-1]
    assert _is_picture(tmp_path / "ablation.png")
