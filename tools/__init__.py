"""Commands for whoever works on Parc; none of it is installed with the product."""
