"""The stage of a generator and a critic, trained against each other by the one loop.

One loss: the critic's part sees drawn series as given, the generator's part sees the
critic's weights as given, so that each term has the gradient of one group of weights.
The critic is updated at every step, the generator at every `critic_steps`-th.

InfoGAN (Chen et al. 2016, https://arxiv.org/abs/1606.03657) is an option: some of the
latents are codes, a category and numbers in [-1, 1], which a head of the critic
recovers from the series; its loss has a gradient of both groups.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
from ml_collections import ConfigDict

from tsgen_jax.data.info import DataInfo
from tsgen_jax.losses.adversarial import GAMES
from tsgen_jax.models.gan import Critic, Generator
from tsgen_jax.recipe import Part, Stage, Weights
from tsgen_jax.runs.limits import INFINITY, Limits
from tsgen_jax.training import optim
from tsgen_jax.types import Array, Batch, PyTree

NAME = "gan"
FIRST_LAYER = "first_layer"  # Of the critic, in the weights that are kept.
_NUM_SHOWN = 4  # Series of a snapshot.


class Networks(NamedTuple):
    """Both networks, and the latents between them."""

    generator: Generator
    critic: Critic
    num_latents: int  # Normal ones.
    num_categories: int  # Of the categorical code; 0: there is none.
    num_numbers: int  # Codes in [-1, 1].

    def latent(self, key: Array, num: int) -> jax.Array:
        """Latents [num, Z]: normal ones, then the codes (one-hot, numbers)."""
        keys = jax.random.split(key, 3)
        parts = [jax.random.normal(keys[0], (num, self.num_latents))]
        if self.num_categories:
            code = jax.random.randint(keys[1], (num,), 0, self.num_categories)
            parts.append(jax.nn.one_hot(code, self.num_categories))
        if self.num_numbers:
            shape = num, self.num_numbers
            parts.append(jax.random.uniform(keys[2], shape, minval=-1, maxval=1))
        return jnp.concatenate(parts, -1)

    def draw(self, key: Array, weights: PyTree, label: Array) -> jax.Array:
        """Scaled series [B, L, C'] of classes int [B] in [0, Y]."""
        return self.decode(weights, self.latent(key, label.shape[0]), label)

    def decode(self, weights: PyTree, latent: Array, label: Array) -> jax.Array:
        """Scaled series [B, L, C'] of latents [B, Z]."""
        return self.generator.apply({"params": weights["generator"]}, latent, label)

    def code_loss(self, said: Array, latent: Array) -> jax.Array:
        """-log q(codes | series) [B] less a constant; numbers have deviation 1.

        Args:
            said: of the critic, [B, Q]: log odds of categories, means of numbers.
            latent: [B, Z].
        """
        codes, split = latent[:, self.num_latents :], self.num_categories
        numbers = 0.5 * jnp.square(said[:, split:] - codes[:, split:]).sum(-1)
        if not split:
            return numbers
        log_p = jax.nn.log_softmax(said[:, :split])
        return numbers - (codes[:, :split] * log_p).sum(-1)


def make_networks(settings: ConfigDict, info: DataInfo) -> Networks:
    """The networks of `config.gan` for series like these."""
    sizes = {name: settings[name] for name in ("width", "taps")}
    shape = info.length, info.scaled_channels
    num_codes = settings.num_categories + settings.num_numbers
    return Networks(
        Generator(info.num_classes, *shape, **sizes),
        Critic(info.num_classes, num_codes=num_codes, **sizes),
        *(settings[n] for n in ("num_latents", "num_categories", "num_numbers")),
    )


def optimizer_limits(stage: str) -> Limits:
    """Of the keys that `make_optimizer` alone reads, in `config.train.<stage>`."""

    def faults(config: ConfigDict) -> list[str]:
        betas = tuple(config.train[stage].betas)
        if len(betas) == 2 and all(0 <= beta < 1 for beta in betas):
            return []
        return [f"train.{stage}.betas={betas}: must be two numbers in [0, 1)"]

    return Limits(
        ranges={
            f"train.{stage}.critic_learning_rate": (1e-12, INFINITY),
            f"train.{stage}.critic_steps": (1, 1000),
        },
        faults=faults,
    )


def make_optimizer(settings: Mapping[str, Any]) -> optax.GradientTransformation:
    """Adam for each group, and an average of the weights after every step.

    Args:
        settings: `config.train.gan`. The generator's schedule counts its own updates.
    """
    every = settings["critic_steps"]

    def adam(rate, every):
        return optim.make_optimizer(
            learning_rate=rate,
            betas=tuple(settings["betas"]),
            warmup_steps=settings["warmup_steps"] // every,
            num_steps=max(settings["num_steps"] // every, 1),
            ema_decay=0.0,
            **{
                k: settings[k]
                for k in ("weight_decay", "decay_all_weights", "clip_norm")
            },
        )

    generator = optax.transforms.conditionally_mask(
        adam(settings["learning_rate"], every), lambda step: step % every == every - 1
    )
    groups = {
        "generator": generator,
        "critic": adam(settings["critic_learning_rate"], 1),
    }
    # The average is outermost: trees out of `partition` lack the other group's weights.
    decay = settings["ema_decay"]
    return optax.chain(
        optax.partition(groups, {name: name for name in groups}),
        optim.track_average(decay) if decay else optax.identity(),
    )


def make_stage(config: ConfigDict, networks: Networks, info: DataInfo) -> Stage:
    """The stage 'gan'; it leaves the generator, and the critic's first layer."""
    settings, game = config.gan, GAMES[config.gan.loss]

    def init(key, batch, given):
        del given
        key_latent, *keys = jax.random.split(key, 3)
        latent = networks.latent(key_latent, len(batch["x"]))
        generator = networks.generator.init(keys[0], latent, batch["label"])
        critic = networks.critic.init(keys[1], batch["x"], batch["label"])
        return {"generator": generator["params"], "critic": critic["params"]}, {}

    def loss_fn(params, model_state, batch, key):
        key_label, key_latent, key_penalty = jax.random.split(key, 3)
        rate = settings.label_drop_rate
        label = hide_labels(key_label, batch["label"], rate, info.num_classes)
        latent = networks.latent(key_latent, label.shape[0])
        made = networks.generator.apply({"params": params["generator"]}, latent, label)
        real, fake = hide_missing(batch["x"], batch), hide_missing(made, batch)

        def scores(weights, x):
            return networks.critic.apply({"params": weights}, x, label)

        given, own = jax.lax.stop_gradient((fake, params["critic"]))
        critic = lambda x: scores(params["critic"], x)[0]  # noqa: E731
        of_real, of_fake = critic(real), critic(given)
        penalty = game.penalty(critic, key_penalty, real, given)
        metrics = {
            "loss_critic": game.critic(of_real, of_fake),
            "loss_penalty": penalty,
            "loss_generator": game.generator(scores(own, fake)[0]),
            "score_gap": of_real.mean() - of_fake.mean(),
        }
        loss = metrics["loss_critic"] + settings.penalty_weight * penalty
        loss += metrics["loss_generator"]
        if networks.critic.num_codes:
            said = scores(params["critic"], fake)[1]
            metrics["loss_codes"] = networks.code_loss(said, latent).mean()
            loss += settings.code_weight * metrics["loss_codes"]
        return loss, (model_state, {"loss": loss, **metrics})

    return make_game(
        info,
        name=NAME,
        init=init,
        loss_fn=loss_fn,
        export=lambda params, model_state: {
            "generator": params["generator"],
            FIRST_LAYER: first_layer(params["critic"]),
        },
        snapshot=make_snapshot(networks.draw, info, settings.label_drop_rate),
        curves=("score_gap", "loss_generator"),
        sections=("gan",),
        about="a generator learns to draw series that a critic cannot tell from TRAIN",
    )


def make_game(info: DataInfo, **fields) -> Stage:
    """A stage with the rows and the optimisers of a game; other `fields` of `Stage`."""
    return Stage(
        example=example(info), rows=rows, make_optimizer=make_optimizer, **fields
    )


def first_layer(weights: PyTree) -> jax.Array:
    """The filters of the first layer of a network of `models/gan.py`, [taps, C', K]."""
    return weights["_Conv_0"]["kernel"][0]


def make_snapshot(
    draw: Callable[[Array, PyTree, Array], jax.Array], info: DataInfo, drop_rate: float
) -> Callable[[PyTree, Batch], Batch]:
    """`Stage.snapshot` of `draw`: four series, by class where classes are shown.

    Args:
        draw: (key, weights, label [B]) -> scaled series [B, L, C'].
        info: of the series.
        drop_rate: share of the series that are trained without their class.
    """
    label = np.arange(_NUM_SHOWN, dtype=np.int32) % info.num_classes
    label = np.full_like(label, info.num_classes) if drop_rate == 1 else label
    drawn = jax.jit(lambda weights: draw(jax.random.key(0), weights, label))
    return lambda weights, rows: {"x": drawn(weights), "label": label}


def example(info: DataInfo) -> dict[str, jax.ShapeDtypeStruct]:
    """One scaled series and its label; see `Stage.example`."""
    shape = 1, info.length, info.scaled_channels
    return {
        "x": jax.ShapeDtypeStruct(shape, jnp.float32),
        "label": jax.ShapeDtypeStruct((1,), jnp.int32),
    }


def hide_labels(key: Array, label: Array, rate: float, none: int) -> jax.Array:
    """Labels int [B], so many of them turned into `none`."""
    return jnp.where(jax.random.bernoulli(key, rate, label.shape), none, label)


def hide_missing(x: Array, batch: Mapping[str, Array]) -> Array:
    """0 where the given series of a batch are missing, for given and drawn ones."""
    return jnp.where(batch["observed"], x, 0) if "observed" in batch else x


def rows(part: Part, given: Weights, train: bool) -> dict[str, np.ndarray]:
    """Series, labels, and where values were observed; see `Stage.rows`."""
    del given, train
    found = {"x": part.x, "label": part.label}
    return found if part.observed is None else found | {"observed": part.observed}
