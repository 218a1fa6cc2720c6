"""Discovery: from a range of addresses to an inventory that is up to date."""
