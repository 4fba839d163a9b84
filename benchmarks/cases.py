"""What is measured: cases by name, each with the config that both sides follow."""

import dataclasses
import fnmatch
import json

from benchmarks import shapes
from tsgen_jax.configs import ssl_vqvae, timevqvae, vqvae

REFERENCE_WIDTH = 4096  # Of the published projector.
_GUIDANCE = 2.0
_NUM_DECODED = 256
_TIMEVQVAE = ("stage1", "stage2", "decode", "decode-guided")


@dataclasses.dataclass(frozen=True)
class Case:
    """One row of the table.

    Attributes:
        kind: 'tokenizer_step', 'prior_step', 'decode' or 'epoch'; what a unit is.
        about: the row in words.
        config: the whole config, as nested dict.
        sides: the sides that have this case.
        stages: of the generator's recipe, whose steps one after the other are a unit;
            (): of a tokenizer and a prior, as `kind` says.
    """

    name: str
    kind: str
    about: str
    config: dict
    sides: tuple[str, ...]
    stages: tuple[str, ...] = ()


def _override(config, overrides: dict):
    config.update_from_flattened_dict(overrides)
    return config


def make_cases(widths: list[int], overrides: dict) -> dict[str, Case]:
    """All cases, in the order of the table.

    Args:
        widths: projector widths P to measure every method at; 0 is the config's.
        overrides: values of the config by dotted key, for every case.

    Raises:
        KeyError, TypeError: an override that the config does not have.
    """
    cases = {}

    def add(name, kind, about, config):
        sides = ("ours", "torch", "torch-tuned")
        sides += ("timevqvae",) if name in _TIMEVQVAE else ()
        cases[name] = Case(name, kind, about, config.to_dict(), sides)

    def two_views(method, width=0):
        config = _override(ssl_vqvae.get_config(method), overrides)
        if width:
            config.ssl.projector.hidden = config.ssl.projector.width = width
        return config

    plain = _override(vqvae.get_config(), overrides)
    add("stage1", "tokenizer_step", "stage-1 step, one view, no SSL", plain)
    add("control", "tokenizer_step", "two views, no SSL loss", two_views("none"))
    for method in ("barlow_twins", "vicreg", "vibcreg", "byol"):
        for width in widths:
            config = two_views(method, width)
            size = config.ssl.projector.width
            about = f"stage-1 step, {method}, projector {size}"
            add(f"{method}-{size}", "tokenizer_step", about, config)
    for width in widths:
        epoch = two_views("vibcreg", width)
        epoch.augment.names = "warp"
        size = epoch.ssl.projector.width
        add(f"epoch-{size}", "epoch", f"epoch, vibcreg, projector {size}, warp", epoch)
    add("stage2", "prior_step", "stage-2 step", plain)
    for name, scale in (("decode", 1.0), ("decode-guided", _GUIDANCE)):
        config = _override(vqvae.get_config(), overrides)
        config.sample.guidance_scale = scale
        config.sample.num_samples = config.sample.batch_size = _NUM_DECODED
        rounds = config.sample.num_decode_steps
        about = f"{_NUM_DECODED} series in {rounds} rounds, guidance {scale:g}"
        add(name, "decode", about, config)
    return cases


def of_two_bands(preset: str, batch_size: int) -> list[Case]:
    """Steps of `timevqvae:PRESET`, which PyPI `timevqvae` has as well.

    Both bands' tokenizers together, and both priors: ours train one after the other.
    """
    config = timevqvae.get_config(preset)
    stages = {
        "tokenizer_step": ("tokenizer",),
        "prior_step": ("prior_low", "prior_high"),
    }
    for stage in ("tokenizer", "prior_low", "prior_high"):
        config.train[stage].batch_size = batch_size
    plain = config.to_dict()
    plain["train"]["prior"] = plain["train"]["prior_low"]  # As the other side reads it.
    about = f"{preset}, stage-1 step", f"{preset}, a step of both priors"
    return [
        Case(f"{preset}-{kind}", kind, text, plain, ("ours", "timevqvae"), names)
        for (kind, names), text in zip(stages.items(), about, strict=True)
    ]


def make_job(case: Case, shape: shapes.Shape) -> dict:
    """What a process is told to prepare, on the CPU and with weights of its own."""
    return {
        "name": case.name,
        "kind": case.kind,
        "stages": case.stages,
        "config": case.config,
        "shape": vars(shape),
        "weights": "",
        "platform": "cpu",
        "workers": 0,
    }


def pick(cases: dict[str, Case], patterns: str) -> list[Case]:
    """Cases that any of the comma-separated patterns matches ('vib*,stage1').

    Raises:
        ValueError: a pattern matches none; lists the known ones.
    """
    chosen = set()
    for pattern in patterns.split(","):
        found = fnmatch.filter(cases, pattern)
        if not found:
            raise ValueError(f"No case {pattern!r}; known: {', '.join(cases)}.")
        chosen.update(found)
    return [case for name, case in cases.items() if name in chosen]


def parse_overrides(texts: list[str]) -> dict:
    """['tokenizer.width=8', ...] as a dict of JSON values; a bare word is a string.

    Raises:
        ValueError: no '=' in one of them.
    """
    values = {}
    for text in texts:
        key, equals, value = text.partition("=")
        if not equals:
            raise ValueError(f"--set {text}: expected KEY=VALUE.")
        try:
            values[key] = json.loads(value)
        except json.JSONDecodeError:
            values[key] = value
    return values
