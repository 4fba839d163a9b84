"""Scores and times of the README's table of generators, between two comments in it."""

import re
import statistics

from experiments.generators_table import Cells, mean, number

START = "<!-- Minutes and scores: python experiments/tables.py -->"
END = "<!-- End of the table. -->"
_SETS = ("ECG5000", "SyntheticControl")
_SCORE = "fid_minirocket"
_BY_HAND = 4  # Cells: name, paper, config, what it is.


def fill(text: str, found: Cells) -> str:
    """The README with the last three cells of its table of generators made anew.

    Cells before them are written by hand; which arms a row has, its cell of configs
    says: `vae`, `sequential_vae`.

    Raises:
        ValueError: a marker is missing.
    """
    if START not in text or END not in text:
        raise ValueError(f"README.md lacks the line {START} or {END}")
    before, _, rest = text.partition(START)
    inside, _, after = rest.partition(END)
    lines = []
    for number_, line in enumerate(inside.strip().splitlines()):
        kept = [cell.strip() for cell in line.strip().strip("|").split("|")][:_BY_HAND]
        if number_ == 0:
            more = ["minutes", *(f"FID {set_}" for set_ in _SETS)]
        elif number_ == 1:
            more = ["---"] * 3
        else:
            more = _scores(found, kept[2])
        lines.append("| " + " | ".join([*kept, *more]) + " |")
    return before + START + "\n" + "\n".join(lines) + "\n" + END + after


def _scores(found: Cells, configs: str) -> list[str]:
    arms = list(dict.fromkeys(re.findall(r"`(\w+)", configs)))

    def joined(values):
        texts = [number(value) for value in values]
        return "-" if set(texts) == {"-"} else " / ".join(texts)

    times = []
    for arm in arms:
        spent = [
            v
            for (_, a), c in found.items()
            if a == arm
            for v in c.get("device_seconds", [])
        ]
        times.append(statistics.fmean(spent) / 60 if spent else None)
    by_set = [[mean(found, s, a, _SCORE) for a in arms] for s in _SETS]
    return [joined(times), *map(joined, by_set)]
