"""What tsgen_jax is measured against; these modules run in an environment of torch."""
