"""What sweeps have in common: sets of real series, short schedules, the ten tokenizers."""

import os
import pathlib
from collections.abc import Iterator
from typing import Any

_BESIDE = pathlib.Path(__file__).resolve().parents[3] / "shared" / "data" / "ucr"
# UCR sets in TSGEN_DATA, else those beside the project; "": aeon reads or downloads them.
ROOT = os.environ.get("TSGEN_DATA", "../shared/data/ucr" if _BESIDE.is_dir() else "")
# By cost: six of the 13 sets of the thesis' runs, and six more.
BUNDLED = ("GunPoint", "ItalyPowerDemand", "ArrowHead", "OSULeaf", "ACSF1")  # By aeon.
SEEDS = (0, 1, 2)
AUGMENTATIONS = ("gauss", "slice", "warp")
METHODS = ("barlow_twins", "vibcreg")
# Less than a preset trains, for sweeps of hundreds of runs on CPUs. How far from the end
# of training that is: the arm 'twice' of the sweep `rim` trains twice as long.
SHORT = {
    "config.tokenizer.width": 32,
    "config.tokenizer.num_res_blocks": 2,
    "config.ssl.projector.hidden": 256,
    "config.ssl.projector.width": 256,
    "config.prior.width": 64,
    "config.prior.num_layers": 2,
    "config.prior.head_width": 32,
    "config.train.tokenizer.num_steps": 300,
    "config.train.tokenizer.batch_size": 64,
    "config.train.prior.num_steps": 500,
    "config.train.prior.batch_size": 64,
    "config.judge.widths": (64, 128, 64),  # CAS trains it twice in every run.
    # Nothing that no question asks for.
    "config.evaluation.scores": "fidelity+usefulness+representation",
    "config.evaluation.num_draws": 10,
    "config.sample.residual_scales": (0.0,),
}


def data(name: str) -> dict[str, Any]:
    """Values that name a set."""
    root = "" if name in BUNDLED else ROOT
    return {"config.data.name": name, "config.data.root": root}


def tokenizers() -> Iterator[tuple[str, dict[str, Any]]]:
    """The ten: none, and {control, barlow_twins, vibcreg} x {gauss, slice, warp}.

    The control reconstructs the augmented view as well, without a self-supervised loss.
    """
    yield "none", {"config": "vqvae"}
    for method in ("control", *METHODS):
        for names in AUGMENTATIONS:
            yield f"{method}-{names}", tokenizer(method, names)


def tokenizer(method: str, augmentation: str) -> dict[str, Any]:
    """Values of a tokenizer with a second view."""
    preset = "none" if method == "control" else method
    return {"config": f"ssl_vqvae:{preset}", "config.augment.names": augmentation}
