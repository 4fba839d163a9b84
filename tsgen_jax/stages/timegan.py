"""The three phases of TimeGAN (Yoon et al. 2019, section 5) as stages of the one loop.

'embedding': features of series, from which series are recovered. 'supervisor': the next
frame's features from those before. 'joint': all five networks. Its loss is one sum with
stopped gradients: weights of generator and supervisor are moved by the critic, by the
supervised loss and by moments of recovered series; those of embedder and recovery by
reconstruction and, a little, by the supervised loss; the critic's by its game. The
authors' code leaves the critic as it is where it is too good; here its slope is
penalised. The numbers 10 and 0.1 before the terms are theirs. The critic sees
features that have gone through the supervisor, as they are drawn.
"""

from collections.abc import Mapping

import jax
import jax.numpy as jnp
from ml_collections import ConfigDict

from tsgen_jax.data.info import DataInfo
from tsgen_jax.losses.adversarial import GAMES
from tsgen_jax.models import timegan
from tsgen_jax.recipe import Stage
from tsgen_jax.stages import adversarial
from tsgen_jax.training import batches
from tsgen_jax.types import Array, Batch, Metrics, PyTree

EMBEDDING, SUPERVISOR, JOINT = "embedding", "supervisor", "joint"
_DRAWN = ("generator", "supervisor", "recovery")  # What drawing series needs.
_EPS = 1e-8  # The root of 0 has no gradient.


def make_networks(settings: ConfigDict, info: DataInfo) -> timegan.Networks:
    """The networks of `config.timegan` for series like these."""
    shape = info.length, info.scaled_channels
    sizes = settings.cell, settings.width
    layers, classes = settings.num_layers, info.num_classes

    def recurrent(features, num_layers=layers):
        return timegan.Recurrent(*sizes, num_layers, classes, features)

    return timegan.Networks(
        embedder=recurrent(settings.features),
        recovery=recurrent(shape[1] * settings.patch),
        supervisor=recurrent(settings.features, max(layers - 1, 1)),
        generator=recurrent(settings.features),
        critic=timegan.Critic(*sizes, classes),
        shape=shape,
        **{k: settings[k] for k in ("patch", "num_latents", "num_static")},
    )


class _Phases:
    """What the phases share."""

    def __init__(self, config: ConfigDict, networks: timegan.Networks, info: DataInfo):
        self.settings, self.of, self.info = config.timegan, networks, info
        self.batch_size = config.evaluation.batch_size
        self.errors = jax.jit(self._errors)

    def label(self, key: Array, label: Array) -> jax.Array:
        """Labels, some of them hidden."""
        rate, none = self.settings.label_drop_rate, self.info.num_classes
        return adversarial.hide_labels(key, label, rate, none)

    def init(self, key: Array, names: tuple[str, ...], batch: Batch) -> PyTree:
        """First weights of some networks."""
        num, frames = len(batch["x"]), self.of.num_frames
        widths = {
            "embedder": self.of.patch * self.of.shape[1],
            "generator": self.of.num_latents + self.of.num_static,
        }
        found = {}
        for name, own in zip(names, jax.random.split(key, len(names)), strict=True):
            shape = num, frames, widths.get(name, self.settings.features)
            network = getattr(self.of, name)
            found[name] = network.init(own, jnp.zeros(shape), batch["label"])["params"]
        return found

    def embedding_init(self, key, batch, given):
        """Embedder and recovery."""
        del given
        return self.init(key, ("embedder", "recovery"), batch), {}

    def embedding_loss(self, params, model_state, batch, key):
        """Series through features and back."""
        batch = {**batch, "label": self.label(key, batch["label"])}
        features = self.of.embed(params, batch["x"], batch["label"])
        loss = self.of.loss_reconstruction(params, features, batch)
        return 10 * jnp.sqrt(loss + _EPS), (model_state, {"loss": loss})

    def embedding_evaluate(self, weights: PyTree, rows: Batch) -> Metrics:
        """Mean squared error of reconstructed series."""
        rows = {name: rows[name] for name in ("x", "label")}
        each = lambda batch: self.errors(weights, batch)  # noqa: E731
        return {"loss": batches.map_batches(each, rows, self.batch_size).mean()}

    def _errors(self, weights, batch):
        features = self.of.embed(weights, batch["x"], batch["label"])
        x = self.of.recover(weights, features, batch["label"])
        return jnp.square(x - batch["x"]).mean((1, 2))

    def supervisor_init(self, key, batch, given):
        """The supervisor, beside the embedder, which stays as it is given."""
        fixed = jax.tree.map(jnp.copy, given[EMBEDDING])
        return self.init(key, ("supervisor",), batch), fixed

    def supervisor_loss(self, params, model_state, batch, key):
        """The next frame's features."""
        label = self.label(key, batch["label"])
        features = self.of.embed(model_state, batch["x"], label)
        loss = self.of.loss_supervised(params, features, label)
        return 10 * jnp.sqrt(loss + _EPS), (model_state, {"loss": loss})

    def joint_init(self, key, batch, given):
        """All five, those of earlier phases as they were left."""
        made = self.init(key, ("generator", "critic"), batch)
        # Copies: the state is donated, and what is given is used again.
        kept = jax.tree.map(jnp.copy, {**given[EMBEDDING], **given[SUPERVISOR]})
        return {
            "generator": {**kept, "generator": made["generator"]},
            "critic": made["critic"],
        }, {}

    def joint_loss(self, params, model_state, batch, key):
        """The sum of all networks' losses."""
        key_label, key_latent, key_penalty = jax.random.split(key, 3)
        batch = {**batch, "label": self.label(key_label, batch["label"])}
        weights, label = params["generator"], batch["label"]
        own = jax.lax.stop_gradient(params)

        real = self.of.embed(weights, batch["x"], label)
        fixed = jax.lax.stop_gradient(real)
        latent = self.of.latent(key_latent, len(label))
        drawn = self.of.generate(weights, latent, label)
        drawn = self.of.supervise(weights, drawn, label)
        # Recovery and embedder as given, then the supervisor as given.
        moved = {**weights, "recovery": own["generator"]["recovery"]}
        still = {**weights, "supervisor": own["generator"]["supervisor"]}
        metrics = {
            "loss_reconstruction": self.of.loss_reconstruction(weights, real, batch),
            "loss_supervised": self.of.loss_supervised(weights, fixed, label),
            "loss_moments": timegan.loss_moments(
                self.of.recover(moved, drawn, label), batch["x"]
            ),
            **self._game(params, own, label, fixed, drawn, key_penalty),
        }
        through = self.of.loss_supervised(still, real, label)
        of = self.settings
        loss = (
            10 * jnp.sqrt(metrics["loss_reconstruction"] + _EPS)
            + 0.1 * through
            + of.supervised_weight * jnp.sqrt(metrics["loss_supervised"] + _EPS)
            + of.moment_weight * metrics["loss_moments"]
            + metrics["loss_generator"]
            + metrics["loss_critic"]
            + of.penalty_weight * metrics["loss_penalty"]
        )
        return loss, (model_state, {"loss": loss, **metrics})

    def _game(self, params, own, label, real, drawn, key) -> Metrics:
        """The critic's losses and the generator's, of features."""
        game, critic = GAMES[self.settings.loss], self.of.critic

        def scores(weights, features, label):
            return critic.apply({"params": weights}, features, label)

        given, half = jax.lax.stop_gradient(drawn), len(label)
        both = jnp.concatenate([real, given]), jnp.concatenate([label, label])
        of_both = scores(params["critic"], *both)
        of_real, of_drawn = of_both[:half], of_both[half:]
        mean = lambda x: scores(params["critic"], x, label).mean(-1)  # noqa: E731
        return {
            "loss_critic": game.critic(of_real, of_drawn),
            "loss_penalty": game.penalty(mean, key, real, given),
            "loss_generator": game.generator(scores(own["critic"], drawn, label)),
            "score_gap": of_real.mean() - of_drawn.mean(),
        }


def make_stages(
    config: ConfigDict, networks: timegan.Networks, info: DataInfo
) -> tuple[Stage, Stage, Stage]:
    """The three phases; the last leaves generator, supervisor and recovery."""
    of = _Phases(config, networks, info)
    common = {
        "example": adversarial.example(info),
        "rows": adversarial.rows,
        "sections": ("timegan", "evaluation"),
    }

    def leave(params: Mapping[str, PyTree], model_state: PyTree) -> PyTree:
        del model_state
        return params

    return (
        Stage(
            name=EMBEDDING,
            init=of.embedding_init,
            loss_fn=of.embedding_loss,
            export=leave,
            evaluate=of.embedding_evaluate,
            about="series learn to go through features and back",
            **common,
        ),
        Stage(
            name=SUPERVISOR,
            init=of.supervisor_init,
            loss_fn=of.supervisor_loss,
            export=leave,
            needs=(EMBEDDING,),
            about="a network learns the next frame's features",
            **common,
        ),
        adversarial.make_game(
            info,
            name=JOINT,
            init=of.joint_init,
            loss_fn=of.joint_loss,
            export=lambda params, state: {k: params["generator"][k] for k in _DRAWN},
            needs=(EMBEDDING, SUPERVISOR),
            snapshot=adversarial.make_snapshot(
                networks.draw, info, config.timegan.label_drop_rate
            ),
            curves=("score_gap", "loss_moments", "loss_reconstruction"),
            sections=common["sections"],
            about="all five networks: generator and critic against each other",
        ),
    )
