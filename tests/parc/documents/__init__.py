"""Tests of parc.documents."""
