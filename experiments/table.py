"""Results as a table in words and as a JSON file."""

import json
import os
import pathlib
import re

_BUSY = 0.2  # Cores of others from which on a result is doubtful.
_PEERS = ("torch", "torch-tuned", "timevqvae")


def ratios(sides: dict[str, dict]) -> dict[str, dict]:
    """How many times as long as ours each peer takes, by medians and by minima."""
    ours = sides.get("ours", {})
    return {
        peer: {k: sides[peer][f"{k}_ms"] / ours[f"{k}_ms"] for k in ("median", "min")}
        for peer in _PEERS
        if "median_ms" in ours and "median_ms" in sides.get(peer, {})
    }


def peak_share(side: dict) -> float | None:
    """Operations per second over those of a large float32 matrix product."""
    if "gflops_per_s" not in side:
        return None
    return side["gflops_per_s"] / side["matmul_gflops_per_s"]


def _ms(side: dict | None) -> str:
    if not side or "median_ms" not in side:
        return "-"
    return f"{_number(side['median_ms'])} ({_number(side['min_ms'])})"


def _number(value: float) -> str:
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"


def _row(entry: dict, peers: list[str]) -> list[str]:
    sides, faster = entry["sides"], ratios(entry["sides"])
    ours = sides.get("ours", {})
    row = [entry["about"], _ms(ours)]
    for peer in peers:
        times = faster.get(peer)
        row.append(_ms(sides.get(peer)))
        row.append(f"{times['median']:.2f} ({times['min']:.2f})" if times else "-")
    operations, share = ours.get("operations"), peak_share(ours)
    row.append(f"{operations / 1e9:.3g}" if operations else "-")
    row.append(f"{ours['gflops_per_s']:.3g}" if share is not None else "-")
    row.append(f"{share:.0%}" if share is not None else "-")
    for side in ("ours", *peers):
        numbers = sides.get(side, {})
        peak = numbers.get("device_peak_mib") or numbers.get("peak_mib")
        row.append(f"{peak:.0f}" if peak else "-")
    return row


def text(entries: list[dict]) -> str:
    """The table, and below it what was not measured and why."""
    peers = [p for p in _PEERS if any(p in e["sides"] for e in entries)]
    head = ["case", "ours ms"]
    for peer in peers:
        head += [f"{peer} ms", f"{peer} / ours"]
    head += ["GFLOP", "GFLOP/s", "of peak", "MiB ours", *(f"MiB {p}" for p in peers)]
    rows = [head, *(_row(entry, peers) for entry in entries)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = []
    for row in rows:
        cells = [row[0].ljust(widths[0])]
        cells += [c.rjust(w) for c, w in zip(row[1:], widths[1:], strict=True)]
        lines.append("| " + " | ".join(cells) + " |")
    lines.insert(1, "|" + "|".join("-" * (w + 2) for w in widths) + "|")
    lines.append(
        "Times: median (minimum) of a step, a decoding or an epoch. GFLOP: ours, counted "
        "by XLA; peak: a large float32 matrix product in the same process. MiB: peak "
        "after warming up, of the device where it has its own memory."
    )
    lines += [
        f"{entry['case']}, {side}: not measured: {result['not_measured']}"
        for entry in entries
        for side, result in entry["sides"].items()
        if "not_measured" in result
    ]
    doubtful = [e["case"] for e in entries if (e["busy_cores_of_others"] or 0) > _BUSY]
    if doubtful:
        lines.append(
            f"Doubtful, other programs kept cores busy: {', '.join(doubtful)}. Measure "
            "again when the machine is quiet."
        )
    return "\n".join(lines)


def slug(text_: str) -> str:
    """Lower case, with dashes for all that no file name should hold."""
    return re.sub(r"[^a-z0-9]+", "-", text_.lower()).strip("-")


def save(path: pathlib.Path, head: dict, entries: list[dict]) -> None:
    """Writes results; cases that an older file has and this run has not stay there.

    Raises:
        ValueError: the older file is of another machine kind, shape or overrides.
    """
    kept = {}
    if path.exists():
        old = json.loads(path.read_text())
        differ = [k for k, v in head.items() if old.get(k) != v]
        if differ:
            raise ValueError(
                f"{path.name} holds results with another {', '.join(differ)}; use "
                "--name or remove it."
            )
        kept = {entry["case"]: entry for entry in old["cases"]}
    kept |= {entry["case"]: entry for entry in entries}
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    content = {**head, "cases": list(kept.values())}
    partial.write_text(json.dumps(content, indent=1) + "\n")
    os.replace(partial, path)
