"""Cells of files read into values: dates, amounts, quantities, words.

A cell gives a value, something said without one (``Said``), or why it cannot be taken
(``Unreadable``): never a guess. What one cell cannot tell, such as whether the day or the month
comes first, is settled once for its column, from all its cells.
"""
