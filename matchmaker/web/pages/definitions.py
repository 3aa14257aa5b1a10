"""口径: how each number of the workbench is made."""

from flask import Blueprint

from matchmaker.reports.indicators import BY_KEY, GROUPS
from matchmaker.web.guard import action
from matchmaker.web.pages.workbench.bureau import address_of, count_indicators
from matchmaker.web.view import page, parts, reading

definitions = Blueprint("definitions", __name__)


@definitions.get("/definitions")
@action("indicators")
def overview() -> str:
    """Definition, zone, cut-off and last refresh of every indicator, with its present number."""
    with reading() as session:
        counts = count_indicators(session)
    return page(
        "definitions.html", groups=GROUPS, indicators=BY_KEY, counts=counts, address_of=address_of, now=parts().now()
    )
