"""Pieces of a page as HTML: its head, plain tables, the glossary and links to it."""

import html
from collections.abc import Mapping, Sequence

from tsgen_jax.reports import glossary


def about(about: Mapping[str, str]) -> str:
    """Name and value, line by line."""
    lines = [
        f"<dt>{html.escape(name)}</dt><dd>{html.escape(str(value))}</dd>"
        for name, value in about.items()
        if value != ""
    ]
    return f'<dl class="about">{"".join(lines)}</dl>' if lines else ""


def link(name: str) -> str:
    """The name of a score, with a link to its meaning where the glossary has it."""
    shown = html.escape(name).replace("_", "_<wbr>")
    if name not in glossary.ENTRIES:
        return shown
    return f'<a href="#term-{html.escape(name)}">{shown}</a>'


def explain(names: Sequence[str]) -> str:
    """Meaning, unit and source of every score that is shown; '' where none is known."""
    lines = []
    for name in dict.fromkeys(names):
        if name in glossary.ENTRIES:
            entry = glossary.ENTRIES[name]
            said = html.escape(entry.meaning)
            if entry.unit:
                said += f" Unit: {html.escape(entry.unit)}."
            if entry.source:
                said += f' <a href="{html.escape(entry.source)}">Source</a>.'
            lines.append(f'<dt id="term-{name}">{name}</dt><dd>{said}</dd>')
    return f'<dl class="terms">{"".join(lines)}</dl>' if lines else ""


def plain_table(rows: Sequence[Sequence[str]]) -> str:
    """Rows of cells; the first cell of a row may be a score."""
    if not rows:
        return ""
    head = "".join(f"<th>{html.escape(cell)}</th>" for cell in rows[0])
    body = ""
    for row in rows[1:]:
        name, _, rest = row[0].partition(" ")
        first = link(name) + html.escape(f" {rest}" if rest else "")
        tds = "".join(
            f'<td data-of="{html.escape(of)}">{html.escape(cell)}</td>'
            for of, cell in zip(rows[0][1:], row[1:], strict=True)
        )
        body += f'<tr><td class="measure">{first}</td>{tds}</tr>\n'
    return (
        f'<table class="plain">\n<thead><tr>{head}</tr></thead>\n<tbody>\n{body}</tbody>'
        "\n</table>"
    )
