"""The writer: exact lines, nothing twice after a resume, readable after a kill."""

import hashlib
import io
import json
import os
import signal
import subprocess
import sys
import types

import jax.numpy as jnp
import numpy as np
import pytest
from PIL import Image
from tensorboardX.proto.event_pb2 import Event
from tensorboardX.record_writer import masked_crc32c

from tests import tiny
from tsgen_jax.runs import metrics as writer
from tsgen_jax.runs.metrics import Writer, read_metrics


def _lines(tmp_path) -> list[str]:
    return (tmp_path / "metrics.jsonl").read_text().splitlines()


def _events(directory) -> list[Event]:
    """TensorBoard events, by the TFRecord format: length, crc, bytes, crc."""
    events = []
    for path in sorted(directory.iterdir()):
        data = path.read_bytes()
        while data:
            length = int.from_bytes(data[:8], "little")
            assert int.from_bytes(data[8:12], "little") == masked_crc32c(data[:8])
            events.append(Event.FromString(data[12 : 12 + length]))
            data = data[16 + length :]
    return events


def test_one_exact_line_per_write(tmp_path):
    values = {"loss": 0.1 + 0.2, "acc": np.float32(0.1), "step_size": jnp.float32(1e-7)}
    with Writer(str(tmp_path), "prior", 10, 0) as reports:
        reports.write(5, "train", values)
        # Flushed: a reader sees it while the run goes on.
        assert read_metrics(str(tmp_path)) == [
            {
                "stage": "prior",
                "step": 5,
                "train/loss": 0.1 + 0.2,
                "train/acc": float(np.float32(0.1)),
                "train/step_size": float(np.float32(1e-7)),
            }
        ]
        reports.write(10, "test", {"nll": 2})
    text, _, checksum = _lines(tmp_path)[1].partition(', "checksum": "')
    assert text == '{"stage": "prior", "step": 10, "test/nll": 2.0'
    judge = '{"stage":"prior","step":10,"test/nll":2.0}'
    assert checksum == hashlib.sha256(judge.encode()).hexdigest()[:8] + '"}'


def test_a_flipped_bit_is_noticed_or_changes_no_value(tmp_path):
    with Writer(str(tmp_path), "prior", 10, 0) as reports:
        for step in (5, 10):
            reports.write(step, "train", {"loss": 1 / step})
    path, judge = tmp_path / "metrics.jsonl", read_metrics(str(tmp_path))
    text = path.read_bytes()
    assert judge[1] == {"stage": "prior", "step": 10, "train/loss": 0.1}
    for number in range(8 * len(text)):
        flipped = bytearray(text)
        flipped[number // 8] ^= 1 << number % 8
        path.write_bytes(flipped)
        try:
            found = read_metrics(str(tmp_path))
        except ValueError as error:
            assert f"{path}, line " in str(error)  # noqa: PT017
        else:  # White space, or the name of a checksum.
            assert [
                {k: f[k] for k in j} for f, j in zip(found, judge, strict=True)
            ] == (judge)


def test_what_is_not_finite_is_null(tmp_path):
    bad = {"a": float("nan"), "b": jnp.inf, "c": -np.inf, "d": 1.0}
    with Writer(str(tmp_path), "prior", 10, 0) as reports:
        reports.write(1, "train", bad)

    def refuse(word):
        raise AssertionError(f"{word} is no JSON")

    line = json.loads(_lines(tmp_path)[0], parse_constant=refuse)
    assert [line[f"train/{name}"] for name in "abcd"] == [None, None, None, 1.0]


def test_a_vector_is_no_metric(tmp_path):
    with Writer(str(tmp_path), "prior", 10, 0) as reports:
        with pytest.raises(ValueError, match="'loss' is no scalar"):
            reports.write(1, "train", {"loss": np.zeros(3)})
    assert _lines(tmp_path) == []


def test_resume_drops_only_what_comes_again(tmp_path):
    with Writer(str(tmp_path), "tokenizer", 30, 0) as reports:
        reports.write(30, "train", {"loss": 1.0})
    with Writer(str(tmp_path), "prior", 30, 0) as reports:
        for step in (10, 20, 30):
            reports.write(step, "train", {"loss": step / 7})
            reports.write(step, "test", {"loss": step / 3})
    whole = _lines(tmp_path)
    with open(tmp_path / "metrics.jsonl", "a") as file:
        file.write('{"stage": "prior", "step": 40, "trai')  # Killed here.
    assert len(read_metrics(str(tmp_path))) == 7
    with Writer(str(tmp_path), "prior", 30, 20) as reports:
        assert _lines(tmp_path) == whole[:5]
        reports.write(30, "train", {"loss": 30 / 7})
        reports.write(30, "test", {"loss": 30 / 3})
    assert _lines(tmp_path) == whole
    with Writer(str(tmp_path), "prior", 30, 0):
        assert _lines(tmp_path) == whole[:1]


def test_tensorboard(tmp_path):
    with Writer(str(tmp_path), "prior", 30, 20) as reports:
        reports.write(30, "train", {"loss": 0.5})
    events = _events(tmp_path / "tensorboard" / "prior")
    scalars = [
        (event.step, value.tag, value.simple_value)
        for event in events
        for value in event.summary.value
    ]
    assert scalars == [(30, "train/loss", 0.5)]
    started = [event.step for event in events if event.HasField("session_log")]
    assert started == [21]  # TensorBoard hides this step and those after it.


def test_a_damaged_line_in_the_middle_is_an_error(tmp_path):
    path = tmp_path / "metrics.jsonl"
    for bad in ('{"stage": "p', "3", '{"step": 1}'):
        path.write_text(f'{{"stage": "p", "step": 1}}\n{bad}\n')
        with pytest.raises(ValueError, match=r"metrics\.jsonl, line 2 is damaged"):
            read_metrics(str(tmp_path))
    path.write_bytes(b'{"stage": "p", "step": 1}\n\xff\x00')  # Torn in a letter.
    assert read_metrics(str(tmp_path)) == [{"stage": "p", "step": 1}]
    path.write_text('{"stage": "p", "step": 1}')  # Whole but for its line end.
    with Writer(str(tmp_path), "p", 9, 1) as reports:
        reports.write(2, "train", {})
    assert len(read_metrics(str(tmp_path))) == 2
    assert read_metrics(str(tmp_path / "nowhere")) == []


_WRITE_FOR_EVER = """
import sys
from tsgen_jax.runs.metrics import Writer
reports = Writer(sys.argv[1], "prior", 10**9, 0)
for step in range(1, 10**9):
    reports.write(step, "train", {"loss": step / 7})
    if step == 100:
        print("go", flush=True)
"""


def test_kill_while_writing(tmp_path):
    process = subprocess.Popen(
        [sys.executable, "-c", _WRITE_FOR_EVER, str(tmp_path)], stdout=subprocess.PIPE
    )
    process.stdout.readline()
    process.send_signal(signal.SIGKILL)
    process.communicate()
    metrics = read_metrics(str(tmp_path))
    assert len(metrics) >= 100
    for step, line in enumerate(metrics, start=1):
        assert line == {"stage": "prior", "step": step, "train/loss": step / 7}
    with Writer(str(tmp_path), "prior", 10, 50):
        assert len(_lines(tmp_path)) == 50


def test_plain_lines_of_progress(tmp_path, capsys, monkeypatch):
    clock = iter([100.0, 101.0, 111.0, 112.0, 115.0])
    time = types.SimpleNamespace(monotonic=lambda: next(clock))
    monkeypatch.setattr(writer, "time", time)
    with Writer(str(tmp_path), "prior", 130, 20) as reports:
        reports.progress(30, {"loss": 0.5})  # 1 s after the start: no line.
        reports.progress(42, {"loss": 0.123456})  # 11 s and 22 steps.
        reports.progress(60, {"loss": 0.1})  # 1 s after the last line: none.
        reports.progress(130, {"loss": 0.1})  # The end is always shown; 4 s, 88 steps.
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.splitlines() == [
        "prior 42/130, 2.0 steps/s, 00:44 left, loss 0.1235",
        "prior 130/130, 22.0 steps/s, 00:00 left, loss 0.1",
    ]


class _Terminal(io.StringIO):
    def isatty(self):
        return True


def test_bar_on_a_terminal(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "stderr", _Terminal())
    with Writer(str(tmp_path), "prior", 100, 20) as reports:
        reports.progress(50, {"loss": 0.25})
        reports.progress(100, {"loss": 0.125})
    last = sys.stderr.getvalue().rstrip("\n").split("\r")[-1]
    assert "prior: 100%" in last
    assert "100/100" in last
    assert "loss=0.125" in last


def test_quiet(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("TSGEN_QUIET", "1")
    with Writer(str(tmp_path), "prior", 100, 0) as reports:
        reports.progress(100, {"loss": 0.25})
    shown = capsys.readouterr()
    assert (shown.out, shown.err) == ("", "")
    assert os.listdir(tmp_path / "tensorboard") == ["prior"]


def test_the_config_and_every_figure_in_tensorboard(tmp_path):
    figures = tmp_path / "figures"
    figures.mkdir()
    Image.fromarray(np.full((5, 7, 3), 200, np.uint8)).save(figures / "samples.png")
    for _ in range(2):  # Written anew, not twice.
        writer.write_overview(str(tmp_path), tiny.make_config(), str(figures))
    events = _events(tmp_path / "tensorboard" / "run")
    values = {v.tag: v for event in events for v in event.summary.value}
    assert set(values) == {"config/text_summary", "samples"}
    assert (values["samples"].image.height, values["samples"].image.width) == (5, 7)
    assert b'"hop": 2' in values["config/text_summary"].tensor.string_val[0]
    assert len(events) == 3  # The version of the file, and the two.
