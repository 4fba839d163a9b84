"""What PyPI `timevqvae` 1.0.1 has in common with us: transform, errors, quantiser, decoding."""

import torch

from benchmarks.peers import differences
from benchmarks.peers.differences import last


def compare(tree: dict) -> dict:
    """Name -> difference."""
    from timevqvae import maskgit, vqvae
    from timevqvae.utils import signal
    from timevqvae.vector_quantization import VectorQuantize

    x, noise = (
        torch.from_numpy(tree[k]).transpose(1, 2).contiguous() for k in ("x", "noise")
    )
    model = vqvae.VQVAE(x.shape[1], x.shape[2])
    u = signal.time_to_timefreq(x, model.n_fft, x.shape[1])
    u = last(u) * model.n_fft**0.5  # Theirs is normalised.
    low, high = model._compute_frequency_targets(x)
    errors, *_ = model._compute_losses(
        low, high, low + noise, high + noise, *[None] * 4
    )
    quantizer = VectorQuantize(tree["z"].shape[-1], len(tree["codes"])).train()
    with torch.no_grad():
        quantizer._codebook.embed.copy_(torch.from_numpy(tree["codes"]))
        quantizer._codebook.embed_avg.copy_(torch.from_numpy(tree["codes"]))
    z_q, tokens, losses, _ = quantizer(torch.from_numpy(tree["z"]))
    found = {
        "low.map": u[:, :1],
        "high.map": u[:, 1:],
        "low.series of the band": last(low),
        "high.series of the band": last(high),
        "low.loss time": errors["LF.time"],
        "high.loss time": errors["HF.time"],
        "quantiser.tokens": tokens,
        "quantiser.codes of latents": z_q,
        "quantiser.loss commitment": losses["commit_loss"],
        "quantiser.codes after the step": quantizer.codebook,
    }
    table, places = (torch.from_numpy(tree[k]) for k in ("table", "places"))

    def logits_fn(_, __, tokens):
        return 3 * table[tokens].mean(1)[:, None] + places

    logic = maskgit._MaskingLogic(len(table) - 1, 0, 0.0, 0.0)
    sampling = maskgit._SamplingLogic(logic, 10, 10, logits_fn)
    tokens = torch.full((4, len(places)), len(table) - 1)
    count = torch.full((4,), len(places))
    with differences.most_probable():
        found["decoded tokens"] = sampling._first_pass(
            tokens, count, None, logic.gamma_func("cosine"), None, "cpu"
        )
    return differences.compare(found, tree["expected"])
