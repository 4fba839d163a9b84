"""Time series by name: archives, parts, scaling, TFDS, synthetic series."""
