"""Raw names of installed software folded to publisher, product, edition, version; pure."""
