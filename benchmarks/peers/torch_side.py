"""The PyTorch side of the benchmark: cases made ready to be timed."""

import numpy as np
import torch
from torch.utils.flop_counter import FlopCounterMode

from benchmarks import shapes
from benchmarks.peers import from_jax, numpy_augment, torch_check
from benchmarks.peers.torch_data import make_loader
from benchmarks.peers.torch_prior import decode
from benchmarks.peers.torch_stages import PriorStage, Tokenizer, Trainer
from benchmarks.work import NotMeasured, Work

_PEAK_SIZES = {"cpu": 2048, "cuda": 8192}  # Of the square matrices.
_PEAK_REPEATS = 10
check = torch_check.check


def device() -> torch.device:
    """Where this side runs."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def _wait() -> None:
    if torch.cuda.is_available():
        torch.cuda.synchronize()


def set_up(job: dict, threads: int) -> None:
    """Threads, and the precision that jax has on the same machine.

    Raises:
        NotMeasured: a GPU is asked for and this torch has none.
    """
    if job["platform"] == "gpu" and not torch.cuda.is_available():
        raise NotMeasured(f"torch {torch.__version__} sees no CUDA")
    torch.set_num_threads(threads)
    if torch.cuda.is_available():  # As jax by default: TF32 products.
        torch.set_float32_matmul_precision("high")


def facts() -> dict:
    """Versions and device."""
    name = torch.cuda.get_device_name() if torch.cuda.is_available() else "cpu"
    threads = torch.get_num_threads()
    return {"torch": torch.__version__, "device": name, "torch_threads": threads}


def device_peak_mib() -> float | None:
    """Peak of the GPU's memory in use by tensors."""
    if not torch.cuda.is_available():
        return None
    return torch.cuda.max_memory_allocated() / 2**20


def matmul_peak() -> float:
    """Operations per second of the fastest of some large float32 products."""
    import time  # Here, because all else waits in the other process.

    size = _PEAK_SIZES[device().type]
    a = torch.randn(size, size, device=device())
    best = 0.0
    for _ in range(_PEAK_REPEATS):
        _wait()
        started = time.perf_counter()
        a @ a
        _wait()
        best = max(best, 2 * size**3 / (time.perf_counter() - started))
    return best


def count_operations(run) -> float:
    """Operations of matrix products and convolutions while `run()` runs."""
    with FlopCounterMode(display=False) as counter:
        run()
    return float(counter.get_total_flops())


def _layout(module, job: dict):
    """The module on the device, in the memory format of this side."""
    tuned = job["side"] == "torch-tuned"
    form = torch.channels_last if tuned else torch.contiguous_format
    return module.to(device(), memory_format=form)


def _tokenizer(job: dict, shape: shapes.Shape) -> tuple[Tokenizer, int]:
    config = job["config"]
    batch_size = min(config["train"]["tokenizer"]["batch_size"], shape.num)
    stage = Tokenizer(config, shape.length, shape.channels, batch_size)
    if job["weights"]:
        torch_check.fill_tokenizer(stage, from_jax.read(job["weights"])["tokenizer"])
    return _layout(stage, job), batch_size


def _prior(job: dict, shape: shapes.Shape, num_tokens: int) -> PriorStage:
    config = job["config"]
    codes = torch.randn(config["quantizer"]["num_codes"], config["tokenizer"]["width"])
    stage = PriorStage(config, codes, num_tokens, shape.classes)
    if job["weights"]:
        tree = from_jax.read(job["weights"])["prior"]
        from_jax.prior(stage.prior, tree["params"], tree["state"]["codes"])
    return stage.to(device())


def _tokenizer_step(job: dict, shape: shapes.Shape) -> Work:
    """Steps on batches that lie in memory, both views ready: nothing else counts."""
    stage, batch_size = _tokenizer(job, shape)
    tuned = job["side"] == "torch-tuned"
    trainer = Trainer(stage, job["config"]["train"]["tokenizer"], fused=tuned)
    x = shapes.make_series(shape).transpose(0, 2, 1).copy()
    rng = np.random.default_rng(0)
    views = [numpy_augment.augment(rng, s, job["config"]["augment"]) for s in x]
    x, views = (torch.from_numpy(np.asarray(a)).to(device()) for a in (x, views))

    def step():
        rows = torch.randperm(len(x), device=x.device)[:batch_size]
        trainer.step(x[rows], views[rows])

    return repeated(step, warm=1)


def _epoch(job: dict, shape: shapes.Shape) -> Work:
    """Whole epochs through a DataLoader that augments on the host."""
    stage, batch_size = _tokenizer(job, shape)
    tuned = job["side"] == "torch-tuned"
    trainer = Trainer(stage, job["config"]["train"]["tokenizer"], fused=tuned)
    x = shapes.make_series(shape).transpose(0, 2, 1).copy()
    on_gpu = device().type == "cuda"
    augment, workers = job["config"]["augment"], job["workers"]
    loader = make_loader(x, augment, batch_size, workers, on_gpu)

    def epoch():
        for batch in loader:
            trainer.step(*(view.to(device(), non_blocking=True) for view in batch))

    work = repeated(epoch, warm=0)
    more = {"workers": workers, "steps": len(loader)}
    return Work(work.run, work.operations, {**work.facts, **more})


def _prior_step(job: dict, shape: shapes.Shape) -> Work:
    stage, _ = _tokenizer({**job, "weights": ""}, shape)
    num_tokens = int(np.prod(stage.model.map_shape))
    num_codes = job["config"]["quantizer"]["num_codes"]
    data = shapes.make_tokens(shape, num_tokens, num_codes)
    data = {k: torch.from_numpy(v).long().to(device()) for k, v in data.items()}
    settings = job["config"]["train"]["prior"]
    batch_size = min(settings["batch_size"], shape.num)
    prior = _prior(job, shape, num_tokens)
    trainer = Trainer(prior, settings, fused=job["side"] == "torch-tuned")

    def step():
        rows = torch.randperm(shape.num, device=device())[:batch_size]
        trainer.step(data["tokens"][rows], data["label"][rows])

    return repeated(step, warm=1)


def _decode(job: dict, shape: shapes.Shape) -> Work:
    tokenizer, _ = _tokenizer(job, shape)
    tokenizer.eval()
    rows, columns = tokenizer.model.map_shape
    prior = _prior(job, shape, rows * columns).eval().prior
    sample = job["config"]["sample"]
    label = torch.arange(sample["num_samples"], device=device()) % shape.classes

    @torch.no_grad()
    def run():
        tokens = decode(prior, label, rows * columns, sample)
        z_q = tokenizer.quantizer.codes[tokens.view(-1, rows, columns)]
        u = tokenizer.model.decode(z_q.permute(0, 3, 1, 2).contiguous())
        tokenizer.model.to_series(u).cpu()

    return repeated(run, warm=0)


def repeated(unit, warm: int) -> Work:
    """A unit as work: counted once, then run `warm` times more."""
    operations = count_operations(unit)
    for _ in range(warm):
        unit()

    def run(units):
        for _ in range(units):
            unit()
        _wait()

    _wait()
    return Work(run, operations, {})


_KINDS = {
    "tokenizer_step": _tokenizer_step,
    "prior_step": _prior_step,
    "decode": _decode,
    "epoch": _epoch,
}


def prepare(job: dict) -> Work:
    """A case made ready and warmed up; `job` as `benchmarks.benchmark` writes it."""
    return _KINDS[job["kind"]](job, shapes.Shape(**job["shape"]))
