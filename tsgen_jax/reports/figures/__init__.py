"""Pictures, each a function from arrays to a figure."""
