"""One file per stage: config -> Task."""
