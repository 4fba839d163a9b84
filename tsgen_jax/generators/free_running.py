"""What generators of one autoregressive network of real values share: their recipe."""

import functools

import jax
import jax.numpy as jnp
from ml_collections import ConfigDict

from tsgen_jax.data.info import DataInfo
from tsgen_jax.generators.batched import Batched
from tsgen_jax.generators.completing import Convolving, FreeRunning
from tsgen_jax.models import autoregressive, first_layer, particles
from tsgen_jax.recipe import Recipe
from tsgen_jax.runs.limits import INFINITY, WIDEST, Limits, value_of
from tsgen_jax.shown import Filters
from tsgen_jax.stages import autoregressive as stage


def make_limits(section: str, ranges: dict, choices: dict | None = None) -> Limits:
    """Limits of a network of real values, whose settings are `config.<section>`.

    Args:
        section: dotted.
        ranges: of the trunk's settings.
        choices: the same.
    """
    common = {
        "width": (1, WIDEST),
        "num_components": (1, 1000),
        "min_scale": (1e-6, 1),
        "num_places": (0, 1000),
        "dropout": (0, 0.99),
        "input_noise": (0, INFINITY),
        "label_drop_rate": (0, 1),
    }
    own = {f"{section}.{name}": bound for name, bound in (common | ranges).items()}
    return Limits(
        choices={f"{section}.{k}": v for k, v in (choices or {}).items()},
        ranges={
            **own,
            "sample.temperature": (1e-6, INFINITY),
            "inpaint.num_particles": (1, 2**16),
        },
        faults=functools.partial(label_faults, section),
        needed=("sample", "inpaint", section.partition(".")[0]),
    )


def label_faults(section: str, config: ConfigDict) -> list[str]:
    """Classes that are asked for and never seen, or the other way round."""
    key = f"{section}.label_drop_rate"
    rate = value_of(config, key)
    if not config.sample.class_conditional and rate == 0:
        return [
            f"{key}=0 never trains the network without a class, which "
            "sample.class_conditional=False needs: set it above 0"
        ]
    if config.sample.class_conditional and rate == 1:
        return [
            f"{key}=1 never shows the network a class: set "
            "sample.class_conditional=False, or the rate below 1"
        ]
    return []


def make_network(
    trunk,
    settings: ConfigDict,
    info: DataInfo,
    kind: type[autoregressive.Values] = autoregressive.Values,
    **fields,
) -> autoregressive.Values:
    """The network of real values around a trunk; fields of `settings` by name."""
    names = ("width", "num_components", "min_scale", "num_places")
    return kind(
        trunk=trunk,
        length=info.length,
        channels=info.scaled_channels,
        num_classes=info.num_classes,
        **{name: settings[name] for name in names},
        **fields,
    )


def make_recipe(
    config: ConfigDict,
    info: DataInfo,
    network: autoregressive.Values,
    settings: ConfigDict,
    about: str,
    first: str = "",
) -> Recipe:
    """The recipe of a network of real values.

    Args:
        config: sections `sample`, `inpaint` and `evaluation` are read.
        info: of the series.
        network: from `make_network`.
        settings: the generator's own; `input_noise` and `label_drop_rate` are read.
        about: one sentence.
        first: name of the trunk's first convolution; '': it has none.
    """
    shape = info.length, info.scaled_channels
    temperature = config.sample.temperature

    def disturb(key, x):
        # Of the size of its own errors: relative to what changes in one step.
        change = jnp.sqrt((jnp.diff(x, axis=1) ** 2).mean((0, 1), keepdims=True))
        return x + settings.input_noise * change * jax.random.normal(key, x.shape)

    @jax.jit
    def draw(key, weights, label):
        params = weights[stage.NAME]
        return autoregressive.free_run(
            network, params, key, label, info.length, temperature
        )

    @jax.jit
    def log_prob(weights, batch):
        of, x = {"params": weights[stage.NAME]}, batch["x"]
        out = network.apply(of, x, batch["label"], train=False)
        return network.log_prob(out, x, batch["observed"])

    @functools.partial(jax.jit, static_argnames="num")
    def complete(key, weights, x, observed, label, num):
        params = weights[stage.NAME]
        return particles.complete(network, params, key, x, observed, label, num)

    batched = Batched(info, config.sample.batch_size)
    trained = stage.make_stage(
        network,
        shape,
        num_classes=info.num_classes,
        disturb=disturb,
        label_drop_rate=settings.label_drop_rate,
        batch_size=config.evaluation.batch_size,
        sections=(config.generator, "evaluation"),
    )
    kind = FreeRunning
    if first:
        views = functools.partial(_views, network, first)
        kind = functools.partial(Convolving, views=views)
    return Recipe(
        stages=(trained,),
        assemble=lambda weights: kind(
            batched,
            draw,
            weights,
            log_prob=log_prob,
            complete=complete,
            num_particles=config.inpaint.num_particles,
        ),
        settings=("sample", "inpaint"),
        about=about,
    )


def _views(network: autoregressive.Values, first: str, of: Convolving, key, x, label):
    """Filters of the first convolution; see `shown.Shows`."""
    del key, x
    variables = {"params": of.weights[stage.NAME]}

    def layer(x):
        given = variables, ("trunk", first), x, label[:1]
        return first_layer.output(network, *given, train=False)

    found = first_layer.filters(layer, network.length, network.channels)
    return {"filters": Filters("the first convolution", found)}
