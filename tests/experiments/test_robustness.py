"""Spread by source, and programs that change rounding alone."""

import os
import subprocess
import sys

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
import pytest

from experiments import robustness, rounding
from experiments.launch import records
from experiments.rounding import nudged
from tsgen_jax.recipe import Stage


def test_each_source_has_its_deviation():
    """Scores are seed effect + rounding effect: by hand, seeds 2, rounding sqrt(1/2)."""
    rows = pd.DataFrame(
        {"set": "A", "arm": arm, "seed": seed, "fid_fcn": 10.0 + 2 * seed + change}
        for seed in (-1, 0, 1)
        for arm, change in (("plain", 0.0), ("avx2", 1.0))
    )
    found = robustness.spread(rows, "fid_fcn")
    assert found["mean"] == pytest.approx(10.5)
    assert found["seeds"] == pytest.approx(2.0)
    assert found["rounding"] == pytest.approx(0.5**0.5)
    assert found["most"] == 13.0
    assert found["runs"] == 6


def test_the_page_says_which_aims_are_met(tmp_path, capsys):
    path = tmp_path / "robustness.jsonl"
    lines = []
    for set_, rounded in (("GunPoint", 0.01), ("CBF", 3.0)):
        for seed in (0, 1, 2):
            for number, arm in enumerate(("plain", "nudged", "one_thread", "avx2")):
                fid = 10 + 0.1 * seed + rounded * number
                lines.append(
                    {
                        "run": f"{set_}/{arm}/seed-{seed}",
                        "settings": "",
                        "set": set_,
                        "arm": arm,
                        "seed": seed,
                        "scores": {"fid_fcn": fid},
                        "commit": "abc",
                        "machine": "M",
                        "device_seconds": 1.0,
                        "joules": None,
                        "co2_grams": None,
                    }
                )
    records.append(path, lines)
    out = tmp_path / "page.md"
    assert robustness.main([f"--results={path}", f"--out={out}"]) == 0
    rows = {
        r.split("|")[1].strip(): r for r in out.read_text().splitlines() if "| `" in r
    }
    assert "rounding less; below a fifth" in rows["GunPoint"]
    assert "**not less**; below a fifth" in rows["CBF"]
    assert robustness.main([f"--results={tmp_path / 'x'}", f"--out={out}"]) == 2
    assert "no finished run" in capsys.readouterr().err


def test_first_weights_are_moved_by_a_millionth_and_state_is_not():
    params = {"w": jnp.ones((200, 50)), "n": jnp.arange(3)}
    stage = Stage(
        name="s",
        example={},
        init=lambda *_: (params, {"s": jnp.ones(2)}),
        loss_fn=None,
        export=None,
    )
    moved, state = nudged.nudged(stage).init(jax.random.key(0), {}, {})
    gap = np.asarray(moved["w"] - params["w"], np.float64)
    assert gap.std() == pytest.approx(1e-6, rel=0.05)
    np.testing.assert_array_equal(moved["n"], params["n"])
    np.testing.assert_array_equal(state["s"], np.ones(2))


def test_variables_are_added_and_arguments_passed_on():
    code = (
        "import os, sys; os.execve = lambda *a: print(a[1][1:], a[2]['XLA_FLAGS'], "
        "a[2]['NPROC']); import runpy; sys.argv = ['x', '--config=a']; "
        "runpy.run_module('experiments.rounding.one_thread', run_name='__main__')"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=rounding.ROOT,
        env={**os.environ, "XLA_FLAGS": "--mine"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == (
        "['main.py', '--config=a'] --mine --xla_cpu_multi_thread_eigen=false 1"
    )
