"""What `benchmarks/accelerator.py` measures, each part in a process of its own.

  python -m benchmarks.accelerator_parts PART SHAPE SECONDS OVERRIDES [wait]

prints one line of JSON. OVERRIDES: values of the config by dotted key, as JSON. Steps
are those of `training.programs`, the loop's own; decoding is a generator's `sample`.
'wait': once its programs are compiled a part prints `READY` and waits for a line, so
that several can compile at once and each is timed alone.
"""

import json
import math
import sys
import time

import jax
import jax.numpy as jnp
import numpy as np
from ml_collections import ConfigDict

from benchmarks import ours, shapes
from benchmarks.accelerator_turns import READY
from tsgen_jax.configs import vqvae
from tsgen_jax.nn import conv
from tsgen_jax.runtime import allocator, compilation_cache, sharding
from tsgen_jax.training import step as steps
from tsgen_jax.training.programs import Programs
from tsgen_jax.training.progress import Run

_NUM_DECODED = 10_000
_PARITY_STEPS = 10
_PEAK_SIZE = 8192
_REPEATS = 10
_MOST_STEPS = 2**17  # Of one timing, however fast they are.


def _matmul_peak(dtype: str) -> float:
    """Operations per second of a large product; float32 in XLA's default precision."""
    size = 1024 if jax.default_backend() == "cpu" else _PEAK_SIZE
    a = jax.random.normal(jax.random.key(0), (size, size), dtype=jnp.dtype(dtype))
    product = jax.jit(jnp.matmul)
    product(a, a).block_until_ready()
    best = math.inf
    for _ in range(_REPEATS):
        started = time.perf_counter()
        product(a, a).block_until_ready()
        best = min(best, time.perf_counter() - started)
    return 2 * size**3 / best


def _memory_mib() -> float | None:
    """Peak of the device's memory in this process; None on the CPU."""
    return ours.device_peak_mib()


def _config(precision: str, overrides: dict) -> ConfigDict:
    config = vqvae.get_config()
    config.precision = precision
    config.update_from_flattened_dict(overrides)
    return config


class _Training:
    """The loop's program of a stage, for so many seeds; compiled when it is made."""

    def __init__(
        self,
        stage: str,
        config: ConfigDict,
        shape: shapes.Shape,
        seeds: int,
        warm: bool = True,
    ):
        lesson, self.settings = ours._tokenizer_lesson(config, shape)
        self.tokens = 0
        if stage == "prior":
            size = config.quantizer.num_codes, config.tokenizer.width
            codebook = ours.ema.init_normal(jax.random.key(1), *size)
            prior, lesson = ours._prior_lesson(config, shape, codebook)
            self.settings = ours._settings(config, "prior", shape.num)
            self.tokens = prior.num_tokens
        self.stage, rows, given = lesson
        self.seeds, self.rows = seeds, rows
        runs = [
            Run(self.stage, rows, None, given, jax.random.key(seed), "", f"seed {seed}")
            for seed in range(seeds)
        ]
        mesh = sharding.make_mesh(self.settings.batch_size, 1, seeds)
        self.programs = Programs(runs, self.settings, mesh)
        self.compile_seconds = self.programs.compile_seconds
        states = [self.programs.init(seed)["train"] for seed in range(seeds)]
        self.state = self.programs.join(states)
        for _ in range(2 if warm else 0):
            self.run(1)

    def run(self, num_steps: int) -> np.ndarray:
        """So many steps of every seed; the last losses."""
        counts = self.programs.counts([num_steps] * self.seeds)
        self.state, _, last = self.programs.run_steps(
            self.state, self.programs.data, self.programs.key, counts
        )
        return np.asarray(last["loss"])

    def operations(self) -> float | None:
        """Of one step of one seed; None where they cannot be counted."""
        state = self.programs.part(self.state, 0)
        batch = jax.tree.map(lambda a: a[: self.settings.batch_size], self.rows)
        step = steps.make_train_step(self.stage.loss_fn, self.programs._optimizer)
        return ours.count_operations(step, state, batch, jax.random.key(0))


def _turn() -> None:
    """Says that all is compiled, and waits to be told to go on, where 'wait' is given."""
    if sys.argv[5:] == ["wait"]:
        print(READY, flush=True)
        sys.stdin.readline()


def _rate(training: _Training, seconds: float) -> float:
    """Steps per second of each seed, over half of so many seconds at least."""
    count = 2
    while True:
        started = time.perf_counter()
        losses = training.run(count)
        took = time.perf_counter() - started
        if not np.isfinite(losses).all():
            raise FloatingPointError(f"the loss is {losses} after {count} steps")
        if took >= seconds / 2 or count == _MOST_STEPS:
            print(f"{count} steps took {took:.2f} s", file=sys.stderr, flush=True)
            return count / took
        count = min(2 * count, _MOST_STEPS)


def train(stage: str, precision: str, shape, seconds: float, overrides: dict) -> dict:
    """Steps per second, share of peak, tokens per second, memory, compile time."""
    config = _config(precision, overrides)
    training = _Training(stage, config, shape, 1)
    _turn()
    rate = _rate(training, seconds)
    memory = _memory_mib()
    operations = training.operations()
    peak = _matmul_peak(precision)
    batch = training.settings.batch_size
    found = {
        "batch": batch,
        "steps_per_second": rate,
        "series_per_second": rate * batch,
        "peak_tflops": peak / 1e12,
        "compile_seconds": training.compile_seconds,
        "memory_mib": memory,
    }
    if operations is not None:
        found["gflop_per_step"] = operations / 1e9
        found["tflops"] = operations * rate / 1e12
        found["share_of_peak"] = operations * rate / peak
    if training.tokens:
        found["tokens_per_second"] = rate * batch * training.tokens
    return found


def seeds(stage: str, count: int, shape, seconds: float, overrides: dict) -> dict:
    """How many times as long so many seeds take in one program as one does."""
    config = _config("float32", overrides)
    one = _Training(stage, config, shape, 1)
    several = _Training(stage, config, shape, count)
    _turn()
    alone = _rate(one, seconds)
    together = _rate(several, seconds)
    return {
        "seeds": count,
        "steps_per_second_one": alone,
        "steps_per_second_each": together,
        "times_as_long": alone / together,
        "compile_seconds": several.compile_seconds,
        "memory_mib": _memory_mib(),
    }


def decode(precision: str, shape, seconds: float, overrides: dict) -> dict:
    """10,000 series from random weights: tokens, series, and back in host memory."""
    del seconds
    config = _config(precision, overrides)
    config.sample.num_samples = overrides.get("sample.num_samples", _NUM_DECODED)
    job = {"kind": "decode", "config": config.to_dict(), "shape": vars(shape)}
    started = time.perf_counter()
    work = ours.prepare({**job, "weights": ""})  # Decodes once.
    first = time.perf_counter() - started
    _turn()
    started = time.perf_counter()
    work.run(1)
    took = time.perf_counter() - started
    return {
        "series": work.facts["series"],
        "seconds": took,
        "series_per_second": work.facts["series"] / took,
        "tflops": None if work.operations is None else work.operations / took / 1e12,
        "compile_seconds": first - took,
        "memory_mib": _memory_mib(),
    }


def losses(
    shape, seconds: float, overrides: dict, stages=("tokenizer", "prior")
) -> dict:
    """The losses of the first steps of both stages, one by one."""
    del seconds
    found = {}
    for stage in stages:
        training = _Training(stage, _config("float32", overrides), shape, 1, warm=False)
        found[stage] = [float(training.run(1)) for _ in range(_PARITY_STEPS)]
    return found


def _as_products(measure):
    """A part with convolutions as matrix products, the form of the CPU."""

    def measured(*args):
        conv.on_cpu = lambda: True
        return measure(*args)

    return measured


PARTS = {
    "stage1": lambda *a: train("tokenizer", "float32", *a),
    "stage2": lambda *a: train("prior", "float32", *a),
    "decode": lambda *a: decode("float32", *a),
    "stage1-bfloat16": lambda *a: train("tokenizer", "bfloat16", *a),
    "stage2-bfloat16": lambda *a: train("prior", "bfloat16", *a),
    "stage1-seeds": lambda *a: seeds("tokenizer", 4, *a),
    "stage2-seeds": lambda *a: seeds("prior", 4, *a),
    "stage1-products": _as_products(lambda *a: train("tokenizer", "float32", *a)),
    "stage1-seeds-products": _as_products(lambda *a: seeds("tokenizer", 4, *a)),
    "losses": losses,
    "decode-bfloat16": lambda *a: decode("bfloat16", *a),
}


def main(argv: list[str]) -> None:
    """Measures one part."""
    part, shape, seconds, overrides = argv[:4]
    allocator.keep_freed_memory()
    compilation_cache.enable()
    _, shape = shapes.parse(shape)
    found = PARTS[part](shape, float(seconds), json.loads(overrides))
    device = jax.devices()[0]
    about = {"platform": device.platform, "device": device.device_kind}
    print(json.dumps({**about, **ours.facts(), **found}))


if __name__ == "__main__":
    main(sys.argv[1:])
