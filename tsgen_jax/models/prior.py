"""The prior: a transformer that predicts masked tokens, or each token from those before.

MaskGIT, https://arxiv.org/abs/2202.04200, in the two forms of NC-VQVAE; and the same
network with causal attention, as of VQ-VAE's first priors.
"""

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np

from tsgen_jax.nn import resnet, transformer
from tsgen_jax.nn.dense import Dense
from tsgen_jax.types import Array, DType

KINDS = ("tied", "full_embedding")
CODEBOOKS = ("frozen", "finetuned")


def in_time(map_shape: tuple[int, int]) -> np.ndarray:
    """Tokens of a map [F, W] (row by row) in the order of a causal prior, int [F W]."""
    return np.arange(np.prod(map_shape)).reshape(map_shape).T.reshape(-1)


class Prior(nn.Module):
    """Tokens, some of them masked, and a class -> logits of every token.

    `kind='tied'`: token embeddings start as the tokenizer's codes, are trained, and
    are the output weights as well. 'full_embedding': the inputs are the codes
    themselves, 'frozen' or 'finetuned', and the output has weights of its own.

    With a context of M tokens of another codebook, their embeddings are mapped from M
    to N places and concatenated with those of the tokens: TimeVQVAE,
    https://arxiv.org/abs/2303.04743, p(high | low).
    """

    num_tokens: int  # N
    num_codes: int  # K; the mask token is K.
    num_classes: int  # Y; the label Y stands for "any class".
    kind: str
    codebook: str
    width: int
    num_layers: int
    num_heads: int
    head_width: int
    mlp_ratio: int
    dropout: float
    trunk_positions: bool
    dtype: DType  # Of the trunk's products; embeddings and logits are float32.
    remat: bool  # Compute layers again for the gradient.
    num_context: int = 0  # M
    # (F, W): a token is predicted from those before it alone, column by column of the
    # map, each from low to high frequencies. None: from all that are not masked.
    causal: tuple[int, int] | None = None

    @nn.compact
    def __call__(
        self,
        tokens: Array,
        label: Array,
        codes: Array,
        train: bool,
        context_codes: Array | None = None,
    ) -> jax.Array:
        """Predicts every token.

        Args:
            tokens: int [B, M + N]: the context, then N in [0, K]; K is masked.
            label: int [B] in [0, Y]; Y is no class.
            codes: the tokenizer's codes, float [K, D].
            train: whether dropout is on (it then needs an rng 'dropout').
            context_codes: of the context, float [K', D']; None: there is none.

        Returns:
            Logits, float [B, N, K].

        Raises:
            ValueError: N or K differ from the module's; unknown kind or codebook.
        """
        for name, value, known in (
            ("kind", self.kind, KINDS),
            ("codebook", self.codebook, CODEBOOKS),
        ):
            if value not in known:
                raise ValueError(
                    f"Unknown prior.{name} {value!r}; known: {', '.join(known)}."
                )
        num = self.num_context + self.num_tokens
        if tokens.shape[1:] != (num,) or len(codes) != self.num_codes:
            raise ValueError(
                f"Prior of N={num}, K={self.num_codes} got tokens "
                f"{tokens.shape} and {len(codes)} codes."
            )
        context, tokens = tokens[:, : self.num_context], tokens[:, self.num_context :]
        width = codes.shape[-1]
        normal = nn.initializers.normal(1.0)
        trained = self.kind == "tied" or self.codebook == "finetuned"
        table = self.param("embedding", lambda _: codes) if trained else codes
        mask = self.param("mask_embedding", normal, (1, width))
        x = jnp.concatenate([table, mask])[tokens]
        if self.num_context:
            x = jnp.concatenate([self._given(context, context_codes, trained), x], -1)
        inner = x.shape[-1]
        x = x + self.param("positions", normal, (self.num_tokens, inner))[None]
        if self.causal:
            x = x[:, in_time(self.causal)]
        x = nn.LayerNorm(epsilon=1e-12)(x)
        classes = nn.Embed(self.num_classes + 1, inner, embedding_init=normal)
        x = jnp.concatenate([classes(label)[:, None], x], axis=1)
        x = transformer.Dropout(self.dropout)(x, train)
        x = transformer.Trunk(
            width=self.width,
            num_layers=self.num_layers,
            num_heads=self.num_heads,
            head_width=self.head_width,
            mlp_ratio=self.mlp_ratio,
            dropout=self.dropout,
            positions=self.trunk_positions,
            dtype=self.dtype,
            remat=self.remat,
            causal=self.causal is not None,
        )(x, train)
        # What stands at a token, or, of what is to know it not, at the one before it.
        x = x[:, :-1][:, np.argsort(in_time(self.causal))] if self.causal else x[:, 1:]
        x = Dense(width, dtype=self.dtype)(x)
        x = transformer.gelu(x).astype(jnp.float32)
        x = nn.LayerNorm(epsilon=1e-12)(x)
        if self.kind == "full_embedding":
            return Dense(self.num_codes)(x)
        bias = self.param(
            "bias", nn.initializers.zeros, (self.num_tokens, self.num_codes)
        )
        return jnp.einsum("bnd,kd->bnk", x, table) + bias[None]

    def _given(self, context: Array, codes: Array, trained: bool) -> jax.Array:
        """The context's embeddings [B, M, D'], mapped along the sequence: [B, N, D']."""
        table = self.param("context_embedding", lambda _: codes) if trained else codes
        shape = self.num_tokens, self.num_context
        init = resnet.uniform(self.num_context**-0.5)
        mix = self.param("context_kernel", init, shape)
        bias = self.param("context_bias", init, (self.num_tokens,))
        return jnp.einsum("bmd,nm->bnd", table[context], mix) + bias[None, :, None]
