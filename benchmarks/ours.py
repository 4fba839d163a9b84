"""Our side of the benchmark: the programs that `tsgen_jax` runs, ready to be timed."""

import math
import time

import jax
import jax.numpy as jnp
import jaxlib
import numpy as np
from ml_collections import ConfigDict

from benchmarks import ours_check, shapes
from benchmarks.work import Work
from tsgen_jax import generators, recipe
from tsgen_jax.data import synthetic
from tsgen_jax.data.dataset import from_raw
from tsgen_jax.data.info import DataInfo
from tsgen_jax.generators.token_programs import Programs
from tsgen_jax.generators.tokens import TokenGenerator
from tsgen_jax.models import vqvae
from tsgen_jax.models.coder import Coder
from tsgen_jax.nn.quantizers import ema
from tsgen_jax.recipe import Part, Stage
from tsgen_jax.runtime import allocator, compilation_cache, sharding
from tsgen_jax.sampling import guidance, residual
from tsgen_jax.stages import masked_prior as prior_task
from tsgen_jax.stages import tokenizer as tokenizer_task
from tsgen_jax.training import loop, optim
from tsgen_jax.types import Batch, PyTree

_PEAK_SIZES = {"cpu": 2048}  # Of the square matrices; elsewhere:
_PEAK_SIZE = 8192
_PEAK_REPEATS = 10
check = ours_check.check


def set_up(job: dict, threads: int) -> None:
    """The same as a run does before it compiles."""
    del job, threads  # XLA takes the cores that the process may use.
    allocator.keep_freed_memory()
    compilation_cache.enable()


def facts() -> dict:
    """Versions and device."""
    versions = {"jax": jax.__version__, "jaxlib": jaxlib.__version__}
    return {**versions, "device": jax.devices()[0].device_kind}


def device_peak_mib() -> float | None:
    """Peak of the device's own memory; None on the CPU."""
    stats = jax.devices()[0].memory_stats()
    return stats["peak_bytes_in_use"] / 2**20 if stats else None


def matmul_peak() -> float:
    """Operations per second of the fastest of some large float32 products."""
    size = _PEAK_SIZES.get(jax.default_backend(), _PEAK_SIZE)
    a = jax.random.normal(jax.random.key(0), (size, size))
    product = jax.jit(jnp.matmul)
    product(a, a).block_until_ready()
    best = 0.0
    for _ in range(_PEAK_REPEATS):
        started = time.perf_counter()
        product(a, a).block_until_ready()
        best = max(best, 2 * size**3 / (time.perf_counter() - started))
    return best


def count_operations(function, *args) -> float | None:
    """XLA's count of floating-point operations of `function(*args)`, loops once.

    Counted before XLA rewrites the program, so it does not depend on the device's
    libraries; and for the CPU, because jax 0.11 counts none for a GPU. None where jax
    has no CPU (JAX_PLATFORMS names others alone).
    """
    try:
        cpu = jax.local_devices(backend="cpu")[0]
    except RuntimeError:
        return None
    shapes = jax.tree.map(lambda a: jax.ShapeDtypeStruct(a.shape, a.dtype), args)
    with jax.default_device(cpu):
        cost = jax.jit(function).lower(*shapes).cost_analysis()
    cost = cost[0] if isinstance(cost, list) else cost
    return None if cost is None else float(cost["flops"])


def _training(
    lesson: tuple[Stage, Batch, dict],
    settings: ConfigDict,
    per_unit: int,
    weights: str,
) -> Work:
    """The loop's program; a unit is `per_unit` steps, all units in one dispatch."""
    stage, rows, given = lesson
    mesh = sharding.make_mesh(settings.batch_size, 0)
    place = sharding.replicated(mesh)
    optimizer = optim.from_settings(settings)
    key, data = jax.device_put((jax.random.key(0), rows), place)
    batch = jax.tree.map(lambda a: a[: settings.batch_size], data)

    def init(key, batch):
        params, model_state = stage.init(key, batch, given)
        step = jnp.zeros((), jnp.int32)
        return loop.TrainState(step, params, model_state, optimizer.init(params))

    state = jax.jit(init, out_shardings=place)(key, batch)
    if weights:
        tree = {"params": state.params, "state": state.model_state}
        ours_check.save(weights, {stage.name: tree})
    step = loop.make_train_step(stage.loss_fn, optimizer)
    operations = count_operations(step, state, batch, key)
    program = loop.make_run_steps(step, settings.batch_size, mesh)
    program = jax.jit(program, donate_argnums=0)
    started = time.perf_counter()
    program = program.lower(state, data, key, 1).compile()
    compiling = time.perf_counter() - started

    def run(units):
        nonlocal state
        state, means, last = program(state, data, key, per_unit * units)
        loss = float(means["loss"])
        if not math.isfinite(loss):
            raise FloatingPointError(f"step {int(last['step'])}: loss {loss}")

    for _ in range(2):  # One step each, also of an epoch: the same program.
        state, *_ = jax.block_until_ready(program(state, data, key, 1))
    seen = {"devices": mesh.size, "steps": per_unit, "compile_seconds": compiling}
    counted = None if operations is None else per_unit * operations
    return Work(run, counted, seen)


def _settings(config: ConfigDict, stage: str, num: int) -> ConfigDict:
    settings = config.train[stage].copy_and_resolve_references()
    settings.batch_size = min(settings.batch_size, num)
    return settings


def _tokenizer_lesson(config: ConfigDict, shape: shapes.Shape):
    x = shapes.make_series(shape)
    settings = _settings(config, "tokenizer", shape.num)
    model = tokenizer_task.make_model(config, shape.length, shape.channels)
    return (tokenizer_task.make_stage(config, model), {"x": x}, {}), settings


def _tokenizer_work(job: dict, config: ConfigDict, shape: shapes.Shape) -> Work:
    """Steps, or with kind 'epoch' all full batches of the data set."""
    lesson, settings = _tokenizer_lesson(config, shape)
    epoch = job["kind"] == "epoch"
    per_unit = shape.num // settings.batch_size if epoch else 1
    return _training(lesson, settings, per_unit, job["weights"])


def _prior_lesson(config: ConfigDict, shape: shapes.Shape, codebook):
    model = tokenizer_task.make_model(config, shape.length, shape.channels)
    num_tokens = math.prod(model.map_shape)
    prior = prior_task.make_model(config, num_tokens, shape.classes)
    data = shapes.make_tokens(shape, num_tokens, config.quantizer.num_codes)
    given = {"tokenizer": {"codebook": codebook}}
    return prior, (prior_task.make_stage(config, prior, model), data, given)


def _prior_work(job: dict, config: ConfigDict, shape: shapes.Shape) -> Work:
    size = config.quantizer.num_codes, config.tokenizer.width
    codebook = ema.init_normal(jax.random.key(1), *size)
    _, lesson = _prior_lesson(config, shape, codebook)
    settings = _settings(config, "prior", shape.num)
    return _training(lesson, settings, 1, job["weights"])


def _fresh(lesson: tuple[Stage, Batch, dict], size: int) -> tuple[PyTree, PyTree]:
    stage, rows, given = lesson
    batch = jax.tree.map(lambda a: a[:size], rows)
    return jax.jit(stage.init)(jax.random.key(0), batch, given)


def _decode_work(job: dict, config: ConfigDict, shape: shapes.Shape) -> Work:
    """`TokenGenerator`, as a run uses it, to series in host memory."""
    first, settings = _tokenizer_lesson(config, shape)
    params, state = _fresh(first, settings.batch_size)
    prior, second = _prior_lesson(config, shape, state["codebook"])
    prior_params, prior_state = _fresh(second, settings.batch_size)
    if job["weights"]:
        tree = {"tokenizer": {"params": params, "state": state}}
        tree["prior"] = {"params": prior_params, "state": prior_state}
        ours_check.save(job["weights"], tree)
    weights = first[0].export(params, state)
    prior_weights = second[0].export(prior_params, prior_state)
    model = tokenizer_task.make_model(config, shape.length, shape.channels)
    info = _info(shape)
    coder = Coder({"": model})
    programs = Programs(coder, {"": prior}, info, config.sample, config.inpaint)
    left_out = residual.none(shape.length, shape.channels, shape.classes)
    trained = {"tokenizer": weights, "prior": prior_weights, "residual": left_out}
    generator = TokenGenerator(programs, trained, 0.0)
    label = np.arange(config.sample.num_samples, dtype=np.int32) % shape.classes

    def run(units):
        for unit in range(units):
            tokens = generator.sample_tokens(jax.random.key(unit), label)[-1]
            generator.decode(tokens)

    run(1)
    tokens = np.zeros((len(label), prior.num_tokens), np.int32)
    logits_fn = guidance.guide(
        prior_task.make_logits_fn(prior, prior_weights),
        label,
        shape.classes,
        config.sample.guidance_scale,
    )
    a_round = count_operations(logits_fn, tokens)
    operations = count_operations(
        lambda tokens: vqvae.detokenize(model, weights, tokens), tokens
    )
    if operations is not None:
        operations += config.sample.num_decode_steps * a_round
    return Work(run, operations, {"series": len(label)})


def _info(shape: shapes.Shape) -> DataInfo:
    raw = synthetic.make_shapes(
        seed=0,
        num_series=8 * shape.classes,
        length=shape.length,
        num_channels=shape.channels,
        num_classes=shape.classes,
    )
    return DataInfo.of(from_raw(raw, "archive", 0.2, 0.25, 0, "error"))


def _stages_work(names: list[str], config: ConfigDict, shape: shapes.Shape) -> Work:
    """Steps of some stages of a recipe, one stage after the other in a unit.

    Stages before them are there with their first weights.
    """
    part = Part(
        shapes.make_series(shape), np.arange(shape.num) % shape.classes, observed=None
    )
    works, weights = [], {}
    for stage in generators.make_recipe(config, _info(shape)).stages:
        if len(works) == len(names):
            break
        given = recipe.given_to(stage, weights)
        rows = stage.rows(part, given, True)
        settings = _settings(config, stage.name, shape.num)
        lesson = stage, rows, given
        weights[stage.name] = stage.export(*_fresh(lesson, settings.batch_size))
        if stage.name in names:
            works.append(_training(lesson, settings, 1, ""))

    def run(units):
        for work in works:
            work.run(units)

    return Work(run, sum(work.operations for work in works), works[0].facts)


_KINDS = {
    "tokenizer_step": _tokenizer_work,
    "epoch": _tokenizer_work,
    "prior_step": _prior_work,
    "decode": _decode_work,
}


def prepare(job: dict) -> Work:
    """A case made ready and warmed up; `job` as `benchmarks.benchmark` writes it."""
    config, shape = ConfigDict(job["config"]), shapes.Shape(**job["shape"])
    if job.get("stages"):
        return _stages_work(job["stages"], config, shape)
    return _KINDS[job["kind"]](job, config, shape)
