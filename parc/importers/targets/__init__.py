"""Where imported values go: one module a kind of record, each over its services."""
