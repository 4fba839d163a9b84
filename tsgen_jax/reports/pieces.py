"""Pieces of a page as HTML: opening, head, plain tables, glossary and links to it."""

import html
from collections.abc import Mapping, Sequence

from tsgen_jax.reports import glossary
from tsgen_jax.reports.answer import Answer, Bar


def opening(image: str, answer: Answer) -> str:
    """The first screen: a picture, HTML already, beside bars with their sentences."""
    limit, without = html.escape(answer.limit), ", ".join(answer.left_out)
    keys = [f"Without a bar: {html.escape(without)}."] if without else []
    if answer.bars:
        keys.append(
            "Grey line: 95 % interval. Blue mark: real series that are not at the end."
        )
    said = f"<p><strong>What limits this model.</strong> {limit}</p>"
    said += f"<p><small>{' '.join(keys)}</small></p>"
    bars = "\n".join(map(_bar, answer.bars))
    return (
        f'<div class="opening">\n<figure>{image}</figure>\n'
        f'<div class="bars">\n{bars}\n{said}\n</div>\n</div>'
    )


def _bar(bar: Bar) -> str:
    """A score between its ends; the light part is its interval."""
    marks = f'<i class="value" style="width:{100 * bar.place:.1f}%"></i>'
    if bar.interval:
        low, high = (100 * end for end in bar.interval)
        marks += (
            f'<i class="interval" style="left:{low:.1f}%;width:{high - low:.1f}%"></i>'
        )
    for name, place in bar.ticks.items():
        marks += (
            f'<i class="tick" style="left:{100 * place:.1f}%" '
            f'title="{html.escape(name)}"></i>'
        )
    texts = bar.name, bar.asks, bar.value, bar.bad, bar.good, bar.said, bar.scale
    name, asks, value, bad, good, said, scale = map(html.escape, texts)
    return (
        f'<div class="bar"><h3>{name} <small>{asks}</small> <b>{value}</b></h3>\n'
        f'<div class="scale" title="{scale}">{marks}</div>\n'
        f'<div class="ends"><span>{bad}</span><span>{good}</span></div>\n'
        f"<p>{said}</p></div>"
    )


def folded(title: str, body: str) -> str:
    """HTML that shows its title until it is opened."""
    return f"<details><summary>{html.escape(title)}</summary>{body}</details>"


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
