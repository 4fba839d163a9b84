"""TimeVQVAE, NC-TimeVQVAE and PyPI timevqvae side by side, as Markdown.

From the lines of the sweep `timevqvae` and what experiments/competitor.py left beside its
runs 'faithful'.
"""

import json
import pathlib

import numpy as np

RESULTS = pathlib.Path(__file__).resolve().parent / "results"
TEXT = (
    """
## TimeVQVAE, NC-TimeVQVAE and PyPI `timevqvae`, trained for as many steps

500 steps of 32 series a stage for all (the package trains both priors in one stage), on all of TRAIN
where the preset holds nothing out: far less than published, what CPU cores can pay for. The package
has its README's networks and its authors' later learning rate; `faithful` has the networks of the
paper, whose high prior is as large as the low one. The same judges for all, means ± deviation over the
seeds in brackets; TEST was judged once a run. CBF, SyntheticControl and ECG5000 are development sets.
Probes are of the tokens of one branch. Numbers: `timevqvae.jsonl`, `timevqvae-competitor.json`.
""",
    """
```sh
python -m experiments.launch timevqvae --on=local --seeds=apart  # hours of one core
python experiments/competitor.py --run runs/timevqvae/CBF/none/seed-* --steps=500,500 --batch=32,32 --results=experiments/results/timevqvae-competitor.json  # minutes a run
```
""",
)
_ARMS = {
    "pypi": "PyPI 1.0.1",
    "faithful": "`faithful`",
    "none": "default",
    "vibcreg": "default, VIbCReg (NC)",
}
_ROWS = (
    "fid_fcn",
    "fid_minirocket",
    "recall_minirocket",
    "coverage_minirocket",
    "cas_fcn",
    "cas_minirocket",
    "reconstruction_fid_minirocket",
    "linear_probe_low",
    "linear_probe_high",
    "svm_probe_low",
    "svm_probe_high",
    "masked_token_nll_low",
    "masked_token_nll_high",
)
_VERDICTS = ("faithful", "none")
_COMPARED = ("fid_fcn", "fid_minirocket")


def read(folder: pathlib.Path = RESULTS) -> dict:
    """(set, arm) -> one dict of scores per seed, by seed; arm 'pypi' is the package's."""
    found = {}
    for line in (folder / "timevqvae.jsonl").read_text().splitlines():
        entry = json.loads(line)
        name, arm, seed = entry["run"].split("/")
        found.setdefault((name, arm), {})[int(seed.removeprefix("seed-"))] = entry[
            "scores"
        ]
    beside = folder / "timevqvae-competitor.json"
    if beside.exists():
        for entry in json.loads(beside.read_text()):
            cell = found.setdefault((entry["data"], "pypi"), {})
            cell[entry["seed"]] = entry["timevqvae"]
    return found


def _cell(runs: dict, score: str) -> str:
    values = [scores[score] for scores in runs.values() if score in scores]
    if not values:
        return "-"
    if len(values) == 1:
        return f"{values[0]:.3g}"
    return f"{np.mean(values):.3g} ± {np.std(values, ddof=1):.2g}"


def verdict(found: dict, name: str, arm: str) -> str:
    """Where an arm lies beside the range of the package's seeds; '' unless both ran."""
    ours, theirs = found.get((name, arm)), found.get((name, "pypi"))
    if not ours or not theirs:
        return ""
    words = []
    for score in _COMPARED:
        mean = np.mean([scores[score] for scores in ours.values()])
        package = [scores[score] for scores in theirs.values()]
        low, high = min(package), max(package)
        place = "below" if mean < low else "above" if mean > high else "within"
        words.append(
            f"`{score}` {mean:.3g} is {place} the package's {low:.3g} to {high:.3g}"
        )
    seeds = f"{len(ours)} seed(s) of ours, {len(theirs)} of the package"
    return f"* {name}, {_ARMS[arm]}: {'; '.join(words)} ({seeds})."


def tables(folder: pathlib.Path = RESULTS) -> str:
    """Verdicts, then a table for each set."""
    found = read(folder)
    sets = list(dict.fromkeys(name for name, _ in found))
    lines = [verdict(found, name, arm) for name in sets for arm in _VERDICTS]
    blocks = ["\n".join(filter(None, lines))]
    for name in sets:
        arms = [arm for arm in _ARMS if (name, arm) in found]
        counts = [len(found[name, arm]) for arm in arms]
        head = [f"{_ARMS[arm]} ({n})" for arm, n in zip(arms, counts, strict=True)]
        lines = [
            f"| {name} | {' | '.join(head)} |",
            "|---" * (len(arms) + 1) + "|",
        ]
        for score in _ROWS:
            cells = [_cell(found[name, arm], score) for arm in arms]
            lines.append(f"| `{score}` | {' | '.join(cells)} |")
        blocks.append("\n".join(lines))
    return "\n\n".join(filter(None, blocks))
