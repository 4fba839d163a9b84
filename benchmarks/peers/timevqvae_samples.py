"""Trains PyPI `timevqvae` on given series and leaves samples; runs in its environment.

python -m benchmarks.peers.timevqvae_samples DATA.npz SAMPLES.npz --seconds A,B ...

Networks and losses are the package's own at its README's settings. Training is what
the authors' later code does (AdamW, batch 32, 5 % linear warm-up to 5e-3, then a
cosine to a tenth of it), with the time or the steps given in place of 20,000 and
40,000 steps.
"""

import argparse
import json
import math
import time

import numpy as np
import torch

from benchmarks.peers import timevqvae_side, torch_side

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


def train(
    params,
    loss_of,
    data: list[torch.Tensor],
    seconds: float,
    num_steps: int,
    batch_size: int,
) -> dict:
    """Steps on batches of `data` until the time or the steps are over; what was done.

    Args:
        params: what is trained.
        loss_of: the parts of a batch -> loss.
        data: parts, each [n, ...].
        seconds: of training, where `num_steps` is 0.
        num_steps: in place of `seconds`.
        batch_size: at most n.
    """
    params = [p for p in params if p.requires_grad]
    optimizer = torch.optim.AdamW(params, lr=_PEAK)
    started, steps, loss = time.perf_counter(), 0, math.nan

    def progress() -> float:
        if num_steps:
            return steps / num_steps
        return (time.perf_counter() - started) / seconds

    while (share := progress()) < 1:
        for group in optimizer.param_groups:
            group["lr"] = rate(share)
        rows = torch.randperm(len(data[0]))[:batch_size]
        optimizer.zero_grad(set_to_none=True)
        value = loss_of(*(part[rows] for part in data))
        value.backward()
        optimizer.step()
        steps, loss = steps + 1, value.item()
    if not math.isfinite(loss):
        raise SystemExit(f"timevqvae: the loss is {loss} after {steps} steps.")
    seconds = time.perf_counter() - started
    return {"steps": steps, "loss": loss, "seconds": round(seconds, 2)}


def main() -> None:
    """Reads x [n, L, C] scaled, y [n], label [m]; writes x [m, L, C] scaled."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data")
    parser.add_argument("samples")
    until = parser.add_mutually_exclusive_group(required=True)
    until.add_argument("--seconds", default="1,1", help="of both stages: A,B")
    until.add_argument("--steps", default="0,0", help="of both stages: A,B")
    parser.add_argument("--batch", default="32,32", help="of both stages: A,B")
    parser.add_argument("--seed", type=int, required=True)
    args = parser.parse_args()
    torch.manual_seed(args.seed)
    np.random.seed(args.seed)  # noqa: NPY002 - the package masks with it.
    with np.load(args.data) as stored:
        x, y, label = (stored[name] for name in ("x", "y", "label"))
    device = torch_side.device()
    x = torch.from_numpy(np.ascontiguousarray(x.transpose(0, 2, 1))).to(device)
    y = torch.from_numpy(y.astype(np.int64))[:, None].to(device)
    seconds = map(float, args.seconds.split(","))
    numbers = (map(int, part.split(",")) for part in (args.steps, args.batch))
    first_until, second_until = zip(seconds, *numbers, strict=True)

    first = timevqvae_side.make_stage_1(*x.shape[1:]).train()
    done = [
        train(
            first.parameters(),
            lambda x: timevqvae_side.stage_1_loss(first, x),
            [x],
            *first_until,
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
            *second_until,
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
