"""List files: reading them safely, writing them, templates, and giving a faulty one back annotated."""

from matchmaker.lists.files.annotate import annotate
from matchmaker.lists.files.guard import check_file
from matchmaker.lists.files.table import SheetRow, Table, read_table
from matchmaker.lists.files.template import write_template
from matchmaker.lists.files.written import write_csv, write_xlsx

__all__ = ["SheetRow", "Table", "annotate", "check_file", "read_table", "write_csv", "write_template", "write_xlsx"]
