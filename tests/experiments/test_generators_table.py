"""Tables of generators from lines of synthetic scores."""

import json

import pytest

from experiments import generator_costs, generators_table, readme_table
from experiments.launch import records


def _line(set_, arm, seed=0, fid=1.0, seconds=None, **scores):
    scores = {"fid_minirocket": fid, **scores}
    return {
        "run": f"{set_}/{arm}/seed-{seed}",
        "set": set_,
        "arm": arm,
        "seed": seed,
        "commit": "abc",
        "machine": "2 cores of a CPU",
        "device_seconds": seconds,
        "scores": scores,
    }


_FIDS = {  # Arm -> MiniRocket FID by set.
    "vae": {"GunPoint": 3.0, "ECG5000": 2.0, "CBF": 3.0},
    "gaussian": {"GunPoint": 2.5, "ECG5000": 2.5, "CBF": 2.5},
    "ddpm": {"GunPoint": 1.0, "ECG5000": 1.0, "CBF": 2.0},
    "ssl_vqvae": {"GunPoint": 2.0, "ECG5000": 0.5, "CBF": 1.0},
    "flow": {"GunPoint": 0.1},
}


def _lines():
    return [_line(s, a, fid=v) for a, by in _FIDS.items() for s, v in by.items()]


def _row(text, start):
    return next(line for line in text.splitlines() if line.startswith(start))


def test_floors_are_first_and_the_best_that_is_none_is_bold():
    lines = [
        *_lines(),
        _line(
            "CBF", "vae", seed=1, fid=5.0, cas_minirocket=0.5, share_closer_to_train=0.6
        ),
        _line("CBF", "resample", fid=0.2, cas_minirocket=0.9, coverage_minirocket=None),
    ]
    found = generators_table.cells(lines)
    table = generators_table.of_set(found, "CBF").splitlines()
    names = [line.split(" | ")[0] for line in table[2:]]
    floors = ["| `resample` (floor)", "| `gaussian` (floor)"]
    assert names == [*floors, "| `ssl_vqvae`", "| `ddpm`", "| `vae`"]
    assert table[2].split(" | ")[1:6] == ["-", "0.2", "-", "-", "0.9"]
    assert table[4].split(" | ")[2] == "**1**"
    assert table[6].split(" | ")[2] == "4 ± 1.4"  # Of 3 and 5.
    assert table[6].split(" | ")[5] == "**0.5**"
    assert table[6].endswith(" | 2 |")


def test_a_seed_that_was_run_again_counts_once_and_costs_join_its_scores():
    cost = {"set": "CBF", "arm": "vae", "seed": 0, "training_seconds": 7.5}
    cost |= {"parameters": 1234567, "series_per_second": 20.0}
    lines = [_line("CBF", "vae", fid=9.0), _line("CBF", "vae", fid=1.0)]
    found = generators_table.cells(lines, [cost])
    row = generators_table.of_set(found, "CBF").splitlines()[-1]
    assert row.endswith("| 7.5 | 20 | 1,234,567 | 1 |")
    assert row.split(" | ")[2] == "**1**"


def test_where_ours_lose_is_said_first():
    text = generators_table.section(generators_table.cells(_lines()), _lines())
    assert text.startswith("### Where ours lose\n\n* GunPoint: `fid` minirocket ")
    lost = text[: text.index("### GunPoint")]
    assert "* GunPoint: `fid` minirocket `ssl_vqvae` 2, `flow` 0.1." in lost
    assert "CBF: `fid`" not in lost  # Ours is the best there.
    assert (
        "GunPoint: not better than the Gaussian (`fid` minirocket 2.5): `vae`." in lost
    )
    assert "ECG5000: not better" not in lost


def test_ranks_are_of_the_arms_that_have_all_sets(tmp_path):
    found = generators_table.cells(_lines())
    ranks = generators_table.ranks(found, "fid_minirocket")
    assert ranks == {"ssl_vqvae": (2 + 1 + 1) / 3, "ddpm": (1 + 2 + 2) / 3, "vae": 3.0}
    assert "| `fid` minirocket (3 sets) |" in generators_table.rank_table(found)
    assert generators_table.draw(found, tmp_path / "a.png")
    assert (tmp_path / "a.png").stat().st_size > 1000
    alone = generators_table.cells(_lines()[:1])
    assert not generators_table.draw(alone, tmp_path / "b.png")
    higher = [
        _line("CBF", a, cas_minirocket=v) for a, v in (("vae", 0.9), ("gan", 0.1))
    ]
    ranks = generators_table.ranks(generators_table.cells(higher), "cas_minirocket")
    assert ranks == {"vae": 1.0, "gan": 2.0}


def test_the_readme_gets_its_cells_between_the_comments():
    text = f"""# A
{readme_table.START}
| name | paper | config | what it is |
|---|---|---|---|
| VAE, DDPM | | `vae`, `ddpm`, `ddpm:rectified_flow` | two |
| GAN | x | `gan` | one | 1 | 2 | 3 |
{readme_table.END}
| GAN | stays | `gan` |
"""
    lines = [*_lines(), _line("SyntheticControl", "ddpm", fid=7.0, seconds=90.0)]
    made = readme_table.fill(text, generators_table.cells(lines))
    start = "| VAE, DDPM |  | `vae`, `ddpm`, `ddpm:rectified_flow` | two | "
    assert _row(made, "| VAE") == f"{start}- / 1.5 | 2 / 1 | - / 7 |"
    assert _row(made, "| GAN") == "| GAN | x | `gan` | one | - | - | - |"
    assert made.endswith(f"{readme_table.END}\n| GAN | stays | `gan` |\n")
    assert readme_table.fill(made, generators_table.cells(lines)) == made
    with pytest.raises(ValueError, match="lacks the line"):
        readme_table.fill("# A\n", {})


def test_costs_of_a_run_are_measured_once(tiny_run, tmp_path, monkeypatch):
    import jax

    import tsgen_jax

    found = generator_costs.of_run(tiny_run)
    weights = tsgen_jax.load(tiny_run).generator.weights
    leaves = [leaf for leaf in jax.tree.leaves(weights) if hasattr(leaf, "shape")]
    assert found["parameters"] == sum(leaf.size for leaf in leaves)
    assert found["series_per_second"] > 0
    assert found["training_seconds"] == 0  # It has no log.
    folder = tmp_path / "sweep" / "CBF" / "vae" / "seed-3"
    (folder / "evaluation").mkdir(parents=True)
    with pytest.raises(SystemExit, match="no finished run"):
        generator_costs.main([str(tmp_path / "sweep")])
    for name in ("evaluation/done.json", "evaluation/scores.json"):
        (folder / name).write_text("{}")
    (folder / "provenance.json").write_text(json.dumps({"commit": "abc"}))
    monkeypatch.setattr(generator_costs, "of_run", lambda _: found)
    for _ in range(2):
        results = str(tmp_path / "costs.jsonl")
        generator_costs.main([str(tmp_path / "sweep"), f"--results={results}"])
    (line,) = records.read(tmp_path / "costs.jsonl")
    assert (line["set"], line["arm"], line["seed"]) == ("CBF", "vae", 3)
    assert line["parameters"] == found["parameters"]
