"""The page about a run: one HTML file, no network, no scripts, fit for a phone."""

import csv
import html
import io
import json
import math
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from numbers import Real
from pathlib import Path
from types import MappingProxyType

from matplotlib.figure import Figure

from tsgen_jax.data import spreadsheets
from tsgen_jax.evaluation.scores.score import Score
from tsgen_jax.reports import glossary, images, pieces
from tsgen_jax.reports.answer import Answer
from tsgen_jax.reports.figures import canvas
from tsgen_jax.reports.style import STYLE

_BETTER = {"lower": "↓ lower", "higher": "↑ higher", "": ""}
_COLUMNS = ("measure", "judge", "value", "interval", "better", "floors", "note")
# Nothing is fetched and nothing runs, whatever text the page is given.
_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"


@dataclass(frozen=True)
class Row:
    """A line of the score table."""

    name: str
    judge: str  # '' where there is none.
    value: float | str  # A number is shown with four significant digits.
    interval: tuple[float, float] | None
    floors: Mapping[str, float] | str  # What real series score, by name; or in words.
    better: str  # 'lower', 'higher', or '' where neither is.
    note: str
    group: str  # Its heading; '' for none.

    @classmethod
    def from_score(cls, score: Score) -> "Row":
        """The line of a score; an ideal without a direction opens the note."""
        s, note = score, score.note
        if not s.better and s.ideal is not None:
            note = f"Ideal is {_format(s.ideal)}. {note}".strip()
        ends = None if s.low is None else (s.low, s.high)
        return cls(s.name, s.judge, s.value, ends, s.floors, s.better, note, s.group)


@dataclass(frozen=True)
class Section:
    """A heading, a figure or None, and text; an empty line starts a paragraph."""

    title: str
    text: str
    figure: Figure | None
    narrow: Figure | None = None  # The same for a phone; None: the figure itself.
    table: Sequence[
        Sequence[str]
    ] = ()  # Rows of cells below it; the first is the head.


def drawn(title: str, text: str, plot: Callable[..., Figure], args: tuple) -> Section:
    """A section with the figure `plot(*args)`, for a page and for a phone."""
    with canvas.narrow():
        narrow = plot(*args)
    return Section(title, text, plot(*args), narrow)


def make_report(
    title: str,
    summary: Sequence[Row],
    sections: Sequence[Section],
    config: Mapping,
    about: Mapping[str, str] = MappingProxyType({}),
    opening: tuple[Section, Answer] | None = None,
) -> str:
    """Writes the page of a run as one self-contained HTML text.

    Args:
        title: heading of the page.
        summary: lines of the table at the top; none: no table.
        sections: in reading order; figures are embedded as PNG, their text becomes
            the caption.
        config: of the run, nested, of what JSON can hold.
        about: below the heading, such as date, version, seed and command; '' is
            left out.
        opening: a picture and the answer, for the first screen; the table is folded
            then.

    Raises:
        ValueError: a row's `better` is unknown, or its interval is none.
        TypeError: `config` holds what JSON cannot.
    """
    table, first = _table(summary), ""
    if opening:
        picture, answer = opening
        image = images.tag(picture.title, picture.figure, picture.narrow)
        first = pieces.opening(image, answer)
        table = pieces.folded(f"All {len(summary)} scores", table)
    parts = [("Scores", table)] if summary else []
    parts += [(section.title, _body(section)) for section in sections]
    explained = pieces.explain([row.name for row in summary] + _terms(sections))
    parts += [("What the scores mean", explained)] if explained else []
    parts.append(("Configuration", _details(config)))
    contents = "\n".join(
        f'<li><a href="#section-{i}">{html.escape(name)}</a></li>'
        for i, (name, _) in enumerate(parts)
    )
    chapters = "\n".join(
        f'<section id="section-{i}">\n<h2>{html.escape(name)}</h2>\n{body}\n</section>'
        for i, (name, body) in enumerate(parts)
    )
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{_POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{html.escape(title)}</title>
<style>{STYLE}</style>
</head>
<body>
<h1>{html.escape(title)}</h1>
{first}
{pieces.about(about)}
<nav aria-label="Contents">
<ol>
{contents}
</ol>
</nav>
{chapters}
</body>
</html>
"""


def write_report(path: str | os.PathLike, html: str) -> None:
    """Writes the page; a reader finds the old one or the new one, never half."""
    _write(path, html.encode())


def save_figure(figure: Figure, path: str | os.PathLike) -> None:
    """Writes a figure as PNG, the same picture as on the page, whole or not at all."""
    _write(path, images.png(figure))


def format_rows(rows: Sequence[Row]) -> str:
    """The table as plain text for a terminal; raises as `make_report`."""
    groups = _grouped(rows)
    head = {key: key.capitalize() for key in _COLUMNS}
    lines = [head, *(cells for lines in groups.values() for cells in lines)]
    widths = {key: max(len(cells[key]) for cells in lines) for key in _shown(groups)}
    text, groups[""] = [], [head, *groups[""]]
    for group, lines in groups.items():
        text += [f"\n{group}"] if group else []
        for cells in lines:
            padded = [f"{cells[key]:{width}}" for key, width in widths.items()]
            text.append("  ".join(padded).rstrip())
    return "\n".join(text)


def write_csv(path: str | os.PathLike, rows: Sequence[Row]) -> None:
    """Writes the rows in full precision; the columns are the fields, low and high."""
    text = io.StringIO()
    out = csv.writer(text, lineterminator="\n")
    out.writerow("group,name,judge,value,low,high,floors,better,note".split(","))
    for row in rows:
        ends, floors = row.interval or ("", ""), row.floors
        if not isinstance(floors, str):
            floors = json.dumps({name: float(x) for name, x in floors.items()})
        line = [row.group, row.name, row.judge, row.value, *ends, floors]
        out.writerow(map(spreadsheets.guard, [*line, row.better, row.note]))
    _write(path, text.getvalue().encode())


def _grouped(rows: Sequence[Row]) -> dict[str, list[dict[str, str]]]:
    """Group -> the cells of its rows; first those without a group."""
    groups = {"": []}
    for row in rows:
        groups.setdefault(row.group, []).append(_cells(row))
    return groups


def _shown(groups: Mapping[str, Sequence[Mapping[str, str]]]) -> list[str]:
    """The columns that are not empty throughout."""
    lines = [cells for lines in groups.values() for cells in lines]
    return [key for key in _COLUMNS if any(cells[key] for cells in lines)]


def _cells(row: Row) -> dict[str, str]:
    """The texts of a line, by column."""
    if row.better not in _BETTER:
        raise ValueError(
            f"{row.name}: better is {row.better!r}; known: {sorted(_BETTER)}."
        )
    ends = row.interval or ()
    if ends and (len(ends) != 2 or ends[0] > ends[1]):
        raise ValueError(f"{row.name}: {ends} is no interval: it needs (low, high).")
    floors = row.floors
    if not isinstance(floors, str):
        floors = ", ".join(f"{name} {_format(value)}" for name, value in floors.items())
    return {
        "measure": row.name,
        "judge": row.judge,
        "value": _format(row.value),
        "interval": f"[{', '.join(map(_format, ends))}]" if ends else "",
        "better": _BETTER[row.better],
        "floors": floors,
        "note": row.note,
    }


def _table(summary: Sequence[Row]) -> str:
    """The table as HTML; the judge stands with the measure."""
    groups = _grouped(summary)
    shown = [key for key in _shown(groups) if key != "judge"]
    head = "".join(f"<th>{key.capitalize()}</th>" for key in shown)
    body = ""
    for group, lines in groups.items():
        name = html.escape(group.replace("_", " "))
        name = f'<th class="group" colspan="{len(shown)}">{name}</th>'
        body += f"<tr>{name}</tr>\n" if group else ""
        for cells in lines:
            texts = {key: html.escape(text) for key, text in cells.items()}
            name, unit = cells["measure"], glossary.unit(cells["measure"])
            texts["measure"] = pieces.link(name)
            if unit:
                texts["value"] += f" <small>{html.escape(unit)}</small>"
            if texts["judge"]:
                texts["measure"] += f" <small>{texts['judge']}</small>"
            tds = [f'<td class="{key}">{texts[key]}</td>' for key in shown]
            body += f"<tr>{''.join(tds)}</tr>\n"
    return f"<table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{body}</tbody>\n</table>"


def _format(value: float | str) -> str:
    """Four significant digits for numbers, integers whole, words as they are."""
    if isinstance(value, bool | str) or not isinstance(value, Real):
        return str(value)
    if math.isfinite(value) and float(value).is_integer() and abs(value) < 1e9:
        return str(int(value))
    return f"{float(value):.4g}"


def _body(section: Section) -> str:
    paragraphs = [part for part in section.text.split("\n\n") if part.strip()]
    text = "\n".join(f"<p>{html.escape(part.strip())}</p>" for part in paragraphs)
    text += pieces.plain_table(section.table)
    if section.figure is None:
        return text
    return f"<figure>{images.tag(section.title, section.figure, section.narrow)}\n<figcaption>{text}</figcaption></figure>"


def _terms(sections: Sequence[Section]) -> list[str]:
    """First cells of tables: names of scores, with their judge or without."""
    cells = [row[0] for section in sections for row in section.table[1:]]
    return [cell.partition(" ")[0] for cell in cells]


def _details(config: Mapping) -> str:
    text = html.escape(json.dumps(config, indent=2))
    return pieces.folded("Show every value", f"<pre>{text}</pre>")


def _write(path: str | os.PathLike, content: bytes) -> None:
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    temporary.write_bytes(content)
    temporary.replace(path)
