"""The lists as tables, and one page for each entry with its versions."""

from datetime import timedelta
from typing import Any

from flask import Blueprint, request
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from matchmaker.domain.errors import NotFoundError
from matchmaker.domain.terms import EntryStatus
from matchmaker.domain.text import Text
from matchmaker.lists.entry import Entry, fields_of, key_fields, key_of
from matchmaker.lists.models import LISTS
from matchmaker.lists.queries import find_entry, history_of
from matchmaker.lists.readable import note_look, readable_fields
from matchmaker.web.guard import action
from matchmaker.web.names import names_for, show
from matchmaker.web.view import actor, current_day, page, page_number, parts, reading

lists = Blueprint("lists", __name__)
ROWS_A_PAGE = 50

COLUMNS: dict[str, tuple[str, ...]] = {
    "policies": ("title", "level", "instrument", "fulfilment_mode", "valid_from", "valid_to"),
    "products": (
        "name",
        "bank_name",
        "product_type",
        "amount_max_wan",
        "term_max_months",
        "rate_min_pct",
        "rate_max_pct",
    ),
    "needs": ("uscc", "amount_wan", "term_months", "purpose", "max_rate_pct", "security_offered", "submitted_on"),
    "enterprises": ("name", "area_code", "industry_code", "chain_code", "founded_on", "tiers"),
    "organisations": ("name", "kind", "short_name"),
    "credit-records": ("uscc", "kind", "severity", "decided_on", "repaired_on"),
}
"""What a table shows of each list; the entry's own page shows everything. Contacts are nobody's reading matter."""


def _model(kind: str) -> Any:
    if kind not in COLUMNS:
        raise NotFoundError(Text("没有这张清单。", "There is no such list."), code="unknown_list")
    return LISTS[kind]


@lists.get("/lists/<kind>")
@action("lists.read")
def table(kind: str) -> str:
    """One list, paged, filtered by state."""
    model = _model(kind)
    status = EntryStatus._value2member_map_.get(request.args.get("status", ""))
    number = page_number()
    with reading() as session:
        counts: dict[Any, int] = dict(session.execute(select(model.status, func.count()).group_by(model.status)).all())
        query = select(model).order_by(model.id)
        if status is not None:
            query = query.where(model.status == status)
        rows = session.scalars(query.limit(ROWS_A_PAGE).offset((number - 1) * ROWS_A_PAGE)).all()
        fields = [f for f in fields_of(model) if f.code in COLUMNS[kind]]
        names = names_for(session, fields, rows)
    total = counts.get(status, 0) if status is not None else sum(counts.values())
    return page(
        "list.html",
        model=model,
        kind=kind,
        rows=rows,
        fields=fields,
        names=names,
        key_of=key_of,
        address_of=address_of,
        show=show,
        counts=counts,
        status=status,
        states=[s for s in EntryStatus if counts.get(s)],
        total=total,
        number=number,
        pages=-(-total // ROWS_A_PAGE),
        stale_before=_stale_before(),
        ended=_ended,
    )


def address_of(entry: Entry) -> str:
    """What an entry's page is called: its key, or where that names an enterprise, its public id (ASVS 14.2.1)."""
    return "/".join(map(str, key_of(entry))) if _key_may_be_shown(type(entry)) else str(entry.public_id)


def _key_may_be_shown(model: type[Entry]) -> bool:
    return all(field.sensitivity == "public" for field in key_fields(model))


def _find(session: Session, model: type[Entry], address: str) -> Entry:
    if _key_may_be_shown(model):
        return find_entry(session, model, address)
    found = session.scalars(select(model).where(model.public_id == address)).one_or_none()
    if found is None:
        raise NotFoundError(Text("没有这一条。", "There is no such entry."), code="unknown_entry")
    return found


def _stale_before() -> Any:
    return parts().now() - timedelta(days=parts().settings.stale_days)


def _ended(entry: Any) -> Text | None:
    """Whether a product or policy is outside its validity today."""
    day = current_day()
    if getattr(entry, "valid_to", None) and entry.valid_to < day:
        return Text("已过有效期", "ended")
    if getattr(entry, "valid_from", None) and entry.valid_from > day:
        return Text("尚未生效", "not yet valid")
    return None


@lists.get("/lists/<kind>/<path:key>")
@action("lists.read")
def entry(kind: str, key: str) -> str:
    """One entry with all its fields and the history of its versions."""
    model = _model(kind)
    with reading() as session:
        found: Any = _find(session, model, key)
        versions = history_of(session, found)
        fields = readable_fields(actor(), found)
        names = names_for(session, fields, [found])
    note_look(parts().database, actor(), found, "page", parts().now())
    return page(
        "entry.html",
        model=model,
        kind=kind,
        key=key,
        entry=found,
        fields=fields,
        versions=versions,
        show=show,
        names=names,
        ended=_ended,
        stale_before=_stale_before(),
    )
