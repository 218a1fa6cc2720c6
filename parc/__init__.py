"""Parc: discovery, asset management and incidents of an IT fleet in one place."""
