"""Sweeps and benchmarks: they see tsgen_jax from outside."""
