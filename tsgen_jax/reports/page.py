"""The page about a run: one HTML file, no network, no scripts, fit for a phone."""

import base64
import csv
import html
import io
import json
import math
import os
import weakref
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from numbers import Real
from pathlib import Path

from matplotlib.figure import Figure
from PIL import Image

from tsgen_jax.data import spreadsheets
from tsgen_jax.evaluation.scores.score import Score

_DPI = 150
_DRAWN = weakref.WeakKeyDictionary()  # Figure -> its PNG.
_BETTER = {"lower": "↓ lower", "higher": "↑ higher", "": ""}
_COLUMNS = ("measure", "judge", "value", "interval", "better", "floors", "note")
# Nothing is fetched and nothing runs, whatever text the page is given.
_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
_STYLE = """
:root { color-scheme: light dark; --ink: #1b1f24; --dim: #57606a; --line: #d0d7de;
  --paper: #fff; --card: #f6f8fa; --link: #0072b2 }
@media (prefers-color-scheme: dark) { :root { --ink: #e6edf3; --dim: #9198a1;
  --line: #3d444d; --paper: #0d1117; --card: #161b22; --link: #56b4e9 } }
* { box-sizing: border-box }
body { margin: 0 auto; max-width: 56rem; padding: 1rem; color: var(--ink);
  background: var(--paper); font: 16px/1.5 system-ui, sans-serif;
  overflow-wrap: anywhere }
h1 { font-size: 1.6rem; line-height: 1.2; margin: .5rem 0 1rem }
h2 { font-size: 1.25rem; margin: 2.5rem 0 .5rem; padding-top: .75rem;
  border-top: 1px solid var(--line) }
a { color: var(--link) }
nav { background: var(--card); border-radius: 8px; padding: .75rem 1rem }
nav ol { margin: 0; padding-left: 1.4rem }
nav li { padding: .15rem 0 }
table { border-collapse: collapse; width: 100%; font-size: .93rem;
  overflow-wrap: normal }
th, td { text-align: left; padding: .45rem .8rem .45rem 0; vertical-align: top;
  border-bottom: 1px solid var(--line) }
th, small { color: var(--dim); font-weight: 600 }
th.group { color: var(--ink); padding-top: 1.5rem }
th.group::first-letter { text-transform: uppercase }
small { display: block; font-weight: 400 }
td.value { font-variant-numeric: tabular-nums; font-weight: 600 }
td.value, td.interval, td.better { white-space: nowrap }
td.note { color: var(--dim); min-width: 12rem }
@media (max-width: 56rem) { /* Every row is a card. */
  table, tbody, th, td { display: block; overflow-wrap: anywhere }
  thead, td:empty { display: none }
  tr { display: flex; flex-wrap: wrap; column-gap: .8rem; padding: .55rem 0;
    border-bottom: 1px solid var(--line) }
  th, td { border: 0; padding: 0 }
  td.measure, td.note { flex: 0 0 100%; font-weight: 600 }
  td.note { font-weight: 400 }
  td.floors::before { content: "floors: "; color: var(--dim) }
  small { display: inline; margin-left: .4rem }
}
figure { margin: 1rem 0 }
img { display: block; max-width: 100%; height: auto; margin: 0 auto;
  background: #fff; border: 1px solid var(--line); border-radius: 8px }
figcaption { color: var(--dim); font-size: .93rem; margin-top: .5rem }
pre { overflow-x: auto; background: var(--card); border-radius: 8px; padding: 1rem;
  font-size: .8rem; overflow-wrap: normal }
summary { cursor: pointer }
"""


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


def make_report(
    title: str, summary: Sequence[Row], sections: Sequence[Section], config: Mapping
) -> str:
    """Writes the page of a run as one self-contained HTML text.

    Args:
        title: heading of the page.
        summary: lines of the table at the top; none: no table.
        sections: in reading order; figures are embedded as PNG, their text becomes
            the caption.
        config: of the run, nested, of what JSON can hold.

    Raises:
        ValueError: a row's `better` is unknown, or its interval is none.
        TypeError: `config` holds what JSON cannot.
    """
    parts = [("Scores", _table(summary))] if summary else []
    parts += [(section.title, _body(section)) for section in sections]
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
<style>{_STYLE}</style>
</head>
<body>
<h1>{html.escape(title)}</h1>
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
    _write(path, _png(figure))


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
            texts["measure"] = texts["measure"].replace("_", "_<wbr>")
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
    if section.figure is None:
        return text
    source = base64.b64encode(_png(section.figure)).decode()
    return (
        f'<figure><img alt="{html.escape(section.title)}" '
        f'src="data:image/png;base64,{source}">\n'
        f"<figcaption>{text}</figcaption></figure>"
    )


def _details(config: Mapping) -> str:
    text = html.escape(json.dumps(config, indent=2))
    return f"<details><summary>Show every value</summary><pre>{text}</pre></details>"


def _png(figure: Figure) -> bytes:
    """PNG of 256 colours: a third of the size, no visible difference in line art.

    Drawn once for file and page.
    """
    if figure in _DRAWN:
        return _DRAWN[figure]
    full, small = io.BytesIO(), io.BytesIO()
    figure.savefig(full, format="png", dpi=_DPI, facecolor="white")
    picture = Image.open(full).convert("RGB").quantize(256, dither=Image.Dither.NONE)
    picture.save(small, format="PNG", optimize=True)
    _DRAWN[figure] = small.getvalue()
    return _DRAWN[figure]


def _write(path: str | os.PathLike, content: bytes) -> None:
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    temporary.write_bytes(content)
    temporary.replace(path)
