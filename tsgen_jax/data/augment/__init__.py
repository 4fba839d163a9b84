"""Second views of a series."""
