"""What a stage reports: metrics.jsonl, TensorBoard, and a line of progress.

One JSON object per line: {"stage": "prior", "step": 10, "train/loss": 0.5, ...,
"checksum": "0f3a9c2e"}, the last of all before it. Inside the step a metric has a bare
name; the prefix is added here and nowhere else.
"""

import contextlib
import json
import math
import os
import shutil
import sys
import time
from typing import Any

import numpy as np
from ml_collections import ConfigDict
from PIL import Image
from tensorboardX import SummaryWriter
from tqdm import tqdm

from tsgen_jax.runs import files
from tsgen_jax.runs.tracking import Tracker

_CHECKSUM = "checksum"
_PLAIN_EVERY = 10.0  # Seconds between lines of progress where there is no terminal.


class Writer(contextlib.AbstractContextManager):
    """Reports of one stage of one run; one process per run writes."""

    def __init__(
        self,
        workdir: str,
        stage: str,
        num_steps: int,
        first_step: int,
        shows_progress: bool = True,
        tracker: Tracker | None = None,
    ):
        """Opens the files of `workdir`, and takes back what is to be done again.

        A resumed stage drops its lines after `first_step` from metrics.jsonl, where it
        will write them once more, and the half line that a kill left.

        Args:
            workdir: the run directory; it is there already.
            stage: name of the stage, e.g. 'tokenizer'.
            num_steps: the step at which the stage ends.
            first_step: the step of the state it begins with, 0 or a checkpoint's.
            shows_progress: False where another writer does, of a run beside this one.
            tracker: gets a copy of every metric; None: no tracker.

        Raises:
            ValueError: metrics.jsonl is damaged.
            OSError: it cannot be written.
        """
        self._stage, self._tracker = stage, tracker
        path = _path(workdir)
        kept = [
            line
            for line in read_metrics(workdir)
            if line["stage"] != stage or line["step"] <= first_step
        ]
        files.write_text(path, "".join(map(_as_text, kept)))
        self._file = open(path, "a")
        self._tensorboard = SummaryWriter(
            os.path.join(workdir, "tensorboard", stage),
            purge_step=first_step + 1,  # The first step that is hidden.
        )
        quiet = os.environ.get("TSGEN_QUIET") == "1" or not shows_progress
        make = _Silence if quiet else _Bar if sys.stderr.isatty() else _Lines
        self._progress = make(stage, num_steps, first_step)

    def write(self, step: int, prefix: str, metrics: dict[str, float]) -> None:
        """Appends one line, on disk when this returns, and the TensorBoard scalars.

        Args:
            step: number of steps taken.
            prefix: 'train', 'test', 'probe' or 'sample'.
            metrics: scalars under bare names; floats are written exactly, NaN and
                infinities as null in JSON, which has no word for them.

        Raises:
            ValueError: a metric is no scalar.
            OSError: the disk is full.
        """
        line = {"stage": self._stage, "step": int(step)}
        for name, value in metrics.items():
            try:
                value = float(value)
            except (TypeError, ValueError) as error:
                raise ValueError(
                    f"The metric {name!r} is no scalar: {value!r}."
                ) from error
            self._tensorboard.add_scalar(f"{prefix}/{name}", value, int(step))
            line[f"{prefix}/{name}"] = value if math.isfinite(value) else None
        self._file.write(_as_text(line))
        self._file.flush()
        if self._tracker is not None:
            values = {f"{prefix}/{name}": float(v) for name, v in metrics.items()}
            self._tracker.log(self._stage, int(step), values)

    def progress(self, step: int, shown: dict[str, float]) -> None:
        """Shows on stderr how far the stage is, how fast, and `shown`.

        A bar on a terminal, elsewhere a line every ten seconds and at the end; nothing
        with TSGEN_QUIET=1 in the environment.
        """
        self._progress.show(int(step), {k: f"{v:.4g}" for k, v in shown.items()})

    def close(self) -> None:
        """Completes the files."""
        self._progress.close()
        self._tensorboard.close()
        self._file.close()

    def __exit__(self, *_) -> None:
        self.close()


def write_overview(workdir: str, config: ConfigDict, figure_dir: str) -> None:
    """Shows the config and every figure, such as samples, in TensorBoard.

    Args:
        workdir: the run directory; 'tensorboard/run' there is written anew.
        config: of the run.
        figure_dir: PNG files, shown under their names.
    """
    place = os.path.join(workdir, "tensorboard", "run")
    shutil.rmtree(place, ignore_errors=True)
    with SummaryWriter(place) as board:
        text = json.dumps(config.to_dict(), indent=2)
        board.add_text("config", "```json\n" + text + "\n```")
        for name in sorted(os.listdir(figure_dir)):
            if name.endswith(".png"):
                with Image.open(os.path.join(figure_dir, name)) as picture:
                    pixels = np.asarray(picture.convert("RGB"))
                stem = os.path.splitext(name)[0]
                board.add_image(stem, pixels, dataformats="HWC")


def read_metrics(workdir: str) -> list[dict[str, Any]]:
    """The lines of metrics.jsonl, oldest first, without checksums; null is None.

    A last line that a kill cut off is left out; no file is no lines.

    Raises:
        ValueError: another line is no JSON object, or differs from its checksum.
    """
    path = _path(workdir)
    if not os.path.exists(path):
        return []
    with open(path, errors="replace") as file:
        lines = file.readlines()
    metrics = []
    for number, text in enumerate(lines, start=1):
        try:
            line = json.loads(text)
            if not isinstance(line, dict) or not {"stage", "step"} <= line.keys():
                raise ValueError("no object with stage and step")
            if line.pop(_CHECKSUM, _checksum(line)) != _checksum(line):
                raise ValueError("values differ from the checksum")
        except (ValueError, RecursionError) as error:
            if number == len(lines) and _is_cut_off(text):
                break
            raise ValueError(
                f"{path}, line {number} is damaged ({error}): {text[:80]!r}. Delete "
                "that line."
            ) from error
        metrics.append(line)
    return metrics


def _as_text(line: dict[str, Any]) -> str:
    return json.dumps(line | {_CHECKSUM: _checksum(line)}) + "\n"


def _checksum(line: dict[str, Any]) -> str:
    return files.digest({k: v for k, v in line.items() if k != _CHECKSUM})[:8]


def _is_cut_off(text: str) -> bool:
    """Whether a last line is the beginning of one: neither an object nor its end."""
    try:
        json.JSONDecoder().raw_decode(text)
    except ValueError:
        return not text.endswith("\n")
    return False


def _path(workdir: str) -> str:
    return os.path.join(workdir, "metrics.jsonl")


class _Silence:
    """Shows nothing."""

    def __init__(self, stage: str, num_steps: int, first_step: int):
        pass

    def show(self, step: int, shown: dict[str, str]) -> None:
        pass

    def close(self) -> None:
        pass


class _Bar:
    """A bar that is drawn over and over."""

    def __init__(self, stage: str, num_steps: int, first_step: int):
        self._bar = tqdm(
            desc=stage,
            total=num_steps,
            initial=first_step,
            unit="step",
            file=sys.stderr,
        )

    def show(self, step: int, shown: dict[str, str]) -> None:
        self._bar.set_postfix(shown, refresh=False)
        self._bar.update(step - self._bar.n)

    def close(self) -> None:
        self._bar.close()


class _Lines:
    """Whole lines, for log files; seldom."""

    def __init__(self, stage: str, num_steps: int, first_step: int):
        self._stage, self._num_steps = stage, num_steps
        # The last line: its step and when it was; before the first line, the start.
        self._step, self._time = first_step, time.monotonic()

    def show(self, step: int, shown: dict[str, str]) -> None:
        now = time.monotonic()
        seconds = now - self._time
        if seconds < _PLAIN_EVERY and step < self._num_steps:
            return
        rate = (step - self._step) / max(seconds, 1e-9)
        words = [f"{self._stage} {step}/{self._num_steps}", f"{rate:.1f} steps/s"]
        if rate > 0:
            left = tqdm.format_interval((self._num_steps - step) / rate)
            words.append(f"{left} left")
        words += [f"{name} {value}" for name, value in shown.items()]
        print(", ".join(words), file=sys.stderr, flush=True)
        self._step, self._time = step, now

    def close(self) -> None:
        pass
