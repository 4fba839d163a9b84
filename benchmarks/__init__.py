"""Ours beside others, in turn on one machine."""
