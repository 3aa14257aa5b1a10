"""What can be done with the lists. No function here commits; the caller owns the transaction."""

from matchmaker.lists.services.importing import ImportProgress, ImportResult, import_table
from matchmaker.lists.services.workflow import change_status, confirm_entries, expire_entries
from matchmaker.lists.services.writing import last_version_id, record_version

__all__ = [
    "ImportProgress",
    "ImportResult",
    "change_status",
    "confirm_entries",
    "expire_entries",
    "import_table",
    "last_version_id",
    "record_version",
]
