"""The page about a run: one HTML file, no network, no scripts, fit for a phone."""

import base64
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

_DPI = 150
_DRAWN = weakref.WeakKeyDictionary()  # Figure -> its PNG.
_BETTER = {"lower": "↓ lower", "higher": "↑ higher", "": ""}
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
.scroll { overflow-x: auto }
table { border-collapse: collapse; width: 100%; font-size: .93rem;
  overflow-wrap: normal }
th, td { text-align: left; padding: .45rem .8rem .45rem 0; vertical-align: top;
  border-bottom: 1px solid var(--line) }
th { color: var(--dim); font-weight: 600 }
td.value { font-variant-numeric: tabular-nums; font-weight: 600 }
td.value, td.better { white-space: nowrap }
td.note { color: var(--dim); min-width: 12rem }
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
    """A line of the summary table."""

    name: str
    value: float | str  # A number is shown with four significant digits.
    better: str  # 'lower', 'higher', or '' where neither is.
    note: str


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
        summary: lines of the table at the top.
        sections: in reading order; figures are embedded as PNG, their text becomes
            the caption.
        config: of the run, nested, of what JSON can hold.

    Raises:
        ValueError: a row's `better` is unknown.
        TypeError: `config` holds what JSON cannot.
    """
    titles = ["Summary", *[section.title for section in sections], "Configuration"]
    contents = "\n".join(
        f'<li><a href="#section-{i}">{html.escape(name)}</a></li>'
        for i, name in enumerate(titles)
    )
    bodies = [_table(summary), *map(_body, sections), _details(config)]
    chapters = "\n".join(
        f'<section id="section-{i}">\n<h2>{html.escape(name)}</h2>\n{body}\n</section>'
        for i, (name, body) in enumerate(zip(titles, bodies, strict=True))
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


def _table(summary: Sequence[Row]) -> str:
    lines = []
    for row in summary:
        if row.better not in _BETTER:
            raise ValueError(
                f"{row.name}: better is {row.better!r}; known: {sorted(_BETTER)}."
            )
        cells = [("name", row.name), ("value", _format(row.value))]
        cells += [("better", _BETTER[row.better]), ("note", row.note)]
        tds = [f'<td class="{key}">{html.escape(text)}</td>' for key, text in cells]
        lines.append(f"<tr>{''.join(tds)}</tr>")
    head = "<tr><th>Measure</th><th>Value</th><th>Better</th><th>Note</th></tr>"
    body = "\n".join(lines)
    return (
        f'<div class="scroll"><table>\n<thead>{head}</thead>\n'
        f"<tbody>\n{body}\n</tbody>\n</table></div>"
    )


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
