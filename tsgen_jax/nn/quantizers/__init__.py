"""Vector quantisers, a file each."""
