"""Writes docs/research_questions.md: the thesis' four questions, answered by a sweep.

  python -m experiments.answers                  # from experiments/results/*.jsonl
  python -m experiments.answers --core=runs/research_questions --out=/tmp/answers

Every number of the page comes from the sweep's file; so do its sentences, by rules that
stand in `verdict`. Whole blocks of set x seed alone are used. It may be run while the
sweep is on its way: the page says how much of it there is.
"""

import argparse
import datetime
import math
import pathlib
import sys

import pandas as pd

from experiments import answer_figures, answer_texts, comparisons, sweep_rows, sweeps
from experiments.sweep_tables import number, table

ROOT = pathlib.Path(__file__).resolve().parents[1]
_RESULTS = ROOT / "experiments" / "results"
# Question -> what it asks, position of the arm's word that is varied, scores.
_STAGE_1 = ("reconstruction_mse", "linear_probe", "svm_probe", "knn_probe")
_STAGE_2 = (
    "masked_token_nll",
    "prior_convergence_step",
    "fid_minirocket",
    "fid_fcn",
    "recall_minirocket",
    "cas_minirocket",
    "cas_fcn",
)
QUESTIONS = (
    (
        "RQ1",
        "Does a self-supervised second view help classification on the codes while the "
        "tokenizer reconstructs well?",
        0,
        _STAGE_1,
    ),
    ("RQ2", "What do augmentations do to that?", 1, _STAGE_1),
    (
        "RQ3",
        "Do more expressive representations help the prior learn, and the samples?",
        0,
        _STAGE_2,
    ),
    ("RQ4", "What do augmentations do to the prior and the samples?", 1, _STAGE_2),
)


def parse(argv: list[str]) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="python -m experiments.answers",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--core", default=str(_RESULTS / "research_questions.jsonl"), metavar="PLACE")
    add("--rim", default=str(_RESULTS / "rim.jsonl"), metavar="PLACE")
    add("--out", default=str(ROOT / "docs"), metavar="DIR")
    return parser.parse_args(argv)


def _score(name: str) -> comparisons.Score:
    return next(score for score in comparisons.SCORES if score.name == name)


def compared(rows: pd.DataFrame, place: int, names: tuple[str, ...]) -> list[dict]:
    """All pairs of levels of one word of the arms' names, for every score.

    Returns:
        rows as of `comparisons.tested`, with 'score', 'log' and 'wins': in how
        many sets b is better than a.
    """
    found = []
    for name in names:
        if name not in rows or rows[name].isna().all():
            continue
        score = _score(name)
        family = comparisons.factors(comparisons.values(rows, score)).get(place, [])
        logs = score.log and bool((rows[name].dropna() > 0).all())
        for row in comparisons.tested(family) if family else []:
            gap = row["differences"].to_numpy()
            wins = (gap < 0) if score.better == "lower" else (gap > 0)
            found.append({**row, "score": name, "log": logs, "wins": int(wins.sum())})
    return found


def shown(value: float, logs: bool) -> str:
    """A difference: percent where it is one of logarithms."""
    if not math.isfinite(value):
        return "-"
    return f"{100 * math.expm1(value):+.1f} %" if logs else f"{value:+.3g}"


def verdict(found: list[dict]) -> str:
    """A sentence on a question's comparisons: what is significant, or that nothing is."""
    if not found:
        return "Not enough sets yet for any comparison."
    least = min(row["least_p"] for row in found)
    if least >= comparisons.LEVEL:
        count = max(row["sets"] for row in found)
        return (
            f"Open: with {count} set{'s' * (count > 1)} no comparison can be significant "
            f"(least corrected p {number(least)})."
        )
    clear = [row for row in found if row["p_holm"] < comparisons.LEVEL]
    if not clear:
        p = min(row["p_holm"] for row in found)
        return (
            f"No significant difference in {len(found)} comparisons (least corrected p "
            f"{number(p)})."
        )
    words = [
        f"`{row['score']}` of `{row['b']}` {shown(row['mean'], row['log'])} against "
        f"`{row['a']}`, {_side(row)} (p {number(row['p_holm'])})"
        for row in clear
    ]
    return (
        f"{len(clear)} of {len(found)} comparisons are significant: {'; '.join(words)}."
    )


def _side(row: dict) -> str:
    up = row["mean"] > 0
    better = up == (_score(row["score"]).better == "higher")
    return "better" if better else "worse"


def link(rows: pd.DataFrame) -> str:
    """Whether arms whose codes classify better have better priors and samples.

    Spearman's correlation over arms within each set (seeds averaged), and a signed-rank
    test over sets of those correlations.
    """
    from scipy import stats

    lines = []
    by = rows.groupby(["set", "arm"]).mean(numeric_only=True)
    for probe in ("svm_probe", "knn_probe"):
        for name in _STAGE_2:
            if probe not in by or name not in by:
                continue
            found = []
            for _, mine in by.groupby(level="set"):
                r = stats.spearmanr(mine[probe], mine[name]).statistic
                if math.isfinite(r):
                    found.append(r)
            if not found:
                continue
            p = stats.wilcoxon(found).pvalue if any(found) else 1.0
            side = sum(r > 0 for r in found)
            cells = (f"{sum(found) / len(found):+.2f}", f"{side} of {len(found)}")
            lines.append([f"`{probe}`", f"`{name}`", *cells, number(p)])
    head = ["codes", "stage 2", "mean correlation", "sets above 0", "p, uncorrected"]
    return table(head, lines)


def _rows(found: list[dict]) -> str:
    lines = []
    for row in found:
        p = number(row["p_holm"])
        lines.append(
            [
                f"`{row['score']}`",
                f"`{row['a']}`",
                f"`{row['b']}`",
                shown(row["mean"], row["log"]),
                f"{row['wins']} of {row['sets']}",
                f"**{p}**" if row["p_holm"] < comparisons.LEVEL else p,
                shown(row["visible"], row["log"]).lstrip("+"),
            ]
        )
    head = ["score", "from", "to", "difference", "sets better", "p Holm", "visible"]
    return table(head, lines)


def _convergence(place: pathlib.Path) -> str:
    """How far both scores move with twice the steps, from the rim's arms 'twice'."""
    if not place.exists():
        return "How far from converged they are is not measured yet (sweep `rim`)."
    rows = sweep_rows.read(place).rows
    words = []
    for name in ("reconstruction_mse", "masked_token_nll"):
        both = rows.set_index(["set", "seed", "arm"])[name].unstack("arm")
        for arm in [a for a in both if a.endswith("-twice")]:
            short = arm.removesuffix("-twice") + "-frozen"
            if short in both:
                gap = (both[arm] / both[short] - 1).groupby(level="set").mean()
                each = ", ".join(
                    f"{s} {100 * v:+.0f} %" for s, v in gap.dropna().items()
                )
                words.append(f"`{name}` of `{arm}`: {each}")
    return "Twice the steps change, held out: " + "; ".join(words) + "."


def page(core: pathlib.Path, rim: pathlib.Path, out: pathlib.Path) -> str:
    """The page's text; figures go to `out`.

    Raises:
        ValueError: there is no whole block yet.
    """
    found = sweep_rows.read(core)
    rows = found.rows
    wanted = sweeps.load("research_questions")[1]
    blocks = {(run.cell.partition("/")[0], run.seed) for run in wanted}
    there = set(zip(rows["set"], rows["seed"], strict=True))
    parts, short = [], []
    for name, asked, place, scores in QUESTIONS:
        pairs = compared(rows, place, scores)
        said = verdict(pairs)
        short.append(f"| **{name}** {asked} | {said} |")
        parts += [f"## {name}: {asked}\n", said + "\n", _rows(pairs)]
        picture = answer_figures.forest(rows, place, scores, out, name)
        if picture:
            parts.append(f"![{name}: differences with 95 % intervals]({picture})\n")
        if name == "RQ3":
            parts += [
                "Within a set, do arms whose codes classify better do better in stage 2?\n",
                link(rows),
            ]
    missing = sorted(f"{s} seed {seed}" for s, seed in blocks - there)
    state = "It is complete."
    if missing:
        state = (
            "It goes on; the answers are of what is there, and change with it. Missing: "
            + (", ".join(missing) if len(missing) < 6 else f"{len(missing)} blocks")
            + "."
        )
    least = min(1.0, 6 * 2.0 ** (1 - rows["set"].nunique()))
    hours = found.device_seconds
    top = answer_texts.TOP.format(
        date=datetime.date.today().isoformat(),
        blocks=len(there),
        all_blocks=len(blocks),
        runs=len(rows),
        all_runs=len(wanted),
        state=state,
        short="\n".join(short),
        sets=", ".join(dict.fromkeys(rows["set"])),
        seeds=", ".join(map(str, sorted(rows["seed"].unique()))),
        convergence=_convergence(rim),
        num_sets=rows["set"].nunique(),
        least=number(least),
        cost="not noted" if hours is None else f"{hours / 3600:.1f} device-hours",
        commits=", ".join(found.commits),
        machines=", ".join(found.machines) or "not noted",
    )
    return "\n".join([top, *parts])


def main(argv: list[str]) -> int:
    """Writes the page; the exit code."""
    args = parse(argv)
    out = pathlib.Path(args.out)
    try:
        text = page(pathlib.Path(args.core), pathlib.Path(args.rim), out)
    except (ValueError, OSError) as error:
        print(f"experiments.answers: {error}", file=sys.stderr)
        return 2
    path = out / "research_questions.md"
    path.write_text(text)
    print(f"Written to {path}.")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
