"""Decoding of tokens; knows only a function from tokens to logits."""
