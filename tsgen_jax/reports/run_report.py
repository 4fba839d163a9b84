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
from tsgen_jax.judges.assess import Assessment, check_samples
from tsgen_jax.recipe import (
    Band,
    Fitted,
    Generator,
    Recipe,
    Shows,
    Stage,
    Tokenizes,
    Unfolds,
    can,
)
from tsgen_jax.reports import learned, page, sample_report
from tsgen_jax.reports.figures import series as figures
from tsgen_jax.reports.figures import tokens as token_figures
from tsgen_jax.runs import directory, limits, provenance
from tsgen_jax.runs.config import keys as config_keys
from tsgen_jax.runs.metrics import read_metrics

_NUM_VIEWS = 4
_NUM_MAPS = 6


def sections(
    config: ConfigDict,
    dataset: Dataset,
    recipe: Recipe,
    generator: Generator,
    samples: dict[str, np.ndarray],
    workdir: str,
) -> Iterator[sample_report.Named]:
    """The pictures that need the run's own networks, in reading order."""
    if can(generator, Tokenizes):
        yield from _of_tokens(config, dataset, generator, samples)
    if "augment" in config:
        yield _views(config, dataset)
    if can(generator, Unfolds):
        yield _unfolded(config, generator, samples)
    yield from learned.over_training(recipe, dataset, workdir)
    if can(generator, Shows):
        yield from learned.sections(config, dataset, generator)
    changed = outcome.from_arrays(DataInfo.of(dataset).channel_names, samples)
    if changed is not None:
        yield (
            "constraints",
            page.Section("Constraints", _constraints(config, changed), None),
        )
    for stage in recipe.stages:
        if isinstance(stage, Fitted) and stage.say:
            yield stage.name, page.Section(*_said(stage, workdir), None)
    curves = _curves(recipe, workdir)
    if curves:
        yield (
            "loss_curves",
            page.drawn(
                "Training",
                "Training and validation by step, of every stage. A prior's validation "
                "loss is the held-out masked-token NLL; `nll_bound` is of the token "
                "map, not of the series.",
                figures.plot_loss_curves,
                (curves,),
            ),
        )


def _said(stage: Fitted, workdir: str) -> tuple[str, str]:
    """Title and sentence of what a stage measured.

    Raises:
        ValueError: the file is damaged; names it.
    """
    summary = directory.read_done(workdir, stage.name)
    try:
        return stage.say(summary)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise ValueError(
            f"{workdir}/{stage.name}/done.json is damaged ({error!r}): delete the "
            f"directory {stage.name} and run the same command again, which measures it "
            "anew."
        ) from error


def _constraints(config: ConfigDict, changed: outcome.Outcome) -> str:
    """What was asked of samples, and what that changed."""
    return (
        f"Generated series satisfy: {terms.asked(config.constraints)}. Violating series get new tokens, at most "
        f"{config.constraints.num_redraws} times, and are then moved to the nearest "
        f"series that does not violate.\n\n{changed}"
    )


def _of_tokens(config, dataset, generator, samples) -> Iterator:
    """Reconstructions, then codes and token maps of every band."""
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
    sets = (generator.encode(dataset.x_train), tokens_test, samples["tokens"])
    step = max(1, len(samples["tokens"]) // _NUM_MAPS)
    for band in generator.bands:
        own = [band.of(tokens) for tokens in sets]
        rows = own[1][shown[:_NUM_MAPS]], own[2][::step]
        yield from _of_band(band, own, rows)


def _of_band(band: Band, own: list[np.ndarray], rows) -> Iterator:
    """Codes and token maps of one band; the tokens of TRAIN, TEST and samples."""
    counts = [np.bincount(t.reshape(-1), minlength=band.num_codes) for t in own]
    end, words = (f"_{band.name}", f", {band.name}") if band.name else ("", "")
    yield (
        f"codebook_usage{end}",
        page.drawn(
            f"Codebook usage{words}",
            "How often each code is chosen, in order of TRAIN.",
            token_figures.plot_codebook_usage,
            (*counts,),
        ),
    )
    yield (
        f"codebook_map{end}",
        page.drawn(
            f"Codebook{words}",
            "The codes as points, and how alike they are.",
            token_figures.plot_codebook_map,
            (band.codes, counts[1]),
        ),
    )
    maps = [tokens[:_NUM_MAPS].reshape(-1, *band.map_shape) for tokens in rows]
    yield (
        f"token_maps{end}",
        page.drawn(
            f"Token maps{words}",
            "Tokens of TEST and of generated series: frequency bins by time.",
            token_figures.plot_token_maps,
            (*maps, band.num_codes),
        ),
    )


def _views(config: ConfigDict, dataset: Dataset) -> sample_report.Named:
    """TRAIN series and what `config.augment` makes of them."""
    x = dataset.scaler.transform(dataset.x_train[:_NUM_VIEWS])
    key = jax.random.fold_in(jax.random.key(config.seed), 1)
    views = augment.make_augment(**config.augment)(key, x)
    use = ""
    if "ssl" in config:
        flat = [key for key in config_keys(config) if key.startswith("ssl.")]
        asked = ("method", "augmented_weight")
        told = [
            f"{key}={limits.value_of(config, key)!r}"
            for name in asked
            for key in flat
            if key.endswith(f".{name}")
        ]
        use = f": the second view, with {' and '.join(told)}"
    return (
        "augmented_views",
        page.drawn(
            "Augmented views",
            f"TRAIN series and what the augmentation makes of them{use}.",
            figures.plot_augmented_views,
            (
                hold_ends(dataset.x_train[:_NUM_VIEWS]),
                hold_ends(dataset.scaler.inverse(np.asarray(views))),
                config.augment.names,
            ),
        ),
    )


def _unfolded(config, generator, samples) -> sample_report.Named:
    """One series from nothing, step by step."""
    label = samples["label"][:1]
    label = np.where(label < 0, generator.info.num_classes, label)
    key = jax.random.fold_in(jax.random.key(config.seed), 0)
    steps = generator.unfold(key, label)
    series, tokens, most = hold_ends(steps["x"][:, 0]), None, 0
    text = "From nothing to a series, step by step."
    if "tokens" in steps:
        text = (
            "From all tokens masked to none. Series of unfinished rounds are decoded "
            "with code 0 in place of masks."
        )
        tokens, most = _masks_alike(generator.bands, steps["tokens"][:, 0])
    return (
        "decoding",
        page.drawn(
            "Decoding one series",
            text,
            token_figures.plot_decoding,
            (tokens, series, most),
        ),
    )


def _masks_alike(bands: tuple[Band, ...], tokens: np.ndarray):
    """Tokens [S + 1, N] with one mask token for all bands, and that."""
    most = max(band.num_codes for band in bands)
    parts = [band.of(tokens) for band in bands]
    parts = [
        np.where(part == band.num_codes, most, part)
        for band, part in zip(bands, parts, strict=True)
    ]
    return np.concatenate(parts, axis=1), most


def _curves(recipe: Recipe, workdir: str) -> list[dict]:
    """Rows of metrics.jsonl that are curves, with what matters most in them."""
    curves = {s.name: s.curves for s in recipe.stages if isinstance(s, Stage)}
    rows = []
    for row in read_metrics(workdir):
        if row["stage"] in curves:
            shown = {"stage", "step", *curves[row["stage"]]}
            rows.append({k: v for k, v in row.items() if k.rpartition("/")[2] in shown})
    return rows


def _first_of_each(labels: np.ndarray, num_shown: int) -> np.ndarray:
    """Rows of the first `num_shown` series of every class."""
    rows = [np.flatnonzero(labels == y)[:num_shown] for y in np.unique(labels)]
    return np.concatenate(rows)


def title(config: ConfigDict, dataset: Dataset) -> str:
    """Of a run's page and table."""
    return f"{config.name} on {dataset.name}"


def write(
    config: ConfigDict,
    dataset: Dataset,
    recipe: Recipe,
    generator: Generator,
    samples: dict[str, np.ndarray],
    judged: Assessment,
    workdir: str,
) -> None:
    """Writes the page of a run, with all that `sample_report.write` writes.

    Args:
        config: of the run.
        dataset: of the run.
        recipe: of the run.
        generator: the trained models.
        samples: x [n, L, C], label [n] and, of generators with tokens, tokens [n, N].
        judged: its scores.
        workdir: the run directory.
    """
    full = dataset.complete()
    checked = check_samples(full, hold_ends(samples["x"]), samples["label"])
    named = itertools.chain(
        sample_report.sections(full, checked, judged),
        sections(config, dataset, recipe, generator, samples, workdir),
    )
    about = {"Seed": str(config.seed), **_origin(workdir)}
    opening = sample_report.opening(full, checked, judged, can(generator, Tokenizes))
    shown = config.to_dict()
    name = title(config, dataset)
    sample_report.write(name, judged, named, shown, workdir, about, opening)


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
