"""Time series generation with discrete tokens: SSL-VQVAE and MaskGIT in JAX."""

__version__ = "0.1.0"
