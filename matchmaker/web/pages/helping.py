"""帮助: what one does on each page, that of the page one came from first."""

from flask import Blueprint, request

from matchmaker.web.guard import action
from matchmaker.web.help import HELP, SIGNED_OUT
from matchmaker.web.menu import Item, is_current
from matchmaker.web.view import me, menu_of_reader, page

helping = Blueprint("helping", __name__)


@helping.get("/help")
@action("help")
def overview() -> str:
    """Help for the pages that the reader's menu has; ``?at=`` is the address the reader came from."""
    items = menu_of_reader() if me() else []
    asked = _asked(items, request.args.get("at", ""))
    others = [item for item in items if item is not asked]
    return page("help.html", asked=asked, others=others, sentences=HELP, signed_out=SIGNED_OUT)


def _asked(items: list[Item], address: str) -> Item | None:
    """The entry whose page is at ``address``; the first page's own only for the first page."""
    return next((item for item in items if is_current(item, address)), None)
