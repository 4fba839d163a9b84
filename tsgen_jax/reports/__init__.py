"""Pages and pictures about runs and samples."""
