"""Layers of TimeVQVAE's own code beside ours: what was measured, and what would fail."""

import copy

from experiments import agreement_table
from experiments import timevqvae_agreement as agreement


def test_all_that_was_compared_agrees():
    found = agreement_table.read()
    assert agreement.faults(found) == []
    assert set(found["paper"]) == {
        f"{part}, {band}" for part in ("tokenizer", "prior") for band in ("low", "high")
    }
    layers = found["paper"]["tokenizer, low"]
    assert {"map", "latents", "tokens", "loss frequency"} <= set(layers)
    assert sum(name.startswith("encoder.ResBlock") for name in layers) == 4
    assert sum("Block" in name for name in found["paper"]["prior, high"]) == 4
    assert found["other_values"] == {}


def test_what_differs_is_named():
    found = copy.deepcopy(agreement_table.read())
    found["paper"]["prior, low"]["logits"]["relative"] = 2e-4
    found["paper"]["tokenizer, high"]["latents, statistics moved"]["relative"] = 0.02
    found["package"]["quantiser.tokens"]["tokens_that_differ"] = 1
    found["other_values"] = {"VQ-VAE.decay": [0.8, 0.9]}
    assert agreement.faults(found) == [
        "paper, tokenizer, high: latents, statistics moved differs by 2.0e-02",
        "paper, prior, low: logits differs by 2.0e-04",
        "package: quantiser.tokens: 1 of 160 tokens differ",
        "preset: VQ-VAE.decay is 0.8, ours 0.9",
    ]


def test_the_table_has_the_worst_layer_of_each_network():
    found = copy.deepcopy(agreement_table.read())
    found["paper"]["prior, low"]["loss"] = {"absolute": 0.5, "relative": 0.25}
    text = agreement_table.table(found)
    assert (
        "| paper | prior, low | 12 | 5.0e-01; 0 of 320 tokens | 2.5e-01 | loss |"
        in text
    )
    assert text.count("statistics moved |") == 4
