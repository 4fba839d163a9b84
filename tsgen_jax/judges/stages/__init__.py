"""Networks that judge, as the training loop takes them."""
