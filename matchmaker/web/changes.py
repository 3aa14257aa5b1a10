"""Where the owner of a need or a profile changes it: the one place that knows these addresses."""

from urllib.parse import urlencode

from flask import current_app, url_for

from matchmaker.domain.terms import Side
from matchmaker.lists.models import Enterprise, Need
from matchmaker.web.view import actor


def change_address(need: Need, **cells: str) -> str:
    """The form that changes a need, with ``cells`` (column code → text) filled in; until there is one, its entry."""
    form = f"/needs/{need.public_id}/change"
    return _filled(form, cells) or url_for("lists.entry", kind="needs", key=need.need_no)


def profile_address(enterprise: Enterprise, **cells: str) -> str:
    """The form that changes the own enterprise's facts, filled in; until there is one, its entry."""
    return _filled("/enterprise/change", cells) or url_for("lists.entry", kind="enterprises", key=enterprise.public_id)


def _filled(path: str, cells: dict[str, str]) -> str | None:
    """None where there is no such form, or the reader is not its owner."""
    if actor().side is not Side.ENTERPRISE or not current_app.url_map.bind("localhost").test(path, "GET"):
        return None
    return f"{path}?{urlencode(cells)}" if cells else path
