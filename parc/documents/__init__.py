"""What is printed: labels and sheets to sign, as PDF.

Plain values in, octets out; texts come in the reader's language. Knows no database and no Flask.
"""
