"""What the config of the masked prior may say."""

from ml_collections import ConfigDict

from tsgen_jax.models import prior
from tsgen_jax.runs import limits
from tsgen_jax.sampling import mask_schedule


def _faults(config: ConfigDict) -> list[str]:
    """Values that are each fine and together senseless or without effect."""
    found = mask_schedule.faults(
        "masking.schedule", config.masking.schedule, decoding=False
    )
    if config.prior.kind == "tied" and config.prior.codebook == "frozen":
        found.append(
            "prior.codebook='frozen' has no effect with prior.kind='tied', which "
            "trains its embeddings: use prior.kind='full_embedding'"
        )
    guided = config.sample.guidance_scale != 1 or not config.sample.class_conditional
    if guided and config.prior.label_drop_rate == 0:
        found.append(
            "prior.label_drop_rate=0 never trains the prior without a class, which "
            "sample.class_conditional=False and guidance need: set it above 0"
        )
    if config.sample.class_conditional and config.prior.label_drop_rate == 1:
        found.append(
            "prior.label_drop_rate=1 never shows the prior a class: set "
            "sample.class_conditional=False, or the rate below 1"
        )
    return found


LIMITS = limits.Limits(
    choices={
        "prior.kind": prior.KINDS,
        "prior.order": ("masked", "causal"),
        "prior.codebook": prior.CODEBOOKS,
        "masking.loss_on": ("masked", "all"),
    },
    ranges={
        "prior.width": (1, limits.WIDEST),
        "prior.num_layers": (1, 100),
        "prior.num_heads": (1, 1024),
        "prior.head_width": (1, limits.WIDEST),
        "prior.mlp_ratio": (1, 100),
        "prior.dropout": (0, 0.99),
        "prior.label_drop_rate": (0, 1),
        "masking.target_temperature": (0, limits.INFINITY),
        "masking.corruption_rate": (0, 0.99),
        "masking.label_smoothing": (0, 0.99),
    },
    faults=_faults,
    needed=("prior",),
    depth=lambda config: config.prior.num_layers,
)
