"""The side of PyPI `timevqvae` (MIT licence): its own networks and training losses.

https://arxiv.org/abs/2303.04743, version 1.0.1 with the settings of its README: two
branches with 1024 codes each, and a prior for each. Not our architecture, so the
ratio compares products and not implementations. Its optimiser is AdamW here, too.
"""

import numpy as np
import torch

from benchmarks import shapes
from benchmarks.peers import torch_side
from benchmarks.work import NotMeasured, Work

_STAGE_1 = {
    "n_fft": 4,
    "init_dim": 4,
    "hid_dim": 128,
    "downsampled_width_l": 8,
    "downsampled_width_h": 32,
    "encoder_n_resnet_blocks": 2,
    "decoder_n_resnet_blocks": 2,
    "codebook_size_l": 1024,
    "codebook_size_h": 1024,
    "kmeans_init": True,
    "codebook_dim": 8,
}
_SHARED = {
    "ff_mult": 1,
    "use_rmsnorm": True,
    "p_unconditional": 0.2,
    "model_dropout": 0.3,
    "emb_dropout": 0.3,
}
_LOW = {"hidden_dim": 128, "n_layers": 4, "heads": 2, **_SHARED}
_HIGH = {"hidden_dim": 32, "n_layers": 1, "heads": 1, **_SHARED}
_STAGE_2 = {
    "lf_choice_temperature": 10.0,
    "hf_choice_temperature": 0.0,
    "lf_codebook_size": 1024,
    "hf_codebook_size": 1024,
    "transformer_embedding_dim": 128,
}
_LEARNING_RATE = 5e-3

set_up = torch_side.set_up
device_peak_mib = torch_side.device_peak_mib
matmul_peak = torch_side.matmul_peak


def facts() -> dict:
    """Versions and device."""
    from importlib.metadata import version

    return {**torch_side.facts(), "timevqvae": version("timevqvae")}


def _library():
    try:
        from timevqvae import maskgit, vqvae
    except ImportError as error:
        raise NotMeasured(f"timevqvae is not there ({error})") from error
    return vqvae, maskgit


def make_stage_1(channels: int, length: int):
    """Its tokenizer for series [C, L], on the device.

    Raises:
        NotMeasured: timevqvae is not installed.
    """
    vqvae, _ = _library()
    model = vqvae.VQVAE(in_channels=channels, input_length=length, **_STAGE_1)
    return model.to(torch_side.device())


def stage_1_loss(model, x: torch.Tensor) -> torch.Tensor:
    """What its tokenizer minimises on series [B, C, L]: errors and commitments."""
    out = model(x)
    loss = sum(out.recons_loss.values())
    return loss + sum(branch["loss"].sum() for branch in out.vq_losses.values())


def make_stage_2(first, num_classes: int, num_decode_steps: int, guidance_scale: float):
    """Its prior over the codes of a tokenizer, on the device."""
    _, maskgit = _library()
    prior = maskgit.MaskGIT(
        vqvae=first,
        lf_prior_model_config=maskgit.PriorModelConfig(**_LOW),
        hf_prior_model_config=maskgit.PriorModelConfig(**_HIGH),
        lf_num_sampling_steps=num_decode_steps,
        hf_num_sampling_steps=num_decode_steps,
        classifier_free_guidance_scale=guidance_scale,
        n_classes=num_classes,
        **_STAGE_2,
    )
    return prior.to(torch_side.device())


@torch.no_grad()
def draw(prior, label: torch.Tensor) -> torch.Tensor:
    """Series [n, C, L] of the classes int [n]."""
    low, high = prior.iterative_decoding(
        num_samples=len(label), class_condition=label, device=label.device
    )
    x = prior.decode_token_ind_to_timeseries(low, frequency="lf")
    return x + prior.decode_token_ind_to_timeseries(high, frequency="hf")


def _series(shape: shapes.Shape, rows: int) -> torch.Tensor:
    x = shapes.make_series(shape).transpose(0, 2, 1)[:rows].copy()
    return torch.from_numpy(x).to(torch_side.device())


def _stage_2(job: dict, shape: shapes.Shape):
    """Prior on a tokenizer whose codes have been fitted to a batch."""
    first = make_stage_1(shape.channels, shape.length)
    size = job["config"]["train"]["tokenizer"]["batch_size"]
    with torch.no_grad():
        first(_series(shape, size))
    sample = job["config"]["sample"]
    steps, scale = sample["num_decode_steps"], sample["guidance_scale"]
    return make_stage_2(first, shape.classes, steps, scale)


def _training(model, loss_of, settings: dict, data: list[torch.Tensor]) -> Work:
    """Steps on random rows of `data`."""
    model.train()
    params = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(params, lr=_LEARNING_RATE)
    batch_size = min(settings["batch_size"], len(data[0]))

    def step():
        rows = torch.randperm(len(data[0]), device=data[0].device)[:batch_size]
        optimizer.zero_grad(set_to_none=True)
        loss_of(*(part[rows] for part in data)).backward()
        optimizer.step()

    return torch_side.repeated(step, warm=1)


def _decoding(job: dict, shape: shapes.Shape) -> Work:
    prior = _stage_2(job, shape).eval()
    number = job["config"]["sample"]["num_samples"]
    label = torch.arange(number, device=torch_side.device()) % shape.classes

    return torch_side.repeated(lambda: draw(prior, label).cpu(), warm=0)


def prepare(job: dict) -> Work:
    """A case made ready and warmed up.

    Raises:
        NotMeasured: timevqvae is not installed, or has no such case.
    """
    shape = shapes.Shape(**job["shape"])
    train, kind = job["config"]["train"], job["kind"]
    x = _series(shape, shape.num)
    if kind == "tokenizer_step":
        model = make_stage_1(shape.channels, shape.length)
        return _training(
            model, lambda x: stage_1_loss(model, x), train["tokenizer"], [x]
        )
    if kind == "prior_step":
        prior = _stage_2(job, shape)
        label = torch.from_numpy(np.arange(shape.num) % shape.classes)[:, None]

        def loss(x, label):
            return prior(x, label).total_mask_prediction_loss

        data = [x, label.to(x.device)]
        return _training(prior, loss, train["prior"], data)
    if kind == "decode":
        return _decoding(job, shape)
    raise NotMeasured(f"timevqvae has no case {job['name']}")
