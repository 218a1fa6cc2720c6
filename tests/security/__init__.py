"""Sweeps of the whole application against what the threat model names."""
