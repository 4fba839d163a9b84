"""Stands for main.py: takes its arguments, works in steps, resumes, leaves scores.

FAKE_FAIL=ARM in the environment: runs of that arm fail. A run of several seeds is one
process, as of main.py. Scores are a function of the directory's name and the seed.
"""

import ast
import fcntl
import json
import os
import pathlib
import signal
import sys
import time
import zlib

STEPS, SECONDS = 4, float(os.environ.get("FAKE_SECONDS", "0.05"))


def _value(place: pathlib.Path) -> float:
    words = "/".join(place.parts[-3:])
    return zlib.crc32(words.encode()) % 1000 / 1000


def _run(place: pathlib.Path, config: dict) -> None:
    place.mkdir(parents=True, exist_ok=True)
    (place / "config.json").write_text(json.dumps(config))
    if not (place / "provenance.json").exists():
        made = {"commit": "abc", "date": "2026-11-27", "command": "fake"}
        (place / "provenance.json").write_text(json.dumps(made))
    steps = place / "steps"
    done = int(steps.read_text() or 0) if steps.exists() else 0
    for step in range(done, STEPS):
        time.sleep(SECONDS)
        steps.write_text(str(step + 1))
        print(f"step {step + 1}", flush=True)
    (place / "evaluation").mkdir(exist_ok=True)
    row = {"name": "fid", "judge": "fcn", "value": _value(place)}
    text = json.dumps({"scores": [row]})
    (place / "evaluation" / "scores.json").write_text(text)
    (place / "evaluation" / "done.json").write_text("{}")


def main(argv: list[str]) -> None:
    options = dict(w.split("=", 1) for w in argv if "=" in w)
    place = pathlib.Path(options["--workdir"])
    arm = place.parts[-2] if "--config.seed" in options else place.parts[-1]
    if os.environ.get("FAKE_FAIL") == arm:
        sys.exit("main.py: this arm was told to fail.")
    place.mkdir(parents=True, exist_ok=True)
    lock = open(place / ".lock", "w")
    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    seeds = ast.literal_eval(options.get("--config.seeds", "()"))
    if not seeds:
        _run(place, {"seed": int(options["--config.seed"]), "seeds": []})
        return
    (place / "config.json").write_text(json.dumps({"seeds": seeds}))
    for seed in seeds:
        _run(place / f"seed-{seed}", {"seed": seed, "seeds": []})


if __name__ == "__main__":
    main(sys.argv[1:])
