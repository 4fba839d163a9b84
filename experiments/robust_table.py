"""The tables of settings compared on development sets, from robust-training.jsonl."""

import json
import pathlib

_RESULTS = pathlib.Path(__file__).resolve().parent / "results"
_FIDS = ("minirocket held_out", "minirocket train", "fcn held_out", "fcn train")


def read() -> list[dict]:
    """All lines, in the order in which they were made."""
    text = (_RESULTS / "robust-training.jsonl").read_text()
    return [json.loads(line) for line in text.splitlines()]


def _row(line: dict, setting: str, weights: str) -> list[str]:
    fids = [f"{line[f'fid {name}']:.3g}" for name in _FIDS]
    return [f"{line['set']}, fold {line['seed']}", setting, weights, *fids]


def _table(head: list[str], rows: list[list[str]]) -> str:
    lines = [[*head, *(f"`fid` {n.replace('_', ' ')}" for n in _FIDS)]]
    lines += [["---"] * len(lines[0]), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def priors() -> str:
    """Settings of the prior."""
    rows = []
    lines = [line for line in read() if line["stage"] == "prior"]
    for line in sorted(lines, key=lambda line: (line["set"], line["seed"])):
        weights = line["weights"].replace("raw", "no average")
        step = f"step {line['step']}"
        how = step if line["selected"] == "best" else f"{step}, the last"
        if line["selected"] == "best":
            how += ", of the least loss"
        changes = {"train.prior.num_steps": 800, **line["changes"]}
        said = ", ".join(f"{key.split('.')[-1]} {v}" for key, v in changes.items())
        rows.append(_row(line, said, f"{weights}, {how}"))
    return _table(["set", "setting", "weights"], rows)


def tokenizers() -> str:
    """Settings of the tokenizer; FID of the reconstructed held-out part."""
    rows = []
    lines = [line for line in read() if line["stage"] == "tokenizer"]
    lines = [line for line in lines if f"fid {_FIDS[0]}" in line]
    for line in sorted(lines, key=lambda line: (line["set"], line["seed"])):
        weights = line["weights"].replace("raw", "no average")
        changes = {"train.tokenizer.num_steps": 300, **line["changes"]}
        said = ", ".join(f"{key.split('.')[-1]} {v}" for key, v in changes.items())
        row = _row(line, said, f"{weights}, {line['statistics']}")
        rows.append([*row[:3], f"{line['mse']:.4f}", *row[3:]])
    head = ["set", "setting", "weights", "`reconstruction_mse`"]
    return _table(head, rows)
