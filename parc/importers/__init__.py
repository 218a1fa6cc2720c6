"""Files of other systems read into records: one engine for every kind of record.

``reading`` gives a table of texts, ``formats`` reads its cells, ``mapping`` says which column is
which field. These know neither database nor pages.
"""
