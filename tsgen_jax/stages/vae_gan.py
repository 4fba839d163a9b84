"""The stage of a VAE whose decoder is the generator of a GAN.

Larsen et al. 2016, https://arxiv.org/abs/1512.09300, algorithm 1: the encoder learns the
prior and that reconstructions look to the critic as series do (a normal density of what
its last convolution gives, deviation 1); the generator the latter, and to be taken for
real, reconstructing and drawing; the critic to tell series from both.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from ml_collections import ConfigDict

from tsgen_jax.data.info import DataInfo
from tsgen_jax.losses.adversarial import GAMES, Adversarial
from tsgen_jax.models.gan import Critic, Encoder, Generator
from tsgen_jax.models.vae import kl_to_normal
from tsgen_jax.recipe import Stage
from tsgen_jax.stages import adversarial
from tsgen_jax.types import Array, Batch, Metrics, PyTree

NAME = "vae_gan"


class Networks(NamedTuple):
    """All three."""

    encoder: Encoder
    generator: Generator
    critic: Critic

    def draw(self, key: Array, weights: PyTree, label: Array) -> jax.Array:
        """Scaled series [B, L, C'] of classes int [B] in [0, Y]."""
        latent = jax.random.normal(key, (label.shape[0], self.encoder.num_latents))
        return self.decode(weights, latent, label)

    def decode(self, weights: PyTree, latent: Array, label: Array) -> jax.Array:
        """Scaled series [B, L, C'] of latents [B, Z]."""
        return self.generator.apply({"params": weights["generator"]}, latent, label)


def make_networks(settings: ConfigDict, info: DataInfo) -> Networks:
    """The networks of `config.vae_gan` for series like these."""
    sizes, classes = (settings.width, settings.taps), info.num_classes
    shape = info.length, info.scaled_channels
    return Networks(
        Encoder(classes, settings.num_latents, *sizes),
        Generator(classes, *shape, *sizes),
        Critic(classes, *sizes, num_codes=0),
    )


def _terms(
    networks: Networks, game: Adversarial, params: PyTree, batch: Batch, key: Array
) -> tuple[Metrics, jax.Array]:
    """The terms of the loss, each with a gradient of one network; see `make_stage`.

    The last is the generator's similarity, equal to the encoder's in value.
    """
    keys, label = jax.random.split(key, 3), batch["label"]
    own = jax.lax.stop_gradient(params)
    encoder, generator = (params["generator"][n] for n in ("encoder", "generator"))

    def decode(weights, z):
        made = networks.generator.apply({"params": weights}, z, label)
        return adversarial.hide_missing(made, batch)

    def judge(weights, x):
        return networks.critic.apply({"params": weights}, x, label)

    real = adversarial.hide_missing(batch["x"], batch)
    mean, log_std = networks.encoder.apply({"params": encoder}, real, label)
    z = mean + jnp.exp(log_std) * jax.random.normal(keys[0], mean.shape)
    drawn = decode(generator, jax.random.normal(keys[1], mean.shape))
    again = decode(generator, jax.lax.stop_gradient(z))
    of_encoder = decode(own["generator"]["generator"], z)  # The same, for the encoder.

    looks = judge(own["critic"], real)[2]
    unlike = lambda said: 0.5 * jnp.square(said[2] - looks).sum(-1).mean()  # noqa: E731
    of_again = judge(own["critic"], again)
    critic = lambda x: judge(params["critic"], x)[0]  # noqa: E731
    of_real, given = critic(real), jax.lax.stop_gradient((again, drawn))
    return {
        "loss_kl": kl_to_normal(mean, log_std).mean(),
        "loss_similarity": unlike(judge(own["critic"], of_encoder)),
        "loss_generator": game.generator(of_again[0])
        + game.generator(judge(own["critic"], drawn)[0]),
        "loss_critic": sum(game.critic(of_real, critic(x)) for x in given),
        "loss_penalty": game.penalty(critic, keys[2], real, given[1]),
    }, unlike(of_again)


def make_stage(config: ConfigDict, networks: Networks, info: DataInfo) -> Stage:
    """The stage 'vae_gan'; it leaves the generator, and the critic's first layer."""
    settings, game = config.vae_gan, GAMES[config.vae_gan.loss]

    def init(key, batch, given):
        del given
        keys, (x, label) = jax.random.split(key, 3), (batch["x"], batch["label"])
        latent = jnp.zeros((len(x), settings.num_latents))
        encoder, generator, critic = (
            network.init(own, first, label)["params"]
            for own, network, first in zip(keys, networks, (x, latent, x), strict=True)
        )
        return {
            "generator": {"encoder": encoder, "generator": generator},
            "critic": critic,
        }, {}

    def loss_fn(params, model_state, batch, key):
        key_label, key_terms = jax.random.split(key)
        rate, none = settings.label_drop_rate, info.num_classes
        label = adversarial.hide_labels(key_label, batch["label"], rate, none)
        batch = {**batch, "label": label}
        metrics, similarity = _terms(networks, game, params, batch, key_terms)
        loss = (
            settings.beta * metrics["loss_kl"]
            + metrics["loss_similarity"]
            + settings.similarity_weight * similarity
            + metrics["loss_generator"]
            + metrics["loss_critic"]
            + settings.penalty_weight * metrics["loss_penalty"]
        )
        return loss, (model_state, {"loss": loss, **metrics})

    return adversarial.make_game(
        info,
        name=NAME,
        init=init,
        loss_fn=loss_fn,
        export=lambda params, model_state: {
            "generator": params["generator"]["generator"],
            adversarial.FIRST_LAYER: adversarial.first_layer(params["critic"]),
        },
        snapshot=adversarial.make_snapshot(
            networks.draw, info, settings.label_drop_rate
        ),
        curves=("loss_similarity", "loss_kl", "loss_generator"),
        sections=("vae_gan",),
        about="an encoder and a generator learn series by what a critic sees of them",
    )
