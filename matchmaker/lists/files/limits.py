"""Limits on uploaded files, all in one place; docs and tests read them here (RELIABILITY.md section 1, rule 19)."""

MB = 1024 * 1024

MAX_XLSX_BYTES = 10 * MB
MAX_CSV_BYTES = 64 * MB
MAX_XLSX_ROWS = 50_000
MAX_CSV_ROWS = 200_000
"""Rows with something in them. A whole city's list belongs into a .csv file."""
ROWS_ABOVE = 50
"""Rows over the limit that are let pass for titles, notes and the header."""
MAX_COLUMNS = 500
"""Columns that are looked at; what stands further right is ignored like any extra column."""
MAX_CELL_CHARACTERS = 32_767
"""The most a spreadsheet cell can hold. What is longer is cut one character later, and so refused as too long."""
MAX_TEXT_CHARACTERS = 32_000_000
"""All cells of a workbook together."""
MAX_MERGED = 2_000
MAX_MERGED_CELLS = 200_000

MAX_ZIP_ENTRIES = 500
MAX_ZIP_DIRECTORY_BYTES = 256 * 1024
MAX_UNPACKED_BYTES = 250 * MB
MAX_RATIO = 150
"""Unpacked to packed size of one entry, looked at from RATIO_FROM_BYTES on."""
RATIO_FROM_BYTES = 4 * MB

READER_MEMORY_BYTES = 512 * MB
READER_CPU_SECONDS = 20
READER_SECONDS = 30

ANNOTATE_CELLS = 200_000
"""A larger workbook is not edited in place: the faults come back in a new one (see ``annotate``)."""
ANNOTATE_COMMENTS = 2_000
ANNOTATE_MEMORY_BYTES = 1024 * MB
ANNOTATE_CPU_SECONDS = 60
ANNOTATE_SECONDS = 90
