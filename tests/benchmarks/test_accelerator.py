"""The accelerator's check, on the CPU at tiny shapes."""

import json
import sys
import time

import numpy as np
import pytest

from benchmarks import accelerator, accelerator_parts, shapes
from benchmarks import accelerator_turns as turns

_SMALL = {
    "tokenizer.width": 8,
    "tokenizer.num_res_blocks": 1,
    "quantizer.num_codes": 8,
    "prior.width": 16,
    "prior.num_layers": 1,
    "prior.head_width": 8,
    "sample.num_decode_steps": 2,
    "sample.num_samples": 40,
    "train.tokenizer.batch_size": 8,
    "train.prior.batch_size": 8,
}
_TINY = shapes.Shape(16, 32, 1, 2)


@pytest.mark.slow
def test_a_stage_is_measured():
    found = accelerator_parts.train("prior", "float32", _TINY, 0.05, _SMALL)
    steps = found["steps_per_second"]
    assert steps > 0
    assert found["series_per_second"] == pytest.approx(8 * steps)
    num_tokens = found["tokens_per_second"] / found["series_per_second"]
    assert num_tokens == pytest.approx(round(num_tokens))
    assert found["tflops"] == pytest.approx(found["gflop_per_step"] * steps / 1e3)
    assert 0 < found["share_of_peak"] < 1
    assert found["memory_mib"] is None  # The CPU does not tell.


@pytest.mark.slow
class _Steps:
    """Training whose steps take so many seconds of a clock."""

    def __init__(self, monkeypatch, seconds: float):
        self.now, self.seconds = 0.0, seconds
        monkeypatch.setattr(accelerator_parts.time, "perf_counter", lambda: self.now)

    def run(self, count: int):
        self.now += count * self.seconds
        return np.ones(1)


@pytest.mark.parametrize("exponent", np.arange(-7, 1.5, 0.25))
def test_a_rate_is_found_at_every_speed(monkeypatch, exponent):
    training = _Steps(monkeypatch, 10.0**exponent)
    assert accelerator_parts._rate(training, 4.0) == pytest.approx(10.0**-exponent)
    assert training.now < max(12.0, 3 * training.seconds)  # Not for ever.


def test_seeds_in_one_program_are_measured_against_one():
    found = accelerator_parts.seeds("prior", 2, _TINY, 0.05, _SMALL)
    ratio = found["steps_per_second_one"] / found["steps_per_second_each"]
    assert found["times_as_long"] == pytest.approx(ratio)


@pytest.mark.slow
def test_decoding_is_measured():
    found = accelerator_parts.decode("float32", _TINY, 0.05, _SMALL)
    assert found["series"] == 40
    assert found["series_per_second"] == pytest.approx(40 / found["seconds"])


def _fake(words):
    """What a part's process is, in place of a part: prints what it is told."""

    def command(part, args):
        said = words[part.name, part.platform]
        code = "print('a log line'); print('compiled', flush=True); input()\n"
        code += f"print({json.dumps(said)!r})"
        return [sys.executable, "-c", code]

    return command


def test_both_files_are_written_and_losses_compared(tmp_path, monkeypatch):
    losses = {"tokenizer": [1.0, 0.5], "prior": [2.0, 1.5]}
    near = {"tokenizer": [1.001, 0.5], "prior": [2.0, 1.5]}
    stage = {"device": "NVIDIA X 1", "steps_per_second": 12.0}
    words = {
        ("losses", ""): near | stage,
        ("losses", "cpu"): losses,
        ("stage1", ""): stage,
    }
    monkeypatch.setattr(accelerator.Part, "command", _fake(words))
    accelerator.main(["--parts=stage1,losses", f"--out={tmp_path}"])
    found = json.loads((tmp_path / "accelerator-nvidia-x-1.json").read_text())
    assert found["parts"]["losses"]["differences"]["tokenizer"] == pytest.approx(1e-3)
    text = (tmp_path / "accelerator-nvidia-x-1.md").read_text()
    assert "| `stage1` | 12 |" in text
    assert "agree with the CPU's" in text


@pytest.mark.slow
def test_losses_are_those_of_the_first_steps():
    found = accelerator_parts.losses(_TINY, 0, _SMALL, ("prior",))["prior"]
    assert len(set(found)) == len(found) == 10
    config = accelerator_parts._config("float32", _SMALL)
    together = accelerator_parts._Training("prior", config, _TINY, 1, warm=False)
    assert float(together.run(10)) == pytest.approx(found[-1], rel=1e-6)


@pytest.mark.slow
def test_the_whole_on_this_machine(tmp_path):
    words = ["--shape=16,32,1,2", f"--set={json.dumps(_SMALL)}", "--seconds=0.1"]
    accelerator.main([*words, f"--out={tmp_path}", "--minutes=8"])
    (path,) = tmp_path.glob("accelerator-*.json")
    parts = json.loads(path.read_text())["parts"]
    assert set(parts) == set(accelerator_parts.PARTS)
    assert not [name for name, part in parts.items() if "not_measured" in part]
    assert parts["losses"]["agrees"]
    assert max(parts["losses"]["differences"].values()) < 1e-5  # The same device.


def _part(monkeypatch, code):
    command = [sys.executable, "-c", code]
    monkeypatch.setattr(accelerator.Part, "command", lambda part, args: command)
    return accelerator.Part("stage1", accelerator.parse([]))


def test_a_part_that_fails_or_has_no_time_says_so(tmp_path, monkeypatch):
    part = _part(monkeypatch, "import sys; sys.exit('out of memory')")
    assert part.result(60)["not_measured"] == "exit code 1: out of memory"
    slow = _part(monkeypatch, "import time; time.sleep(60)")
    assert not slow.is_ready()
    no_time = "no time was left for compiling; last: no word"
    assert slow.result(0)["not_measured"] == no_time
    accelerator.main([f"--out={tmp_path}", "--minutes=0", "--parts=stage1,stage2"])
    text = (tmp_path / "accelerator-unknown.md").read_text()
    assert "`stage1`: not measured: no time was left" in text


def test_parts_are_timed_one_by_one_and_late_ones_stand_still(tmp_path, monkeypatch):
    """Each notes the seconds in which it is timed, and beats while it compiles."""
    log = tmp_path / "log"
    code = """
import sys, time
name, wait, log = sys.argv[1], float(sys.argv[2]), sys.argv[3]
def say(what):
    with open(log, "a") as file:
        file.write(f"{name} {what} {time.monotonic()}\\n")
while wait > 0:
    time.sleep(0.02); wait -= 0.02; say("compiles")
print("compiled", flush=True); input()
say("begins"); time.sleep(0.3); say("ends")
print('{"x": 1}')
"""

    def command(part, args):
        compiling = {"a": "0.1", "b": "0.1", "late": "1.2"}[part.name]
        return [sys.executable, "-c", code, part.name, compiling, str(log)]

    monkeypatch.setattr(turns.Part, "command", command)
    monkeypatch.setattr(turns, "_COMPILING", 0.02)
    found, started = {}, time.monotonic()
    parts = [turns.Part(name, None) for name in ("late", "a", "b")]
    turns.measure(
        parts,
        lambda: 30 - (time.monotonic() - started),
        lambda part, one: found.update({part.name: one}),
    )
    assert found == dict.fromkeys(("a", "b", "late"), {"x": 1})
    rows = [line.split() for line in log.read_text().splitlines()]
    at = {(name, what): float(when) for name, what, when in rows}
    spans = sorted((at[n, "begins"], at[n, "ends"]) for n in found)
    assert all(a[1] <= b[0] for a, b in zip(spans[:-1], spans[1:], strict=True))
    beats = [float(when) for _, what, when in rows if what == "compiles"]
    for first, last in spans:  # One may have been on its way when it was stopped.
        assert sum(first + 0.05 < when < last for when in beats) == 0


def test_a_timing_that_hangs_leaves_time_for_the_others(monkeypatch):
    code = """
import sys, time
print("compiled", flush=True); input()
if sys.argv[1] == "hangs":
    print("8 steps", file=sys.stderr, flush=True); time.sleep(60)
print('{"x": 1}')
"""
    monkeypatch.setattr(
        turns.Part, "command", lambda part, _: [sys.executable, "-c", code, part.name]
    )
    found, started = {}, time.monotonic()
    turns.measure(
        [turns.Part(name, None) for name in ("hangs", "good")],
        lambda: 30 - (time.monotonic() - started),
        lambda part, one: found.update({part.name: one}),
        most=0.5,
    )
    words = "no time was left for its timing; last: 8 steps"
    assert found == {"hangs": {"not_measured": words}, "good": {"x": 1}}


def test_losses_that_differ_are_called_so():
    cpu = {"tokenizer": [1.0, 2.0], "prior": [2.0, 2.0]}
    found = {"tokenizer": [1.0, 2.1], "prior": [2.0, 2.0]}
    part = accelerator.compare(found, cpu)
    assert part["differences"]["tokenizer"] == pytest.approx(0.05)
    assert not part["agrees"]
    assert "DIFFER from" in accelerator._of_losses(part)


def test_the_table_says_shares_and_ratios():
    parts = {
        "stage1": {"device": "X 1", "series_per_second": 10.0, "share_of_peak": 0.123},
        "stage1-bfloat16": {"device": "X 1", "series_per_second": 15.0},
    }
    head = {
        "command": "c",
        "commit": "abc",
        "date": "d",
        "shape": "forda",
        "seconds": 9,
        "xla_flags": "--xla_some=1",
    }
    text = accelerator.table({**head, "parts": parts})
    assert "--xla_some=1" in text
    assert "12.3%" in text
    assert "bfloat16 is 1.50 times as fast" in text
