"""The lists of the city of canaries: what is imported, and the ids of what the import and the push make of it."""

from datetime import timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.domain.terms import EntryStatus
from matchmaker.lists.models import LISTS, CreditRecord, Need, Product
from matchmaker.lists.registers import Chain
from matchmaker.outbox.models import OutboxMessage
from matchmaker.push.models import Lead
from matchmaker.referrals.models import Referral
from tests.support.canary_city import BANKS, CROWD, FIRMS, OFFICES, OWNERS, City
from tests.support.city import TUESDAY, contact, enterprise, need, product, put


def put_lists(session: Session, city: City) -> None:
    """Import everything; each bank has a draft, too."""
    at = TUESDAY - timedelta(days=6)
    kinds = {"B": "BANK", "G": "GUARANTOR", "J": "BUREAU"}
    named = ({"org_code": one, "kind": kinds[one[0]], "name": f"{one}机构", "short_name": one} for one in OFFICES)
    put(session, "organisations", *named, now=at)
    put(session, "enterprises", *(_firm(city, one) for one in FIRMS), *(enterprise(n) for n in CROWD), now=at)
    put(session, "products", *(_product(city, bank, n) for n, bank in enumerate(BANKS, 1)), now=at)
    put(session, "needs", *(_need(city, one) for one in FIRMS), *(need(n) for n in CROWD), now=at)
    put(session, "contacts", *(_contact(city, one) for one in OWNERS), now=at)
    records = [_record(city, one, mode) for one in FIRMS for mode in ("PUBLIC", "AUTHORISED", "GOVERNMENT")]
    put(session, "credit-records", *records, now=at)
    put(session, "policies", {"policy_no": "ZC-1", "title": city.text("public"), "level": "MUNICIPAL",
                              "instrument": "INTEREST_SUBSIDY"}, now=at)  # fmt: skip
    for n, bank in enumerate(BANKS, 1):
        words = (city.text("draft", bank), city.text("draft", bank))
        draft = product(bank, n, product_code=f"DRAFT-{bank}", name=words[0], description=words[1])
        put(session, "products", draft, now=at)
    for draft_row in session.scalars(select(Product).where(Product.product_code.startswith("DRAFT"))):
        draft_row.status = EntryStatus.DRAFT


def _firm(city: City, uscc: str) -> dict[str, Any]:
    note = city.canaries
    note.note(uscc, "uscc", uscc)
    return enterprise(
        1, uscc=uscc, name=f"{city.text('identity', uscc)}公司", revenue_wan=note.number("business", uscc),
        total_assets_wan=note.number("business", uscc),
    )  # fmt: skip


def _need(city: City, uscc: str) -> dict[str, Any]:
    number = f"XQ-{uscc[8:16]}-{city.canaries.word('identity', uscc)}"
    city.name("need_no", number, uscc, seen="identity")
    return need(
        1, uscc=uscc, need_no=number, amount_wan=city.canaries.number("business", uscc),
        description=city.text("identity", uscc), submitted_on="2026-11-02", banks_at_a_time="3",
    )  # fmt: skip


def _product(city: City, bank: str, number: int) -> dict[str, Any]:
    code = f"{bank}P1"
    capacity = city.canaries.note(str(948_151 + number), "internal", bank)
    words = (city.text("product", bank), city.text("product", bank))
    return product(bank, number, product_code=code, name=words[0], description=words[1], lead_capacity_month=capacity,
                   amount_max_wan="9000")  # fmt: skip


def _contact(city: City, owner: str) -> dict[str, Any]:
    home = {"uscc": owner} if owner in FIRMS else {"org_code": owner}
    roles = {"B": "ACCOUNT_MANAGER", "G": "UNDERWRITER", "J": "OPERATOR"}
    note = city.canaries
    return contact(
        f"L-{OWNERS.index(owner)}", role=roles.get(owner[0], "FINANCE"), name=city.text("contact", owner),
        phone=note.note(f"1390000{len(note.known):04d}", "contact", owner),
        email=f"{note.word('contact', owner)}@receiver.example", **home,
    )  # fmt: skip


def _record(city: City, uscc: str, mode: str) -> dict[str, str]:
    kind = {"PUBLIC": "identity", "AUTHORISED": "credit", "GOVERNMENT": "government"}[mode]
    number = city.canaries.word(kind, uscc)
    return {
        "source": "信用中国", "record_no": number, "uscc": uscc, "authority": city.text(kind, uscc),
        "kind": "ADMIN_PENALTY", "severity": "GENERAL", "decided_on": "2026-05-01", "disclosure": mode,
        "summary": city.text(kind, uscc),
    }  # fmt: skip


def name_entries(session: Session, city: City) -> None:
    """Note the ids of what the import and the push have made."""
    entry: Any
    shared: Any
    for kind, seen in (("enterprises", "own id"), ("needs", "own id"), ("credit-records", "own id")):
        for entry in session.scalars(select(LISTS[kind]).where(LISTS[kind].uscc.in_(FIRMS))):  # type: ignore[attr-defined]
            city.name(kind, entry.public_id, entry.uscc, seen=seen)
            if isinstance(entry, CreditRecord):
                city.name("record", f"{entry.source}/{entry.record_no}", entry.uscc, seen="own id", looked_for=False)
    for made in session.scalars(select(Product)):
        seen = "draft" if made.status is EntryStatus.DRAFT else "product"
        city.name("products", made.public_id, made.bank_name, seen=seen)
        city.name("product_code", made.product_code, made.bank_name, seen=seen)
    for kind in ("policies", "organisations"):
        for shared in session.scalars(select(LISTS[kind])):
            city.name(kind, shared.public_id, seen="public")
            city.name(f"key of {kind}", getattr(shared, "policy_no", None) or shared.org_code, seen="public",
                      looked_for=False)  # fmt: skip
    for chain in session.scalars(select(Chain)):
        city.name("chains", chain.public_id, seen="public")
    firm_of = {one.need_no: one.uscc for one in session.scalars(select(Need))}
    for lead in session.scalars(select(Lead)):
        if firm_of[lead.need_no] in FIRMS:
            city.name("leads", lead.public_id, lead.org_code, firm_of[lead.need_no])
        else:
            city.canaries.note(lead.public_id, "leads", lead.org_code)
    for one in session.scalars(select(Referral)):
        owner = firm_of[one.need_no]
        if owner in FIRMS:
            city.name("referrals", one.public_id, one.org_code, owner, seen="leads")
            one.bank_note, one.firm_note = city.text("note", one.org_code), city.text("note", owner)
            one.bank_by = f"某{city.canaries.word('note', one.org_code)}"
    for message in session.scalars(select(OutboxMessage)):
        city.name("message", message.message_id, looked_for=False)
