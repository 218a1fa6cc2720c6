"""Tests of ``parc.discovery``."""
