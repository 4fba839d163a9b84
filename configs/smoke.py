"""Small networks, few steps: for trying things out, not for good samples.

Command: python main.py --config=configs/smoke.py
Expected: the first run takes one to two minutes on 2 CPU cores, nearly all of it for
compiling; programs are kept, and later runs on series of the same shape take half a
minute.
"""

from ml_collections import ConfigDict

from tsgen_jax.configs import ssl_vqvae


def get_config(arg: str = "vibcreg") -> ConfigDict:
    """`arg`: as of configs/ssl_vqvae.py."""
    config = ssl_vqvae.get_config(arg)
    config.name = f"smoke-{arg.replace(',', '-')}"
    config.tokenizer.width = 16
    config.tokenizer.num_res_blocks = 1
    config.ssl.projector.hidden = config.ssl.projector.width = 64
    config.prior.width = 32
    config.prior.num_layers = 1
    config.prior.head_width = 16
    config.sample.num_samples = 32
    config.sample.residual_scales = (0.0,)  # MiniRocket would choose among several.
    config.evaluation.num_mask_draws = 2
    config.judge.widths = (16, 32, 16)
    config.evaluation.judges = "fcn"  # MiniRocket and DTW compile for a minute.
    config.evaluation.scores = "fidelity+statistics+privacy+representation"
    config.evaluation.num_dtw = 0
    config.evaluation.num_draws = 20
    for stage in ("judge", "discriminator", "predictor"):
        config.train[stage].num_steps = 40
        config.train[stage].batch_size = 32
    for train in (config.train.tokenizer, config.train.prior):
        train.num_steps = 40
        train.batch_size = 32
        train.eval_every = 20
        train.checkpoint_every = 20
    return config
