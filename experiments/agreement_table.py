"""The table of `timevqvae-agreement.json`: TimeVQVAE's own networks beside ours."""

import json

from experiments import timevqvae_agreement as agreement

TEXT = (
    """
## TimeVQVAE's networks, layer by layer

What the layers of `timevqvae:faithful` give beside those of TimeVQVAE's own code at equal weights, at
the preset's sizes, 8 series of 140 time points with 2 channels. "Paper" is the authors' repository at
commit c6151ba (February 2023): every layer, losses and gradients of both tokenizers and both priors,
and decoding with the most probable code in place of a drawn one. The preset's values are those of its
`config.yaml`, compared by program. The package, PyPI `timevqvae` 1.0.1, has other networks (depthwise
convolutions, Snake activations, bins cut out, codes of 8 values, attention with normalised queries) and
no preset of ours rebuilds them; what both have in common is compared: transform and split, targets and
errors in time, quantiser, decoding. Relative: to the largest value of the layer. Numbers of every layer:
`timevqvae-agreement.json`.
""",
    """
`timevqvae:faithful` differs from the paper's code on purpose in this: running variances are those of
the sample, PyTorch's are unbiased (row "statistics moved"); priors are trained one after the other, with
masks of their own, and the prior of high tokens is given the nearest low tokens, not drawn ones; series of
odd length are restored whole; the transformers are those of `x-transformers` 1.27, where version
1.7.15 has a LayerNorm in place of the last RMSNorm and two more biases. The authors' repository is
https://github.com/ML4ITS/TimeVQVAE.

```sh
python experiments/timevqvae_agreement.py --source=build/TimeVQVAE  # minutes; needs PyTorch's environment, writes timevqvae-agreement.json
```
""",
)


def read() -> dict:
    """What the experiment left."""
    return json.loads(agreement.RESULTS.read_text())


def table(found: dict) -> str:
    """A row for each network; layers in evaluation mode have one of their own."""
    head = (
        "compared with",
        "part",
        "outputs",
        "difference",
        "relative, the largest",
        "of",
    )
    rows = [head, ("---",) * len(head)]
    parts = [("paper", name, rows_) for name, rows_ in found["paper"].items()]
    for side, name, each in [
        *parts,
        ("package", "what is in common", found["package"]),
    ]:
        moved = {k: v for k, v in each.items() if agreement.MOVED in k}
        kept = {k: v for k, v in each.items() if k not in moved}
        rows.append(_row(side, name, kept))
        if moved:
            rows.append(_row(side, f"{name}, {agreement.MOVED}", moved))
    return "\n".join("| " + " | ".join(map(str, row)) + " |" for row in rows)


def _row(side: str, name: str, each: dict) -> tuple:
    real = {k: v for k, v in each.items() if "relative" in v}
    worst = max(real, key=lambda k: real[k]["relative"])
    tokens = [v for v in each.values() if "of" in v]
    wrong = f"{sum(t['tokens_that_differ'] for t in tokens)} of "
    said = f"; {wrong}{sum(t['of'] for t in tokens)} tokens" if tokens else ""
    largest = f"{real[worst]['absolute']:.1e}{said}"
    return side, name, len(each), largest, f"{real[worst]['relative']:.1e}", worst
