"""Collectors talk to the network and know neither Flask, the database nor Parc."""
