"""Building blocks; they know no config, no task and no other block."""
