"""Judgements of a run: arrays in, numbers, figures and a page out."""
