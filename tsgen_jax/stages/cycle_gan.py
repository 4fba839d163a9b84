"""The stage of a network that translates series of one class into another.

CycleGAN (Zhu et al. 2017, https://arxiv.org/abs/1703.10593): what is translated and back
again is the series it was (L1), what is translated into its own class stays as it is
(section 5.2), and a critic tells translated series of a class from those of TRAIN. Both
directions are one network that is told the class (as StarGAN, Choi et al. 2018,
https://arxiv.org/abs/1711.09020), so there may be more than two. The game is the
non-saturating one with a penalty on slopes, in place of least squares.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from ml_collections import ConfigDict

from tsgen_jax.data.info import DataInfo
from tsgen_jax.losses.adversarial import GAMES
from tsgen_jax.models.gan import Critic, Translator
from tsgen_jax.recipe import Stage
from tsgen_jax.stages import adversarial
from tsgen_jax.types import Array, PyTree

NAME = "cycle_gan"
_GAME = GAMES["non_saturating"]
_NUM_SHOWN = 4  # Series of a snapshot.


class Networks(NamedTuple):
    """Both."""

    translator: Translator
    critic: Critic

    def translate(self, weights: PyTree, x: Array, label: Array) -> jax.Array:
        """Scaled series [B, L, C'] as series of the classes int [B]."""
        return self.translator.apply({"params": weights}, x, label)


def make_networks(settings: ConfigDict, info: DataInfo) -> Networks:
    """The networks of `config.cycle_gan` for series like these."""
    sizes = info.num_classes, settings.width, settings.taps
    return Networks(Translator(*sizes), Critic(*sizes, num_codes=0))


def other_class(key: Array, label: Array, num_classes: int) -> jax.Array:
    """One of the other classes for each label in [0, Y), int [B]."""
    away = jax.random.randint(key, label.shape, 1, num_classes)
    return (label + away) % num_classes


def make_stage(config: ConfigDict, networks: Networks, info: DataInfo) -> Stage:
    """The stage 'cycle_gan'; it leaves the translator's weights."""
    settings = config.cycle_gan
    translated = jax.jit(networks.translate)

    def init(key, batch, given):
        del given
        translator, critic = (
            network.init(own, batch["x"], batch["label"])["params"]
            for own, network in zip(jax.random.split(key), networks, strict=True)
        )
        return {"generator": translator, "critic": critic}, {}

    def loss_fn(params, model_state, batch, key):
        key_class, key_penalty = jax.random.split(key)
        label, own = batch["label"], jax.lax.stop_gradient(params["critic"])
        target = other_class(key_class, label, info.num_classes)
        x = adversarial.hide_missing(batch["x"], batch)

        def translate(x, label):
            made = networks.translate(params["generator"], x, label)
            return adversarial.hide_missing(made, batch)

        def judge(weights, x, label):
            return networks.critic.apply({"params": weights}, x, label)[0]

        moved = translate(x, target)
        given = jax.lax.stop_gradient(moved)
        critic = lambda x: judge(params["critic"], x, label)  # noqa: E731
        of_real, of_moved = critic(x), judge(params["critic"], given, target)
        metrics = {
            "loss_cycle": jnp.abs(translate(moved, label) - x).mean(),
            "loss_identity": jnp.abs(translate(x, label) - x).mean(),
            "loss_generator": _GAME.generator(judge(own, moved, target)),
            "loss_critic": _GAME.critic(of_real, of_moved),
            "loss_penalty": _GAME.penalty(critic, key_penalty, x, given),
            "score_gap": of_real.mean() - of_moved.mean(),
        }
        loss = (
            settings.cycle_weight * metrics["loss_cycle"]
            + settings.identity_weight * metrics["loss_identity"]
            + metrics["loss_generator"]
            + metrics["loss_critic"]
            + settings.penalty_weight * metrics["loss_penalty"]
        )
        return loss, (model_state, {"loss": loss, **metrics})

    def snapshot(weights, rows):
        num = min(len(rows["x"]), _NUM_SHOWN)
        x, label = rows["x"][:num], (rows["label"][:num] + 1) % info.num_classes
        return {"x": translated(weights, x, label), "label": label}

    return adversarial.make_game(
        info,
        name=NAME,
        init=init,
        loss_fn=loss_fn,
        export=lambda params, model_state: params["generator"],
        snapshot=snapshot,
        curves=("loss_cycle", "score_gap", "loss_generator"),
        sections=("cycle_gan",),
        about="a network learns to translate series of one class into another",
    )
