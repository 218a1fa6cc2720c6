"""Reads: session and filters in, rows or frozen dataclasses out."""
