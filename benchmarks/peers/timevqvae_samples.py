"""Trains PyPI `timevqvae` on given series and leaves samples; runs in its environment.

python -m benchmarks.peers.timevqvae_samples DATA.npz SAMPLES.npz --seconds A,B ...

Networks and losses are the package's own at its README's settings. Training is what
the authors' later code does (AdamW, batch 32, 5 % linear warm-up to 5e-3, then a
cosine to a tenth of it), with the time given in place of 20,000 and 40,000 steps.
"""

import argparse
import json
import math
import time

import numpy as np
import torch

from benchmarks.peers import timevqvae_side, torch_side

_BATCH_SIZE = 32
_PEAK, _LAST = 5e-3, 5e-4  # Learning rates.
_WARM_UP = 0.05  # Of the time.
_ROUNDS, _GUIDANCE = 10, 1.0
_DRAWN = 256  # Series at once.


def rate(progress: float) -> float:
    """The learning rate when the share `progress` in [0, 1] of the time is over."""
    if progress < _WARM_UP:
        return _PEAK * progress / _WARM_UP
    done = (progress - _WARM_UP) / (1 - _WARM_UP)
    return _LAST + (_PEAK - _LAST) * (1 + math.cos(math.pi * done)) / 2


def train(params, loss_of, data: list[torch.Tensor], seconds: float) -> dict:
    """Steps on batches of `data` until the time is over; what was done."""
    params = [p for p in params if p.requires_grad]
    optimizer = torch.optim.AdamW(params, lr=_PEAK)
    started, steps, loss = time.perf_counter(), 0, math.nan
    while (progress := (time.perf_counter() - started) / seconds) < 1:
        for group in optimizer.param_groups:
            group["lr"] = rate(progress)
        rows = torch.randperm(len(data[0]))[:_BATCH_SIZE]
        optimizer.zero_grad(set_to_none=True)
        value = loss_of(*(part[rows] for part in data))
        value.backward()
        optimizer.step()
        steps, loss = steps + 1, value.item()
    if not math.isfinite(loss):
        raise SystemExit(f"timevqvae: the loss is {loss} after {steps} steps.")
    return {"steps": steps, "loss": loss}


def main() -> None:
    """Reads x [n, L, C] scaled, y [n], label [m]; writes x [m, L, C] scaled."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data")
    parser.add_argument("samples")
    parser.add_argument("--seconds", required=True, help="of both stages: A,B")
    parser.add_argument("--seed", type=int, required=True)
    args = parser.parse_args()
    torch.manual_seed(args.seed)
    np.random.seed(args.seed)  # noqa: NPY002 - the package masks with it.
    with np.load(args.data) as stored:
        x, y, label = (stored[name] for name in ("x", "y", "label"))
    device = torch_side.device()
    x = torch.from_numpy(np.ascontiguousarray(x.transpose(0, 2, 1))).to(device)
    y = torch.from_numpy(y.astype(np.int64))[:, None].to(device)
    first_seconds, second_seconds = map(float, args.seconds.split(","))

    first = timevqvae_side.make_stage_1(*x.shape[1:]).train()
    done = [
        train(
            first.parameters(),
            lambda x: timevqvae_side.stage_1_loss(first, x),
            [x],
            first_seconds,
        )
    ]
    first.eval()
    prior = timevqvae_side.make_stage_2(first, int(y.max()) + 1, _ROUNDS, _GUIDANCE)
    prior.train()
    done.append(
        train(
            prior.parameters(),
            lambda x, y: prior(x, y).total_mask_prediction_loss,
            [x, y],
            second_seconds,
        )
    )
    prior.eval()
    label = torch.from_numpy(label.astype(np.int64)).to(device)
    parts = [timevqvae_side.draw(prior, part) for part in label.split(_DRAWN)]
    drawn = torch.cat(parts).cpu().numpy().transpose(0, 2, 1)
    np.savez(args.samples, x=drawn.astype(np.float32))
    print(json.dumps(dict(zip(("stage_1", "stage_2"), done, strict=True))))


if __name__ == "__main__":
    main()
