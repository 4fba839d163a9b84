"""Tables and figures of a sweep: means, paired tests, effects, critical differences."""

import datetime
import math
import pathlib

import pandas as pd

from experiments import comparisons, sweep_rows

_TOP = """# Sweep {name}

Written by `python -m experiments.tables {shown}` on {date}. {runs} runs: {sets} sets,
{arms} arms, {seeds} seeds; {left_out} more finished runs belong to blocks of set x seed
that are not whole and are left out. Commits: {commits}. Machines: {machines}.
Cost of these runs: {cost}.

Arms are compared with `{reference}`. A set is the unit of every test (seeds averaged);
`log` marks scores that are compared as natural logarithms (0.1 is about 10 %). p: of
Wilcoxon's signed-rank test over sets, Holm's correction within the family of one score.
"least p": what this number of sets can give at best after the correction; where it is
above 0.05 nothing can be significant, whatever the differences. "visible": the
difference that a paired t test at the corrected level finds with a probability of 80 %,
from the scatter seen here. Bold: corrected p below 0.05.
"""


def write(place: pathlib.Path, out: pathlib.Path, reference: str, shown: str) -> str:
    """Writes tables.md, CSV files and figures of a sweep to `out`; the page's text.

    Args:
        place: SWEEP/ or SWEEP.jsonl.
        out: a directory.
        reference: the arm that others are compared with; '': the first.
        shown: what of the command line the page repeats.

    Raises:
        ValueError: no run is finished, or there is no such arm.
    """
    found = sweep_rows.read(place)
    arms = list(dict.fromkeys(found.rows["arm"]))
    reference = reference or arms[0]
    if reference not in arms:
        raise ValueError(f"--reference={reference}: the arms are {', '.join(arms)}.")
    out.mkdir(parents=True, exist_ok=True)
    found.rows.to_csv(out / "scores.csv", index=False)
    parts = [_top(found, reference, shown), "## Means\n", means(found.rows)]
    tests, estimates = [], []
    for score in comparisons.SCORES:
        if score.name not in found.rows or found.rows[score.name].isna().all():
            continue
        parts.append(_one_score(found.rows, score, reference, out, tests, estimates))
    pd.DataFrame(tests).to_csv(out / "tests.csv", index=False)
    if estimates:
        pd.concat(estimates).to_csv(out / "effects.csv", index=False)
    text = "\n".join(parts)
    (out / "tables.md").write_text(text)
    return text


def _top(found: sweep_rows.Found, reference: str, shown: str) -> str:
    costs = []
    if found.device_seconds is not None:
        costs.append(f"{found.device_seconds / 3600:.2f} device-hours")
    if found.joules is not None:
        costs.append(f"{found.joules / 3.6e6:.3g} kWh, {found.co2_grams:.3g} g of CO2")
    elif costs:
        costs.append("energy not told by the machine")
    rows = found.rows
    return _TOP.format(
        name=found.name,
        shown=shown,
        date=datetime.date.today().isoformat(),
        runs=len(rows),
        sets=rows["set"].nunique(),
        arms=rows["arm"].nunique(),
        seeds=rows["seed"].nunique(),
        left_out=found.left_out,
        commits=", ".join(found.commits),
        machines=", ".join(found.machines) or "not noted",
        cost="; ".join(costs) or "not noted",
        reference=reference,
    )


def table(head: list[str], lines: list[list[str]]) -> str:
    """Markdown."""
    rows = [head, ["---"] * len(head), *lines]
    return "\n".join("| " + " | ".join(row) + " |" for row in rows) + "\n"


def number(value: float) -> str:
    """Three digits; '-' for none."""
    return "-" if value is None or not math.isfinite(value) else f"{value:.3g}"


def means(rows: pd.DataFrame) -> str:
    """Arm by score: mean over sets and seeds ± deviation over the seeds of a set."""
    names = [s.name for s in comparisons.SCORES if s.name in rows]
    lines = []
    for arm in dict.fromkeys(rows["arm"]):
        mine = rows[rows["arm"] == arm]
        cells = []
        for name in names:
            by_set = mine.groupby("set")[name]
            spread = math.sqrt(by_set.var(ddof=1).mean())
            more = f" ± {spread:.2g}" if math.isfinite(spread) else ""
            cells.append(number(by_set.mean().mean()) + more)
        lines.append([arm, *cells])
    return table(["arm", *(f"`{name}`" for name in names)], lines)


def _one_score(rows, score, reference, out, tests, estimates) -> str:
    """A section; adds to what the CSV files get."""
    found = comparisons.values(rows, score)
    logs = score.log and (rows[score.name].dropna() > 0).all()
    parts = [f"## `{score.name}` ({score.better} is better; {score.question})\n"]
    unit = " (log)" if logs else ""
    of_model = comparisons.effects(found, reference)
    families = {"arms": comparisons.pairs(found, reference)}
    families |= {f"word {n + 1}": f for n, f in comparisons.factors(found).items()}
    for name, family in families.items():
        family = comparisons.tested(family) if family else []
        if not family:
            continue
        effects = of_model.table if of_model and name == "arms" else None
        parts.append(_family(name, family, unit, effects))
        for row in family:
            kept = {k: v for k, v in row.items() if k != "differences"}
            tests.append({"score": score.name, "family": name, "log": logs, **kept})
    if of_model:
        parts.append(f"Effects: {of_model.model}; 95 % intervals.\n")
        made = of_model.table.reset_index(names="arm")
        made.insert(0, "score", score.name)
        estimates.append(made.assign(log=logs, model=of_model.model))
    name = _critical(found, score, out)
    if name:
        parts.append(f"![Ranks of {score.name} over sets]({name})\n")
    return "\n".join(parts)


def _family(name: str, family: list[dict], unit: str, effects) -> str:
    head = [
        "from",
        "to",
        f"difference{unit}",
        "sets",
        "p",
        "p Holm",
        "least p",
        "visible",
    ]
    if effects is not None:
        head.append("effect [95 %]")
    lines = []
    for row in family:
        p = number(row["p_holm"])
        line = [
            f"`{row['a']}`",
            f"`{row['b']}`",
            number(row["mean"]),
            str(row["sets"]),
            number(row["p"]),
            f"**{p}**" if row["p_holm"] < comparisons.LEVEL else p,
            number(row["least_p"]),
            number(row["visible"]),
        ]
        if effects is not None:
            e = effects.loc[row["b"]] if row["b"] in effects.index else None
            words = "-" if e is None else f"{e.effect:.3g} [{e.low:.3g}, {e.high:.3g}]"
            line.append(words)
        lines.append(line)
    what = "Arms" if name == "arms" else f"Levels of {name} of an arm's name"
    return f"{what}:\n\n{table(head, lines)}"


def _critical(found: pd.DataFrame, score, out: pathlib.Path) -> str:
    """Draws the critical-difference diagram; its file's name, '' where it has no sense.

    Average ranks over sets that have all arms; a bar joins arms that one-sided Wilcoxon
    tests with Holm's correction do not tell apart at 5 %.
    """
    by_set = found.groupby(["set", "arm"])["value"].mean().unstack("arm").dropna()
    if len(by_set) < 2 or by_set.shape[1] < 3:
        return ""
    import warnings

    from aeon.visualisation import plot_critical_difference
    from matplotlib import pyplot as plt

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Ties of few sets.
        figure, _ = plot_critical_difference(
            by_set.to_numpy(),
            list(by_set.columns),
            lower_better=score.better == "lower",
            alpha=comparisons.LEVEL,
        )
    name = f"ranks-{score.name}.png"
    figure.savefig(out / name, dpi=100, bbox_inches="tight")
    plt.close(figure)
    return name
