"""Scalars from arrays: what training makes small."""
