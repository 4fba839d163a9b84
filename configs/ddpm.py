"""DDPM: a class-conditional diffusion model on scaled series.

Paper: https://arxiv.org/abs/2006.11239, with v-prediction (arXiv 2202.00512), a cosine
schedule (arXiv 2102.09672) and a transformer over patches (arXiv 2212.09748).
Command: python main.py --config=configs/ddpm.py
Expected: 1.2 million weights; SyntheticControl, seed 0, `fid` MiniRocket 1.00 (halves of
TEST 1.09), FCN 2.8, `cas` 0.96 (experiments/results/generators.jsonl). Time: not measured on
a quiet machine; 2000 steps took 703 s beside eight other jobs.
As a rectified flow (arXiv 2209.03003): --config=configs/ddpm.py:rectified_flow
"""

from ml_collections import ConfigDict

from tsgen_jax.configs import _common


def get_config(arg: str = "") -> ConfigDict:
    """`arg`: '' or 'rectified_flow'."""
    if arg not in ("", "rectified_flow"):
        raise ValueError(f"configs/ddpm.py:{arg}: known is rectified_flow.")
    config = _common.make_config()
    config.name = config.generator = "ddpm"
    config.denoiser = ConfigDict()
    # From series to noise: 'cosine', or 'rectified_flow', straight.
    config.denoiser.process = arg or "cosine"
    config.denoiser.patch = 4  # Time points of a token.
    config.denoiser.width = 128
    config.denoiser.num_layers = 4
    config.denoiser.num_heads = 4
    config.denoiser.dropout = 0.0
    config.denoiser.label_drop_rate = 0.1  # Series trained without their class.
    config.sample.num_steps = 50  # From noise to series.
    config.sample.eta = 1.0  # Noise drawn anew: 1 as DDPM, 0 none (DDIM).
    config.sample.guidance_scale = 1.0  # 1: off; above: more typical of the class.
    config.inpaint = ConfigDict()
    config.inpaint.num_steps = 50
    config.inpaint.num_repeats = 4  # Of every step (RePaint).
    train = _common.make_train(num_steps=2000, batch_size=64)
    train.ema_decay, train.select = 0.995, "last"
    train.log_every, train.eval_every, train.checkpoint_every = 20, 200, 500
    config.train.denoiser = train
    if arg:
        config.name = "ddpm-rectified_flow"
        config.sample.eta = 0.0  # A flow draws no new noise.
    return config.lock()
