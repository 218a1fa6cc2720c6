"""A fleet that lives: machines with a true identity, what happens to them, and who judges."""
