"""Tests of ``parc.cli``."""
