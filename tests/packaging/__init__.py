"""The built product."""
