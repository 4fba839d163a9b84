"""Several judged sets of series in one table and one figure."""

import csv
import io
import json
import os
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from tsgen_jax.data import spreadsheets
from tsgen_jax.judges.assess import Assessment
from tsgen_jax.reports import page as report
from tsgen_jax.reports import sample_report
from tsgen_jax.reports.figures import compare as compare_figures
from tsgen_jax.runs import files, provenance

_PER_FIGURE = 8  # Panels.
_EXPLAINED = (
    "*: the best, and its interval overlaps with no other. Without a star the intervals "
    "overlap or there are none: this comparison does not tell which is better."
)


def write(
    judged: Mapping[str, Assessment],
    directory: str,
    configs: Mapping[str, Mapping[str, Any]] = MappingProxyType({}),
) -> None:
    """Writes compare.html, compare.csv and figures/compare_*.png; prints the table.

    Args:
        judged: by name; all by the same judges.
        directory: made if it is not there.
        configs: dotted key -> value of the runs among them, by name.

    Raises:
        ValueError: different judges, or no score that two have in common.
    """
    judges = {name: a.judge[:12] for name, a in judged.items()}
    if len(set(judges.values())) > 1:
        said = ", ".join(f"{name}: {d or 'none'}" for name, d in judges.items())
        raise ValueError(
            f"These were judged by FCN networks of other settings or other weights "
            f"({said}): their scores cannot be compared. A judge that was trained on "
            "another machine has other weights. Compare by judges that are the same on "
            "every machine (--set evaluation.judges=minirocket), or give all of them the "
            "directory `judge` of one run and judge them anew with `tsgen evaluate`."
        )
    rows = table(judged)
    if not rows:
        raise ValueError(f"No score in common: {', '.join(judged)}.")
    os.makedirs(os.path.join(directory, "figures"), exist_ok=True)
    sections = [
        report.Section("Scores", _EXPLAINED, None, None, _cells(rows, list(judged))),
        _differences(configs),
    ]
    groups = list(dict.fromkeys(row["group"] for row in rows))
    for group in groups:
        mine = [row for row in rows if row["group"] == group]
        for i in range(0, len(mine), _PER_FIGURE):
            title = group.replace("_", " ").capitalize()
            count = -(-len(mine) // _PER_FIGURE)
            title += f", figure {i // _PER_FIGURE + 1} of {count}" * (count > 1)
            some = (mine[i : i + _PER_FIGURE],)
            section = report.drawn(title, "", compare_figures.plot_scores, some)
            name = f"compare_{group}_{i // _PER_FIGURE}.png"
            report.save_figure(section.figure, os.path.join(directory, "figures", name))
            sections.append(section)
    lines = as_text(rows, list(judged))
    files.write_text(os.path.join(directory, "compare.csv"), as_csv(rows, judged))
    made = provenance.now()
    head = {
        "Command": made["command"],
        "Made": f"{made['date']}, {sample_report.release(made)}",
    }
    title = "Comparison: " + ", ".join(judged)
    shown = {name: dict(values) for name, values in configs.items()}
    page = report.make_report(title, [], sections, shown, head)
    report.write_report(os.path.join(directory, "compare.html"), page)
    print(lines)
    print(f"\n{_EXPLAINED}")
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


def best(row: Mapping[str, Any]) -> str | None:
    """Whose score is best beyond doubt; None where intervals overlap or are missing."""
    entries = row["entries"]
    if not row["better"] or len(entries) < 2 or any(e[2] is None for e in entries):
        return None
    lower = row["better"] == "lower"
    first, *others = sorted(entries, key=lambda e: e[1], reverse=not lower)
    if lower:
        clear = all(first[3] < other[2] for other in others)
    else:
        clear = all(first[2] > other[3] for other in others)
    return first[0] if clear else None


def _cells(rows: list[dict], names: list[str]) -> list[list[str]]:
    """The table of the page: a row per score, with unit, intervals and floors."""
    lines = [["Measure", "Better", *names, "Floors"]]
    for row in rows:
        of, first = {name: values for name, *values in row["entries"]}, best(row)
        cells = []
        for name in names:
            value, low, high = of.get(name, (None, None, None))
            text = "" if value is None else f"{value:.4g}"
            text += "" if low is None else f" [{low:.4g}, {high:.4g}]"
            cells.append(text + " *" * (name == first))
        measure = f"{row['score']} ({row['judge']})" if row["judge"] else row["score"]
        floors = ", ".join(f"{k} {v:.4g}" for k, v in row["floors"].items())
        lines.append([measure, row["better"], *cells, floors])
    return lines


def _differences(configs: Mapping[str, Mapping[str, Any]]) -> report.Section:
    """Keys of the configs that differ; a file of series has no config."""
    title = "What differs between the configs"
    if len(configs) < 2:
        return report.Section(title, "Fewer than two of them are runs.", None)
    keys = dict.fromkeys(key for values in configs.values() for key in values)
    lines = [["Key", *configs]]
    for key in keys:
        shown = [
            json.dumps(values[key]) if key in values else "absent"
            for values in configs.values()
        ]
        if len(set(shown)) > 1:
            lines.append([key, *shown])
    if len(lines) == 1:
        return report.Section(title, "Nothing: the configs are equal.", None)
    return report.Section(title, "", None, None, lines)


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
    """The table for a terminal; '*' as of `best`."""
    head = ["score", "better", *names, "floors"]
    lines = [head]
    for row in rows:
        of = {name: value for name, value, *_ in row["entries"]}
        first = best(row)
        cells = [
            f"{of[n]:.4g}{' *' if n == first else '  '}" if n in of else ""
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
