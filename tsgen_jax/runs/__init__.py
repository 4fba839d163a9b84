"""A run is a directory: its files, config, seeds and lock."""
