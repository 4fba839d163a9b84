"""Several judged sets of series in one table and one figure."""

import csv
import io
import os
from collections.abc import Mapping

from tsgen_jax.data import spreadsheets
from tsgen_jax.judges.assess import Assessment
from tsgen_jax.reports import page as report
from tsgen_jax.reports.figures import compare as compare_figures
from tsgen_jax.runs import files

_PER_FIGURE = 8  # Panels.


def write(judged: Mapping[str, Assessment], directory: str) -> None:
    """Writes compare.html, compare.csv and figures/compare_*.png; prints the table.

    Args:
        judged: by name; all by the same judges.
        directory: made if it is not there.

    Raises:
        ValueError: different judges, or no score that two have in common.
    """
    digests = {name: a.judge[:12] for name, a in judged.items()}
    if len(set(digests.values())) > 1:
        said = ", ".join(f"{name}: {d or 'none'}" for name, d in digests.items())
        raise ValueError(
            f"These were judged by different networks ({said}): their scores cannot be "
            "compared. Judge them anew with `tsgen evaluate`, with equal settings."
        )
    rows = table(judged)
    if not rows:
        raise ValueError(f"No score in common: {', '.join(judged)}.")
    os.makedirs(os.path.join(directory, "figures"), exist_ok=True)
    sections = []
    groups = list(dict.fromkeys(row["group"] for row in rows))
    for group in groups:
        mine = [row for row in rows if row["group"] == group]
        for i in range(0, len(mine), _PER_FIGURE):
            figure = compare_figures.plot_scores(mine[i : i + _PER_FIGURE])
            name = f"compare_{group}_{i // _PER_FIGURE}.png"
            report.save_figure(figure, os.path.join(directory, "figures", name))
            title = group.replace("_", " ").capitalize()
            sections.append(report.Section(title, "", figure))
    lines = as_text(rows, list(judged))
    files.write_text(os.path.join(directory, "compare.csv"), as_csv(rows, judged))
    page = report.make_report(
        "Comparison: " + ", ".join(judged), [], sections, {"names": list(judged)}
    )
    report.write_report(os.path.join(directory, "compare.html"), page)
    print(lines)
    print(f"\nReport: {os.path.join(directory, 'compare.html')}")


def table(judged: Mapping[str, Assessment]) -> list[dict]:
    """A row per score that at least two have (or one, if there is only one).

    Keys: score, judge, group, better, ideal, floors (of the first that has it), and
    entries, a list of (name, value, low, high).
    """
    rows = {}
    for name, assessment in judged.items():
        for s in assessment.scores:
            row = rows.setdefault(
                (s.name, s.judge),
                {
                    "score": s.name,
                    "judge": s.judge,
                    "group": s.group,
                    "better": s.better,
                    "ideal": s.ideal,
                    "floors": s.floors,
                    "entries": [],
                },
            )
            row["entries"].append((name, s.value, s.low, s.high))
    need = min(2, len(judged))
    return [row for row in rows.values() if len(row["entries"]) >= need]


def as_csv(rows: list[dict], names: Mapping | list) -> str:
    """One line per score; columns value, low and high of every name."""
    text = io.StringIO()
    out = csv.writer(text, lineterminator="\n")
    columns = [f"{n} {what}" for n in names for what in ("value", "low", "high")]
    columns = list(map(spreadsheets.guard, columns))
    out.writerow(["score", "judge", "better", "ideal", "floors", *columns])
    for row in rows:
        of = {name: values for name, *values in row["entries"]}
        floors = "; ".join(f"{k} {v:.6g}" for k, v in row["floors"].items())
        cells = [v for n in names for v in of.get(n, ("", "", ""))]
        out.writerow(
            [row["score"], row["judge"], row["better"], row["ideal"], floors, *cells]
        )
    return text.getvalue()


def as_text(rows: list[dict], names: list[str]) -> str:
    """The table for a terminal; '*' marks the best where a direction is better."""
    head = ["score", "better", *names, "floors"]
    lines = [head]
    for row in rows:
        of = {name: value for name, value, *_ in row["entries"]}
        best = None
        if row["better"]:
            best = (min if row["better"] == "lower" else max)(of.values())
        cells = [
            f"{of[n]:.4g}{' *' if of[n] == best else '  '}" if n in of else ""
            for n in names
        ]
        title = f"{row['score']} ({row['judge']})" if row["judge"] else row["score"]
        floors = ", ".join(f"{k} {v:.4g}" for k, v in row["floors"].items())
        lines.append([title, row["better"], *cells, floors])
    widths = [max(len(line[i]) for line in lines) for i in range(len(head))]
    return "\n".join(
        "  ".join(cell.ljust(w) for cell, w in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )
