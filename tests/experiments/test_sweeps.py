import pytest
from absl import flags
from ml_collections import config_flags

from experiments import sweeps
from experiments.launch import plan
from tsgen_jax import checks


@pytest.mark.parametrize("name", sweeps.names())
def test_every_config_of_every_sweep_is_good(name, tmp_path, monkeypatch):
    """Each different command line is parsed and checked as main.py would."""
    monkeypatch.chdir(plan.ROOT)
    _, runs = sweeps.load(name)
    assert runs
    seen = set()
    for job in plan.make_jobs(runs, set(), tmp_path, True):
        arm = job.cell.partition("/")[2]
        if arm in seen:
            continue
        seen.add(arm)
        words = [w for w in job.command(tmp_path) if w.startswith("--")]
        values = flags.FlagValues()
        config = config_flags.DEFINE_config_file("config", flag_values=values)
        for flag in ("workdir", "reuse"):
            flags.DEFINE_string(flag, None, "", flag_values=values)
        flags.DEFINE_bool("report", True, "", flag_values=values)
        argv = ["main.py", *words]
        monkeypatch.setattr("sys.argv", argv)
        values(argv)
        checks.check_config(config.value)


def test_the_core_is_300_runs_in_whole_blocks():
    _, runs = sweeps.load("research_questions")
    arms = list(dict.fromkeys(run.cell.partition("/")[2] for run in runs))
    assert len(runs) == 300
    assert len(arms) == 10
    assert len({run.cell.partition("/")[0] for run in runs}) == 10
    for first in range(0, 300, 10):
        block = runs[first : first + 10]
        assert len({(r.cell.partition("/")[0], r.seed) for r in block}) == 1
        assert [r.cell.partition("/")[2] for r in block] == arms


def test_every_defect_is_switched_on_alone():
    _, runs = sweeps.load("defects")
    of = {r.cell: r.values for r in runs if r.cell.startswith("ECG5000/")}

    def changed(arm):
        fixed = of[f"ECG5000/{arm.partition('-')[0]}-fixed"]
        mine = of[f"ECG5000/{arm}"]
        return {k for k in mine.keys() | fixed.keys() if mine.get(k) != fixed.get(k)}

    prior = {"config.prior.kind", "config.prior.codebook"}
    assert changed("vibcreg-prior") == {"reuse", *prior}
    assert changed("none-mask") == {"reuse", "config.masking.schedule"}
    assert changed("none-leak") == changed("vibcreg-leak") == {"reuse", "program"}


@pytest.mark.parametrize(
    ("entries", "words"),
    [
        ([("A", {"config": "smoke"})], "SET/ARM"),
        ([("A/b", {})], "'config' is missing"),
        ([("A/b", {"config": "smoke", "seed": 1})], "unknown key 'seed'"),
        ([("A/b", {"config": "smoke"})] * 2, "twice"),
        (
            [("A/b", {"config": c, "config.seed": s}) for s, c in enumerate("xy")],
            "more than config.seed",
        ),
    ],
)
def test_a_sweep_that_is_wrong_is_refused(entries, words):
    with pytest.raises(ValueError, match=words):
        sweeps.runs_of(entries)


def test_an_unknown_sweep_lists_the_known_ones():
    with pytest.raises(
        ValueError, match="known are defects, effort, generators, research"
    ):
        sweeps.load("nothing")
