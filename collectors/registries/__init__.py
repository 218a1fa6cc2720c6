"""Tables of public numbers and words, as data files with a loader each."""
