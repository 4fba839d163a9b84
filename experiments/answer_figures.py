"""Figures of docs/research_questions.md."""

import math
import pathlib

import numpy as np
import pandas as pd

from experiments import comparisons

_NAMES = {  # On the axes.
    "reconstruction_mse": "reconstruction error",
    "linear_probe": "linear probe",
    "svm_probe": "SVM probe",
    "knn_probe": "nearest-neighbour probe",
    "masked_token_nll": "NLL of masked tokens",
    "prior_convergence_step": "steps to converge",
    "fid_minirocket": "FID (MiniRocket)",
    "fid_fcn": "FID (FCN)",
    "recall_minirocket": "recall (MiniRocket)",
    "cas_minirocket": "CAS (MiniRocket)",
    "cas_fcn": "CAS (FCN)",
}


def forest(
    rows: pd.DataFrame,
    place: int,
    names: tuple[str, ...],
    out: pathlib.Path,
    question: str,
) -> str:
    """Differences of levels from the first one, set by set and their mean.

    Args:
        rows: set, arm, seed and scores.
        place: position of the word of the arm's name whose levels are compared.
        names: scores, a panel each.
        out: where the PNG goes.
        question: 'RQ1', for the file's name.

    Returns:
        The file's name; '' where there are fewer than two sets.
    """
    if rows["set"].nunique() < 2:
        return ""
    from matplotlib import pyplot as plt

    panels = []
    for name in names:
        score = next(s for s in comparisons.SCORES if s.name == name)
        if name not in rows or rows[name].isna().all():
            continue
        found = comparisons.values(rows, score)
        family = comparisons.factors(found).get(place, [])
        first = family[0]["a"] if family else ""
        logs = score.log and bool((rows[name].dropna() > 0).all())
        panels.append((score, logs, [row for row in family if row["a"] == first]))
    panels = [panel for panel in panels if panel[2]]
    if not panels:
        return ""
    columns = min(4, len(panels))
    lines = -(-len(panels) // columns)
    figure, axes = plt.subplots(
        lines,
        columns,
        figsize=(3.1 * columns, 1.1 + 1.5 * lines),
        squeeze=False,
        sharey=True,
    )
    for axis in axes.flat[len(panels) :]:
        axis.set_visible(False)
    for axis, (score, logs, family) in zip(axes.flat, panels, strict=False):
        _panel(axis, score, logs, family)
    figure.suptitle(
        f"Difference from {panels[0][2][0]['a']}, a dot per set", fontsize=10
    )
    figure.tight_layout()
    file = f"research_{question.lower()}.png"
    out.mkdir(parents=True, exist_ok=True)
    figure.savefig(out / file, dpi=110)
    plt.close(figure)
    return file


def _panel(axis, score: comparisons.Score, logs: bool, family: list[dict]) -> None:
    from scipy import stats

    for height, row in enumerate(reversed(family)):
        gap = row["differences"].to_numpy()
        gap = 100 * np.expm1(gap) if logs else gap
        axis.plot(gap, np.full(len(gap), height), "o", color="0.6", ms=3, zorder=1)
        if len(gap) > 1 and gap.std() > 0:
            half = stats.t.ppf(0.975, len(gap) - 1) * gap.std(ddof=1)
            half /= math.sqrt(len(gap))
            axis.errorbar(
                gap.mean(), height, xerr=half, fmt="s", color="C0", ms=4, capsize=3
            )
    axis.axvline(0, color="0.3", lw=0.8)
    axis.set_yticks(range(len(family)), [row["b"] for row in reversed(family)])
    axis.set_ylim(-0.6, len(family) - 0.4)
    arrow = "lower is better" if score.better == "lower" else "higher is better"
    axis.set_title(f"{_NAMES[score.name]}\n({arrow})", fontsize=8)
    axis.set_xlabel("%" if logs else "difference", fontsize=8)
    axis.tick_params(labelsize=8)
