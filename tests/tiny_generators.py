"""Every generator at a size that tests can train: a name -> changes of its config.

A new generator adds its line here; `test_every_generator.py` does the rest.
"""

import importlib

from ml_collections import ConfigDict

_STEPS = {
    "num_steps": 6,
    "batch_size": 8,
    "log_every": 2,
    "eval_every": 2,
    "checkpoint_every": 2,
    "warmup_steps": 1,
}
_COMMON = {
    "num_devices": 1,  # With eight, saving is slow under key-reuse checks.
    "sample.num_samples": 12,  # Post-hoc scores need ten.
    "sample.batch_size": 8,
    "evaluation.batch_size": 8,
    "evaluation.judges": "fcn",  # MiniRocket compiles for long.
    "evaluation.num_mask_draws": 2,
    "evaluation.num_draws": 4,
    "evaluation.num_dtw": 0,
    "judge.widths": (8, 16, 8),
    "train.judge.num_steps": 4,
    "train.discriminator.num_steps": 4,
    "train.predictor.num_steps": 4,
}
TINY = {
    "ar": {"ar.max_order": 4, "ar.num_residuals": 32},
    "recurrent": {"recurrent.width": 8, "inpaint.num_particles": 4},
    "transformer": {
        "transformer.width": 8,
        "transformer.num_layers": 1,
        "transformer.num_heads": 2,
        "transformer.head_width": 4,
        "transformer.num_bins": 8,
        "inpaint.num_particles": 4,
    },
    "lstnet": {
        "lstnet.width": 8,
        "lstnet.period": 6,
        "lstnet.skip_width": 4,
        "inpaint.num_particles": 4,
    },
    "seq2seq": {"seq2seq.width": 8, "seq2seq.attention_width": 4},
    "wavenet": {
        "wavenet.width": 8,
        "wavenet.num_layers": 2,
        "inpaint.num_particles": 4,
    },
    "flow": {"flow.num_blocks": 2, "flow.hidden": 16},
    "sequential_vae": {
        "sequential_vae.latent": 4,
        "sequential_vae.width": 8,
        "sequential_vae.num_layers": 1,
    },
    "vae": {"vae.widths": (4, 4), "vae.hidden": 8, "vae.seasons": (6,)},
    "gan": {
        "gan.width": 8,
        "gan.num_categories": 2,
        "gan.num_numbers": 1,
        "train.gan.critic_steps": 2,
    },
    "vae_gan": {"vae_gan.width": 8, "vae_gan.num_latents": 4},
    "cycle_gan": {"cycle_gan.width": 8},
    "timegan": {
        "timegan.width": 8,
        "timegan.features": 4,
        "timegan.num_static": 2,
        "timegan.num_latents": 2,
    },
    "ddpm": {
        "denoiser.width": 16,
        "denoiser.num_heads": 2,
        "denoiser.num_layers": 1,
        "sample.num_steps": 3,
        "inpaint.num_steps": 3,
        "inpaint.num_repeats": 2,
    },
    "ssl_vqvae": {
        "ssl.method": "none",
        "tokenizer.width": 8,
        "tokenizer.num_res_blocks": 1,
        "quantizer.num_codes": 8,
        "prior.width": 16,
        "prior.num_layers": 1,
        "prior.head_width": 8,
        "sample.num_decode_steps": 3,
        "sample.residual_scales": (0.5,),
        "inpaint.num_decode_steps": 3,
    },
    "timevqvae": {
        **{
            f"{section}.{band}.{key}": value
            for band in ("low", "high")
            for section, key, value in (
                ("tokenizer", "width", 8),
                ("tokenizer", "num_res_blocks", 1),
                ("quantizer", "num_codes", 8),
                ("prior", "width", 16),
                ("prior", "num_layers", 1),
                ("prior", "head_width", 8),
            )
        },
        "quantizer.low.num_codes": 6,
        "tokenizer.high.target_width": 8,
        "sample.num_decode_steps": 3,
        "sample.residual_scales": (0.5,),
        "inpaint.num_decode_steps": 3,
    },
}


def make_config(name: str, **changes) -> ConfigDict:
    """The config of a generator, tiny; `changes` by dotted key.

    Every stage of the generator itself takes a few steps.
    """
    config = importlib.import_module(f"tsgen_jax.configs.{name}").get_config()
    config.update_from_flattened_dict(_COMMON | TINY.get(name, {}))
    for stage in set(config.train) - {"judge", "discriminator", "predictor", "ts2vec"}:
        config.train[stage].update(_STEPS)
    config.update_from_flattened_dict(changes)
    return config
