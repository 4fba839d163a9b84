"""Runs of a sweep: planned, run here or elsewhere, counted, and their scores kept."""
