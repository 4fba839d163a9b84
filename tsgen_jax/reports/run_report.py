"""From what a run has learnt and made to its figures and its page."""

import itertools
from collections.abc import Iterator

import jax
import numpy as np
from ml_collections import ConfigDict

from tsgen_jax.constraints import outcome, terms
from tsgen_jax.data.augment import time as augment
from tsgen_jax.data.dataset import Dataset
from tsgen_jax.data.info import DataInfo
from tsgen_jax.data.missing import hold_ends
from tsgen_jax.generators import residual_noise
from tsgen_jax.generators.tokens import TokenGenerator
from tsgen_jax.judges.assess import Assessment, check_samples
from tsgen_jax.reports import page, sample_report
from tsgen_jax.reports.figures import series as figures
from tsgen_jax.reports.figures import tokens as token_figures
from tsgen_jax.runs import provenance
from tsgen_jax.runs.metrics import read_metrics

_NUM_VIEWS = 4
_NUM_MAPS = 6
_CURVES = {
    "tokenizer": (
        "loss",
        "loss_time",
        "loss_commitment",
        "loss_ssl",
        "reconstruction_mse",
        "codebook_perplexity",
    ),
    "prior": ("loss", "masked_accuracy", "nll_bound", "grad_norm"),
}


def sections(
    config: ConfigDict,
    dataset: Dataset,
    generator: TokenGenerator,
    samples: dict[str, np.ndarray],
    workdir: str,
) -> Iterator[sample_report.Named]:
    """The pictures that need the run's own networks, in reading order."""
    yield from _of_tokenizer(config, dataset, generator, samples)
    yield from _of_prior(config, dataset, generator, samples)
    changed = outcome.from_arrays(DataInfo.of(dataset).channel_names, samples)
    if changed is not None:
        yield (
            "constraints",
            page.Section("Constraints", _constraints(config, changed), None),
        )
    choice = residual_noise.read(workdir)
    yield "noise", page.Section("Noise in samples", str(choice), None)
    yield (
        "loss_curves",
        page.drawn(
            "Training",
            "Training and validation of both stages, by step. The validation loss of "
            "the prior is the held-out masked-token NLL; `nll_bound` is of the token map, "
            "not of the series.",
            figures.plot_loss_curves,
            (_curves(workdir),),
        ),
    )


def _constraints(config: ConfigDict, changed: outcome.Outcome) -> str:
    """What was asked of samples, and what that changed."""
    return (
        f"Generated series satisfy: {terms.asked(config.constraints)}. Violating series get new tokens, at most "
        f"{config.constraints.num_redraws} times, and are then moved to the nearest "
        f"series that does not violate.\n\n{changed}"
    )


def _of_tokenizer(config, dataset, generator, samples) -> Iterator:
    """Reconstructions, codes and views."""
    num_codes = generator.prior.num_codes
    shown = _first_of_each(dataset.y_test, config.evaluation.num_shown)
    tokens_test = generator.encode(dataset.x_test)
    yield (
        "reconstructions",
        page.drawn(
            "Reconstructions",
            "TEST series through the tokenizer and back: what tokens can say at best.",
            figures.plot_reconstructions,
            (
                hold_ends(dataset.x_test[shown]),
                hold_ends(generator.decode(tokens_test[shown])),
                dataset.y_test[shown],
                dataset.classes,
            ),
        ),
    )
    tokens = (generator.encode(dataset.x_train), tokens_test, samples["tokens"])
    counts = [np.bincount(t.reshape(-1), minlength=num_codes) for t in tokens]
    yield (
        "codebook_usage",
        page.drawn(
            "Codebook usage",
            "How often each code is chosen, in order of TRAIN.",
            token_figures.plot_codebook_usage,
            (*counts,),
        ),
    )
    codes = generator.codes
    yield (
        "codebook_map",
        page.drawn(
            "Codebook",
            "The codes as points, and how alike they are.",
            token_figures.plot_codebook_map,
            (codes, counts[1]),
        ),
    )
    x = dataset.scaler.transform(dataset.x_train[:_NUM_VIEWS])
    key = jax.random.fold_in(jax.random.key(config.seed), 1)
    views = augment.make_augment(**config.augment)(key, x)
    yield (
        "augmented_views",
        page.drawn(
            "Augmented views",
            "TRAIN series and what the augmentation makes of them: the second view, "
            f"with ssl.method={config.ssl.method!r} and "
            f"ssl.augmented_weight={config.ssl.augmented_weight}.",
            figures.plot_augmented_views,
            (
                hold_ends(dataset.x_train[:_NUM_VIEWS]),
                hold_ends(dataset.scaler.inverse(np.asarray(views))),
                config.augment.names,
            ),
        ),
    )


def _of_prior(config, dataset, generator, samples) -> Iterator:
    """Token maps, and one series from all masked to none."""
    num_codes = generator.prior.num_codes
    rows = _first_of_each(dataset.y_test, config.evaluation.num_shown)[:_NUM_MAPS]
    step = max(1, len(samples["tokens"]) // _NUM_MAPS)
    maps = [
        tokens[:_NUM_MAPS].reshape(-1, *generator.tokenizer.map_shape)
        for tokens in (
            generator.encode(dataset.x_test[rows]),
            samples["tokens"][::step],
        )
    ]
    yield (
        "token_maps",
        page.drawn(
            "Token maps",
            "Tokens of TEST and of generated series: frequency bins by time.",
            token_figures.plot_token_maps,
            (*maps, num_codes),
        ),
    )
    label = samples["label"][:1]
    label = np.where(label < 0, generator.prior.num_classes, label)
    key = jax.random.fold_in(jax.random.key(config.seed), 0)
    history = generator.sample_tokens(key, label)[:, 0]
    series = hold_ends(generator.decode(np.where(history == num_codes, 0, history)))
    yield (
        "decoding",
        page.drawn(
            "Decoding one series",
            "From all tokens masked to none. Series of unfinished rounds are decoded "
            "with code 0 in place of masks.",
            token_figures.plot_decoding,
            (history, series, num_codes),
        ),
    )


def _curves(workdir: str) -> list[dict]:
    """Rows of metrics.jsonl that are curves, with what matters most in them."""
    rows = []
    for row in read_metrics(workdir):
        if row["stage"] in _CURVES:
            shown = {"stage", "step", *_CURVES[row["stage"]]}
            rows.append({k: v for k, v in row.items() if k.rpartition("/")[2] in shown})
    return rows


def _first_of_each(labels: np.ndarray, num_shown: int) -> np.ndarray:
    """Rows of the first `num_shown` series of every class."""
    rows = [np.flatnonzero(labels == y)[:num_shown] for y in np.unique(labels)]
    return np.concatenate(rows)


def write(
    config: ConfigDict,
    dataset: Dataset,
    generator: TokenGenerator,
    samples: dict[str, np.ndarray],
    judged: Assessment,
    workdir: str,
) -> None:
    """Writes the page of a run, with all that `sample_report.write` writes.

    Args:
        config: of the run.
        dataset: of the run.
        generator: the trained models.
        samples: x [n, L, C], label [n], tokens [n, N].
        judged: its scores.
        workdir: the run directory.
    """
    full = dataset.complete()
    checked = check_samples(full, hold_ends(samples["x"]), samples["label"])
    named = itertools.chain(
        sample_report.sections(full, checked, judged),
        sections(config, dataset, generator, samples, workdir),
    )
    title = f"{config.name} on {dataset.name}"
    about = {"Seed": str(config.seed), **_origin(workdir)}
    sample_report.write(title, judged, named, config.to_dict(), workdir, about)


def _origin(workdir: str) -> dict[str, str]:
    """When, with which version and by which command the run was begun."""
    found = provenance.read(workdir)
    if found is None:
        return {"Run": "of a version that kept neither date nor command"}
    return {
        "Run begun": found["date"],
        "With": sample_report.release(found),
        "Command": found["command"],
    }
