"""Tables of many rows: filtered, sorted, paged and exported on the server, with the whole state in the address."""

from matchmaker.web.tables.filters import Between, Choice, During, Exact, Filter, Flag
from matchmaker.web.tables.table import ROWS_A_PAGE, Column, Table, View, count_rows, look

__all__ = [
    "ROWS_A_PAGE",
    "Between",
    "Choice",
    "Column",
    "During",
    "Exact",
    "Filter",
    "Flag",
    "Table",
    "View",
    "count_rows",
    "look",
]
