"""Tests of ``parc.jobs``."""
