"""From observations to changes of the inventory: pure planning, then one careful apply."""
