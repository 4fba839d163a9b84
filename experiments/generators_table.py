"""Generators beside each other: tables of docs/results.md.

From the lines of `experiments/results/generators.jsonl`, which the sweep `generators`
leaves, and what `experiments/generator_costs.py` measured of the same runs. An arm is a
preset. Floors, which learn nothing or a Gaussian, stand first.
"""

import math
import pathlib
import statistics
from collections.abc import Iterable

from experiments.launch import records

_RESULTS = pathlib.Path(__file__).resolve().parent / "results"
FLOORS = ("resample", "noise", "warp", "block_bootstrap", "gaussian")
OURS = ("ssl_vqvae", "vqvae", "timevqvae")  # What this project is about.
SETS = ("GunPoint", "ECG5000", "SyntheticControl", "CBF")
# Name in the lines, head of the column, which is better ('' for neither), of the costs.
COLUMNS = (
    ("fid_fcn", "`fid` fcn", "lower"),
    ("fid_minirocket", "`fid` minirocket", "lower"),
    ("recall_minirocket", "`recall` minirocket", "higher"),
    ("coverage_minirocket", "`coverage` minirocket", "higher"),
    ("cas_minirocket", "`cas` minirocket", "higher"),
    ("discriminative_score_gru", "`discriminative_score` gru", "lower"),
    ("marginal_distribution_difference", "MDD", "lower"),
    ("autocorrelation_difference", "ACD", "lower"),
    ("share_closer_to_train", "`share_closer_to_train`", ""),
    ("copied_sequences", "copies", ""),
    ("training_seconds", "training s", ""),
    ("series_per_second", "series/s", ""),
    ("parameters", "parameters", ""),
)
RANKED = ("fid_minirocket", "cas_minirocket", "discriminative_score_gru")
_LOST = ("fid_minirocket", "recall_minirocket", "cas_minirocket")
_HEAD = {name: head for name, head, _ in COLUMNS}
_BETTER = {name: better for name, _, better in COLUMNS}

Cells = dict[tuple[str, str], dict[str, list[float]]]  # (set, arm) -> name -> by seed.


def read(name: str) -> list[dict]:
    """Lines of a file of results; none where it is not there."""
    return records.read(_RESULTS / f"{name}.jsonl")


def cells(lines: Iterable[dict], costs: Iterable[dict] = ()) -> Cells:
    """Values by set and arm; of a seed that was run twice, the later line counts."""
    last: dict = {}
    for line in lines:
        values = {k: v for k, v in line["scores"].items() if v is not None}
        if line.get("device_seconds") is not None:
            values["device_seconds"] = line["device_seconds"]
        last[line["set"], line["arm"], line["seed"]] = values
    for line in costs:
        values = {k: line[k] for k in _HEAD if line.get(k) is not None}
        last.setdefault((line["set"], line["arm"], line["seed"]), {}).update(values)
    found: Cells = {}
    for (set_, arm, _), values in last.items():
        cell = found.setdefault((set_, arm), {})
        for name, value in values.items():
            cell.setdefault(name, []).append(value)
    return found


def arms_of(found: Cells) -> list[str]:
    """Floors, then what this project is about, then the others by name."""
    there = {arm for _, arm in found}
    first = [arm for arm in (*FLOORS, *OURS) if arm in there]
    return first + sorted(there - set(first))


def sets_of(found: Cells) -> list[str]:
    """Those of the sweep, then others by name."""
    there = {set_ for set_, _ in found}
    return [s for s in SETS if s in there] + sorted(there - set(SETS))


def mean(found: Cells, set_: str, arm: str, name: str) -> float | None:
    """Over seeds; None where it was not measured."""
    values = found.get((set_, arm), {}).get(name)
    return statistics.fmean(values) if values else None


def number(value: float | None) -> str:
    """Three digits; '-' for none."""
    if value is None or not math.isfinite(value):
        return "-"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def _best(found: Cells, set_: str, name: str, arms: Iterable[str]) -> str | None:
    """The arm with the best mean."""
    known = {a: v for a in arms if (v := mean(found, set_, a, name)) is not None}
    pick = max if _BETTER[name] == "higher" else min
    return pick(known, key=known.get) if known else None


def table(head: list[str], rows: list[list[str]]) -> str:
    """Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def of_set(found: Cells, set_: str) -> str:
    """Arms by column; bold: the best that is no floor."""
    arms = [arm for arm in arms_of(found) if (set_, arm) in found]
    others = [arm for arm in arms if arm not in FLOORS]
    best = {}  # As it is shown: equals are bold together.
    for name, _, better in COLUMNS:
        first = _best(found, set_, name, others) if better else None
        best[name] = number(mean(found, set_, first, name)) if first else ""
    rows = []
    for arm in arms:
        row = [f"`{arm}`" + (" (floor)" if arm in FLOORS else "")]
        for name, _, _ in COLUMNS:
            values = found[set_, arm].get(name, [])
            text = shown = number(mean(found, set_, arm, name))
            if len(values) > 1 and name in RANKED:
                shown += f" ± {statistics.stdev(values):.2g}"
            row.append(
                f"**{shown}**" if arm in others and text == best[name] else shown
            )
        rows.append([*row, str(max(map(len, found[set_, arm].values()), default=0))])
    return table(["generator", *_HEAD.values(), "seeds"], rows)


def losses(found: Cells) -> list[str]:
    """Where this project's own generators are behind, and who does not beat the Gaussian."""
    said, arms = [], [a for a in arms_of(found) if a not in FLOORS]
    for set_ in sets_of(found):
        behind = []
        for name in _LOST:
            first = _best(found, set_, name, arms)
            own = _best(found, set_, name, OURS)
            if own and first != own:
                values = [number(mean(found, set_, a, name)) for a in (own, first)]
                text = f"{_HEAD[name]} `{own}` {values[0]}, `{first}` {values[1]}"
                behind.append(text)
        if behind:
            said.append(f"{set_}: {'; '.join(behind)}.")
    for set_ in sets_of(found):
        floor = mean(found, set_, "gaussian", "fid_minirocket")
        if floor is None:
            continue
        known = {a: mean(found, set_, a, "fid_minirocket") for a in arms}
        worse = [f"`{a}`" for a, v in known.items() if v is not None and v >= floor]
        if worse:
            told = f"(`fid` minirocket {number(floor)})"
            said.append(
                f"{set_}: not better than the Gaussian {told}: {', '.join(worse)}."
            )
    return said


def block(found: Cells, name: str) -> tuple[list[str], list[str]]:
    """Sets and arms of a whole block, the larger one; floors are no part of it.

    Of arms those that were measured on as many sets as any; of sets those that all of
    these have.
    """
    arms = [a for a in arms_of(found) if a not in FLOORS]
    has = {
        a: {s for s in sets_of(found) if mean(found, s, a, name) is not None}
        for a in arms
    }
    most = max(map(len, has.values()), default=0)
    kept = [a for a in arms if len(has[a]) == most and most]
    common = set.intersection(*(has[a] for a in kept)) if kept else set()
    return [s for s in sets_of(found) if s in common], kept


def ranks(found: Cells, name: str) -> dict[str, float]:
    """Arm -> mean rank over the sets of `block`, 1 is best; ties share their ranks."""
    from scipy import stats

    sets, arms = block(found, name)
    if not sets or len(arms) < 2:
        return {}
    sign = -1 if _BETTER[name] == "higher" else 1
    each = [
        stats.rankdata([sign * mean(found, set_, arm, name) for arm in arms])
        for set_ in sets
    ]
    means = [statistics.fmean(column) for column in zip(*each, strict=True)]
    return dict(sorted(zip(arms, means, strict=True), key=lambda row: row[1]))


def rank_table(found: Cells) -> str:
    """Mean ranks, by the first of `RANKED`."""
    of = {name: ranks(found, name) for name in RANKED}
    arms = [*dict.fromkeys(arm for each in of.values() for arm in each)]
    rows = [[f"`{a}`", *(number(of[n].get(a)) for n in RANKED)] for a in arms]
    head = [f"{_HEAD[n]} ({len(block(found, n)[0])} sets)" for n in RANKED]
    return table(["generator", *head], rows)


def draw(found: Cells, path: pathlib.Path) -> bool:
    """The critical-difference diagram of `RANKED[0]`; False: too few sets or arms.

    A bar joins arms that one-sided Wilcoxon tests with Holm's correction do not tell
    apart at 5 %.
    """
    name = RANKED[0]
    sets, arms = block(found, name)
    if len(sets) < 2 or len(arms) < 3:
        return False
    import warnings

    import numpy as np
    from aeon.visualisation import plot_critical_difference
    from matplotlib import pyplot as plt

    values = np.array([[mean(found, s, a, name) for a in arms] for s in sets])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Ties of few sets.
        figure, _ = plot_critical_difference(values, arms, lower_better=True)
    figure.savefig(path, dpi=100, bbox_inches="tight")
    plt.close(figure)
    return True


def section(found: Cells, lines: list[dict]) -> str:
    """What docs/results.md says between the heading and the command."""
    commits = ", ".join(dict.fromkeys(row["commit"] for row in lines))
    machines = ", ".join(dict.fromkeys(filter(None, (r["machine"] for r in lines))))
    seeds = len({row["seed"] for row in lines})
    parts = ["### Where ours lose"]
    lost = losses(found)
    parts.append("\n".join(f"* {text}" for text in lost) or "Nowhere in these numbers.")
    for set_ in sets_of(found):
        parts += [f"### {set_}", of_set(found, set_)]
    parts += ["### Mean ranks over sets", rank_table(found)]
    if len(block(found, RANKED[0])[0]) > 1:
        parts.append(
            "![Mean ranks of generators, `fid` minirocket](generators-ranks.png)"
        )
    said = f"{len(lines)} runs, {seeds} seed{'s' * (seeds > 1)}; commits {commits}"
    parts.append(f"{said}; machines: {machines or 'not noted'}.")
    return "\n\n".join(parts)


TEXT = (
    """
## Generators

Every preset with its own values; TEST was judged once a run, at its end. Floors stand first: TRAIN
drawn again (`resample`) is what a perfect copy would have, `gaussian` what means and covariances alone
give. Means over seeds, ± their deviation where there are several; bold: the best that is no floor; `-`: not
measured. FIDs by an FCN of another machine are not comparable (see the top), MiniRocket's are. MDD:
`marginal_distribution_difference`, ACD: `autocorrelation_difference`, copies: `copied_sequences`.
Training seconds (gradient steps, compiling left out; 0 where a model is solved), series per second and
parameters (all numbers that a model keeps): `generator-costs.jsonl`. Numbers: `generators.jsonl`.
`ssl_vqvae` with noise by class was judged anew with networks of the commits that a line's `networks` names.
""",
    """
```sh
python -m experiments.launch generators  # hours
python -m experiments.generator_costs runs/generators  # minutes; needs the runs
```
""",
)
