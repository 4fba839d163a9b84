"""The sweep `tiny` for real, in part: killed and begun again it gives the same scores."""

import json
import os
import pathlib
import random
import subprocess
import sys
import time

import pytest

_ROOT = pathlib.Path(__file__).resolve().parents[3]
_ONLY = "ItalyPowerDemand/vibcreg-gauss*"  # A tokenizer, and another prior on it.


def _command(place):
    words = [f"--runs={place / 'runs'}", f"--results={place}", f"--only={_ONLY}"]
    return [sys.executable, "-m", "experiments.launch", "tiny", *words]


def _environment():
    """As a user's: no simulated devices, programs compiled as ever."""
    return {k: v for k, v in os.environ.items() if k != "XLA_FLAGS"}


def _scores(place):
    lines = (place / "tiny.jsonl").read_text().splitlines()
    return {row["run"]: row["scores"] for row in map(json.loads, lines)}


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_killed_three_times_the_scores_are_the_same(tmp_path):
    run = {"cwd": _ROOT, "env": _environment(), "stdout": subprocess.DEVNULL}
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    started = time.monotonic()
    assert subprocess.run(_command(whole), **run).returncode == 0
    took = time.monotonic() - started
    chance = random.Random(0)
    for _ in range(3):
        process = subprocess.Popen(_command(killed), **run)
        time.sleep(chance.uniform(0.1, 0.4) * took)
        process.kill()
        process.wait()
    assert subprocess.run(_command(killed), **run).returncode == 0
    scores = _scores(killed)
    assert len(scores) == 4
    assert scores == _scores(whole)
    arms = [
        f"ItalyPowerDemand/vibcreg-gauss{more}/seed-0" for more in ("", "-finetuned")
    ]
    of_tokenizer = [
        {k: scores[a][k] for k in ("svm_probe", "reconstruction_mse")} for a in arms
    ]
    assert of_tokenizer[0] == of_tokenizer[1]  # It was trained once.
    assert scores[arms[0]]["masked_token_nll"] != scores[arms[1]]["masked_token_nll"]
    log = killed / "runs/tiny/launch/ItalyPowerDemand__vibcreg-gauss-finetuned.log"
    assert "taken over from" in log.read_text()
