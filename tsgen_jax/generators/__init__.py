"""What generates series."""
