"""Tests of ``parc.queries``."""
