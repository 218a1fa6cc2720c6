"""Measurements; each module prints a table in Markdown."""
