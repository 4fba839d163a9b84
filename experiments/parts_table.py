"""The table of what keeps samples from TRAIN, from sample-parts.jsonl."""

import json
import pathlib

_RESULTS = pathlib.Path(__file__).resolve().parent / "results"
_FID = "fid minirocket held_out"

TEXT = (
    """
## What keeps samples from TRAIN: tokenizer, noise or prior

Folds of TRAIN as below; TEST was not read. Everything is as many series as were learned from, of their
classes, and judged against the held-out ones: "TRAIN" is those learned from, the floor. The size of
the noise was fitted on one half of the held-out series and judged on the other, both ways, with three
draws each: means. "Own class": noise of the size of the errors of its class. In brackets the scale of
the noise. One seed a fold. Commit, CPU and command of each line: `sample-parts.jsonl`.
""",
    """
* **Noise that knows the class is better than noise that does not** where classes differ in theirs
  (SyntheticControl), at any scale near 1; where errors are shape, none is best (GunPoint).
* Temperature, rounds, sampler and guidance change samples less than draws differ from each other.

```sh
python experiments/sample_parts.py SyntheticControl GunPoint --seed 0 --settings  # minutes; appends to sample-parts.jsonl
```
""",
)


def read() -> list[dict]:
    """All lines, in the order in which they were made."""
    text = (_RESULTS / "sample-parts.jsonl").read_text()
    return [json.loads(line) for line in text.splitlines()]


def _said(line: dict) -> str:
    """The column of a line."""
    if line["part"] in ("TRAIN", "Gaussian"):
        return line["part"]
    if not line["scale"]:
        return f"{line['part']} without noise"
    return f"{line['part']} + noise of {line['noise']}"


def table() -> str:
    """A row for every fold, change and setting; the best scale of each noise."""
    columns = ["TRAIN", "Gaussian"]
    for part in ("reconstructions", "samples"):
        columns.append(f"{part} without noise")
        columns += [f"{part} + noise of {k}" for k in ("all classes", "own class")]
    rows: dict[tuple[str, str, str], dict[str, tuple[float, float]]] = {}
    for line in read():
        changes = ", ".join(f"{k}={v}" for k, v in line["changes"].items())
        name = f"{line['set']}, fold {line['seed']}"
        cells = rows.setdefault((name, changes, line.get("setting", "")), {})
        found = line[_FID], line.get("scale", 0.0)
        cells[_said(line)] = min(found, cells.get(_said(line), found))
    out = [["set", "changed", *columns]]
    out.append(["---"] * len(out[0]))
    for (name, *changed), cells in rows.items():
        row = [name, ", ".join(filter(None, changed)) or "nothing"]
        for column in columns:
            fid, scale = cells.get(column, (None, 0.0))
            said = "" if fid is None else f"{fid:.3g}"
            row.append(said + (f" ({scale:g})" if scale else ""))
        out.append(row)
    return "\n".join("| " + " | ".join(row) + " |" for row in out)
