"""Parts of more than one generator: a file per stage, config -> Stage."""
