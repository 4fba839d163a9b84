"""Whole networks made of blocks."""
