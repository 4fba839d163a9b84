"""Arms of a sweep compared: paired tests over sets, and effects of a mixed model.

Rows are a table of pandas with columns set, arm, seed and one per score. A set is the
unit: seeds of a set are averaged before a test. Scores whose size differs between sets
by factors (errors, FIDs) are compared as natural logarithms: a difference of 0.1 is
about 10 %.
"""

import itertools
import math
import warnings
from typing import NamedTuple

import numpy as np
import pandas as pd

LEVEL = 0.05
_POWER = 0.8
_MIXED = "mixed model: arm and set fixed, set x arm random, restricted likelihood"
_SQUARES = "least squares: arm and set fixed, seeds averaged"


class Score(NamedTuple):
    """A score that tables show."""

    name: str  # With its judge.
    better: str
    log: bool  # Compared as logarithms.
    question: str  # Of the thesis: 'RQ1' and 'RQ2' are of stage 1, the others of 2.


SCORES = (
    Score("reconstruction_mse", "lower", True, "RQ1, RQ2"),
    Score("linear_probe", "higher", False, "RQ1, RQ2"),
    Score("svm_probe", "higher", False, "RQ1, RQ2"),
    Score("knn_probe", "higher", False, "RQ1, RQ2"),
    Score("codebook_perplexity", "higher", True, "RQ1, RQ2"),
    Score("masked_token_nll", "lower", False, "RQ3"),
    Score("prior_convergence_step", "lower", True, "RQ3"),
    Score("fid_fcn", "lower", True, "RQ3, RQ4"),
    Score("fid_minirocket", "lower", True, "RQ3, RQ4"),
    Score("inception_score_fcn", "higher", False, "RQ3, RQ4"),
    Score("cas_fcn", "higher", False, "RQ3, RQ4"),
    Score("cas_minirocket", "higher", False, "RQ3, RQ4"),
    Score("recall_minirocket", "higher", False, "RQ3, RQ4"),
    Score("coverage_minirocket", "higher", False, "RQ3, RQ4"),
)


def words(arm: str) -> list[str]:
    """Levels of an arm's factors."""
    return arm.split("-")


def values(rows: pd.DataFrame, score: Score) -> pd.DataFrame:
    """set, arm, seed and `value`: the score as it is compared; gaps are left out."""
    found = rows[["set", "arm", "seed", score.name]].rename(
        columns={score.name: "value"}
    )
    found = found[np.isfinite(found["value"].astype(float))].astype({"value": float})
    if score.log and (found["value"] > 0).all():
        found["value"] = np.log(found["value"])
    return found


def pairs(found: pd.DataFrame, reference: str) -> list[dict]:
    """Every other arm against `reference`: a family of comparisons.

    Of each: 'a', 'b', and 'differences' b - a by set, over the seeds that both have.
    """
    arms = list(dict.fromkeys(found["arm"]))
    by = found.set_index(["set", "seed", "arm"])["value"].unstack("arm")
    rows = []
    for arm in arms:
        if arm != reference and reference in by:
            gap = (by[arm] - by[reference]).dropna().groupby(level="set").mean()
            rows.append({"a": reference, "b": arm, "differences": gap})
    return rows


def factors(found: pd.DataFrame) -> dict[int, list[dict]]:
    """Position of a word -> all pairs of its levels, a family of comparisons each.

    Two levels are compared over the contexts (other words) that both have; where they
    have none in common, each over all of its own, as 'none' and 'vibcreg-gauss' do.
    """
    arms = [words(arm) for arm in dict.fromkeys(found["arm"])]
    families = {}
    for place in range(max(map(len, arms))):
        levels = list(dict.fromkeys(arm[place] for arm in arms if len(arm) > place))
        rows = []
        for a, b in itertools.combinations(levels, 2):
            sides = [_contexts(arms, place, level) for level in (a, b)]
            both = sides[0].keys() & sides[1].keys()
            chosen = [[s[c] for c in both] if both else list(s.values()) for s in sides]
            means = [
                found[found["arm"].isin(names)]
                .groupby(["set", "seed", "arm"])["value"]
                .mean()
                .groupby(level=["set", "seed"])
                .mean()
                for names in chosen
            ]
            gap = (means[1] - means[0]).dropna().groupby(level="set").mean()
            rows.append({"a": a, "b": b, "differences": gap})
        if rows:
            families[place] = rows
    return families


def _contexts(arms: list[list[str]], place: int, level: str) -> dict[tuple, str]:
    return {
        (*arm[:place], *arm[place + 1 :]): "-".join(arm)
        for arm in arms
        if len(arm) > place and arm[place] == level
    }


def tested(family: list[dict]) -> list[dict]:
    """Adds to each comparison of a family what its differences say.

    'mean' and 'sets'; 'p' of Wilcoxon's signed-rank test (two-sided, exact where there
    is no tie) and 'p_holm' within the family; 'least_p', which n sets can give at best
    after Holm's correction of the least p; 'visible': the difference that a paired t
    test at the corrected level would find in 80 % of such experiments.
    """
    from scipy import stats
    from statsmodels.stats import multitest

    kept = [dict(row) for row in family]
    for row in kept:
        gap = row["differences"].to_numpy()
        row |= {"mean": gap.mean() if len(gap) else math.nan, "sets": len(gap)}
        row["p"] = 1.0
        if len(gap) and np.any(gap != 0):
            row["p"] = float(stats.wilcoxon(gap, zero_method="zsplit").pvalue)
        row["least_p"] = min(1.0, len(family) * 2.0 ** (1 - len(gap)))
        row["visible"] = _visible(gap, LEVEL / len(family))
    corrected = multitest.multipletests([r["p"] for r in kept], method="holm")[1]
    for row, p in zip(kept, corrected, strict=True):
        row["p_holm"] = float(p)
    return kept


def _visible(gap: np.ndarray, level: float) -> float:
    from statsmodels.stats import power

    if len(gap) < 3 or not gap.std() > 0:
        return math.nan
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        size = power.TTestPower().solve_power(
            nobs=len(gap), alpha=level, power=_POWER, alternative="two-sided"
        )
    return float(np.squeeze(size)) * gap.std(ddof=1)


class Effects(NamedTuple):
    """Of every arm against the reference, all sets and seeds in one model."""

    table: pd.DataFrame  # Index arm; effect, low, high.
    model: str  # Which one could be fitted, in words.


def effects(found: pd.DataFrame, reference: str) -> Effects | None:
    """Effects with 95 % intervals by a mixed model of statsmodels.

    value = arm + set (fixed) + set x arm (random) + seed (residual). With one seed, or
    where that cannot be fitted, seeds are averaged (least squares). None: too little for
    either. (Sets as random effects give the same estimates where every set has every arm;
    their variance, hundreds of times that of arms, made the fit fail.)
    """
    import statsmodels.formula.api as formulas

    arms = found["arm"].nunique()
    if arms < 2 or reference not in set(found["arm"]) or found["set"].nunique() < 2:
        return None
    right = f"value ~ C(arm, Treatment('{reference}')) + C(set)"
    if found.groupby(["set", "arm"])["seed"].nunique().min() > 1:
        cells = found["set"] + "/" + found["arm"]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # A variance of 0, at the end of its range.
            try:
                fitted = formulas.mixedlm(right, found, groups=cells).fit(reml=True)
            except (np.linalg.LinAlgError, ValueError):
                fitted = None
        if fitted is not None and fitted.converged and np.isfinite(fitted.bse_fe).all():
            return Effects(_rows(fitted.fe_params, fitted.conf_int()), _MIXED)
    means = found.groupby(["set", "arm"], as_index=False)["value"].mean()
    if len(means) <= arms + means["set"].nunique() - 1:
        return None
    fitted = formulas.ols(right, means).fit()
    return Effects(_rows(fitted.params, fitted.conf_int()), _SQUARES)


def _rows(estimates: pd.Series, ends: pd.DataFrame) -> pd.DataFrame:
    mine = [name for name in estimates.index if name.startswith("C(arm")]
    arms = [name.rpartition("[T.")[2].removesuffix("]") for name in mine]
    columns = {
        "effect": estimates[mine].to_numpy(),
        "low": ends.loc[mine, 0].to_numpy(),
        "high": ends.loc[mine, 1].to_numpy(),
    }
    return pd.DataFrame(columns, index=arms)
