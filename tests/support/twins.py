"""A city of twins: every table has a row of each owner, alike but for whose it is."""

from datetime import UTC, date, datetime
from itertools import count
from typing import Any

from sqlalchemy import inspect
from sqlalchemy.orm import Session

from matchmaker import models as every_table  # noqa: F401  (registers every table)
from matchmaker.actor import Actor
from matchmaker.db import UtcTime
from matchmaker.domain import uscc
from matchmaker.domain.terms import EntryStatus, OrganisationKind, Side
from matchmaker.lists.entry import Entry
from matchmaker.tenancy import Base, tenant_tables

AT = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
ONE, OTHER = uscc.make("371002", "MA000001"), uscc.make("371002", "MA000002")
ORGANISATIONS = {"J1": "BUREAU", "B1": "BANK", "B2": "BANK", "G1": "GUARANTOR", "B1-1": "BRANCH"}
OWNERS: tuple[dict[str, str | None], ...] = (
    *({"org_code": code, "uscc": None} for code in ORGANISATIONS),
    {"org_code": None, "uscc": ONE},
    {"org_code": None, "uscc": OTHER},
    {"org_code": None, "uscc": None},
)
"""Each organisation, each enterprise, the platform."""

VIEWERS: tuple[Actor, ...] = (
    Actor("bureau", Side.BUREAU, orgs=("J1",)),
    Actor("bank 1", Side.BANK, orgs=("B1", "B1-1")),
    Actor("bank 2", Side.BANK, orgs=("B2",)),
    Actor("guarantor", Side.GUARANTOR, orgs=("G1",)),
    Actor("enterprise 1", Side.ENTERPRISE, uscc=ONE),
    Actor("enterprise 2", Side.ENTERPRISE, uscc=OTHER),
    Actor("system administrator", Side.SYSTEM),
    Actor("security administrator", Side.SECURITY),
    Actor("auditor", Side.AUDIT),
    Actor("stranger", Side.ANYONE),
)

_NUMBERS = count(1)
_DUMMIES: dict[type, Any] = {
    str: "x",
    int: 1,
    float: 1.0,
    bool: False,
    datetime: AT,
    date: AT.date(),
    object: {},
}
_STORED: dict[str, type] = {"text": str, "integer": int, "date": date, "boolean": bool}
_CHOSEN: dict[str, dict[str, Any]] = {
    "bank_e6": {"scheme_grade": 99_999_999},
    "state": {
        "import_job": "checked",
        "push_run": "planned",
        "guarantee": "released",
        "guarantee_event": "applied",
    },
    "grade": {"rating": "B", "rating_override": "A"},
    "reason": {"rating_override": "a reason of some words"},
    "kind": {"invitation": "invite", "reset_request": "password", "subject_request": "copy"},
}


def add(session: Session, model: type[Base], **values: Any) -> Any:
    """A row of ``model`` with these values; what else must be given is filled with something."""
    for attribute in inspect(model).column_attrs:
        column: Any = attribute.columns[0]
        generated = column.autoincrement is True or (column.primary_key and column.name == "id")
        if column.nullable or column.default or column.server_default or generated or attribute.key in values:
            continue
        values[attribute.key] = _something(model, column)
    row = model(**values)
    session.add(row)
    session.flush()
    return row


def _something(model: type[Base], column: Any) -> Any:
    chosen = _CHOSEN.get(column.name, {}).get(model.__tablename__)
    if chosen:
        return chosen
    kind = getattr(column.type, "kind", None)
    if kind is not None and kind.choices():
        return kind.choices()[0]
    python = (
        _STORED[kind.storage] if kind else datetime if isinstance(column.type, UtcTime) else column.type.python_type
    )
    unique = column.unique or column.primary_key
    return f"{column.name}-{next(_NUMBERS)}" if python is str and unique else _DUMMIES[python]


def twin_city(session: Session) -> None:
    """Fill an empty database: ids of rows are given out owner by owner, so no id tells whose a row is."""
    by_name = {model.__name__: model for model in tenant_tables()}
    for code, kind in ORGANISATIONS.items():
        parent = code.partition("-")[0] if kind == "BRANCH" else None
        add(
            session, by_name["Organisation"], org_code=code, kind=OrganisationKind.of(kind), name=code,
            parent_org_code=parent,
        )  # fmt: skip
    for code in (ONE, OTHER):
        _enterprise(session, by_name, code)
    for bank in ("B1", "B2"):
        for status in (EntryStatus.DRAFT, EntryStatus.PUBLISHED):
            add(
                session, by_name["Product"], bank_name=bank, name="流贷", status=status,
                product_code=f"{bank}-{status.value}",
            )  # fmt: skip
    for status in (EntryStatus.DRAFT, EntryStatus.PUBLISHED):
        add(session, by_name["Policy"], policy_no=f"P-{status.value}", status=status)
    for owner in OWNERS:
        _owned(session, by_name, owner)
    _shared(session, by_name)
    _ratings(session, by_name)
    _books(session, by_name)
    _rest(session)
    _versions(session, by_name)


def _enterprise(session: Session, named: dict[str, type[Base]], code: str) -> None:
    add(session, named["Enterprise"], uscc=code, name="同名有限公司")
    add(session, named["Need"], uscc=code, need_no=f"N-{code}", term_months=12)
    for name in ("CreditRecord", "Registration", "SubjectRequest"):
        add(session, named[name], uscc=code, **({"record_no": code} if name == "CreditRecord" else {}))
    add(session, named["ApprovedText"], uscc=code, need_no=f"N-{code}")


def _owned(session: Session, named: dict[str, type[Base]], owner: dict[str, str | None]) -> None:
    """What belongs to one organisation, one enterprise or the platform."""
    for name in ("ApiToken", "Invitation", "ImportJob", "Change"):
        person = {"person_id": 1} if name == "ApiToken" else {}
        if name == "ApiToken":
            person["person_id"] = add(session, named["Person"], **owner).id
            add(session, named["PersonRole"], role="FINANCE", **person)
            add(session, named["RecoveryCode"], **person)
            add(session, named["SignIn"], **person)
            add(session, named["ResetRequest"], **person)
            if owner["uscc"]:
                add(session, named["FormDraft"], uscc=owner["uscc"], **person)
        add(session, named[name], **owner, **person)
    endpoint = add(session, named["WebhookEndpoint"], **owner)
    event = add(session, named["WebhookEvent"], endpoint_id=endpoint.id)
    add(session, named["WebhookAttempt"], event_id=event.id)
    if owner["org_code"] or owner["uscc"]:
        contact = add(session, named["Contact"], name="某人", **owner, contact_no=f"C-{next(_NUMBERS)}")
        add(session, named["PushItem"], contact_no=contact.contact_no, item_key=contact.contact_no)
        add(session, named["NoticeSetting"], contact_no=contact.contact_no, digest="none")
        add(session, named["OutboxMessage"], contact_no=contact.contact_no, window=contact.contact_no)


def _shared(session: Session, named: dict[str, type[Base]]) -> None:
    """What stands between two: consents, disclosures, leads, matches."""
    run = add(session, named["PushRun"])
    match = add(session, named["MatchRun"])
    for code in (ONE, OTHER):
        add(session, named["Disclosure"], uscc=code, org_code=None)
        add(session, named["EnterpriseRating"], uscc=code)
        key = add(session, named["SigningKey"])
        add(
            session,
            named["Certificate"],
            uscc=code,
            kid=key.kid,
            grade="B",
            rating_no=code,
            expires_at=datetime.max.replace(tzinfo=UTC),
        )
        add(session, named["GuarantorRelation"], uscc=code, org_code="G1")
        for bank in ("B1", "B2", "G1"):
            consent = add(session, named["Consent"], uscc=code, org_code=bank)
            add(session, named["Disclosure"], uscc=code, org_code=bank, consent_id=consent.id)
        for bank in ("B1", "B2"):
            product = f"{bank}-{EntryStatus.PUBLISHED.value}"
            add(session, named["Lead"], need_no=f"N-{code}", org_code=bank, product_code=product, push_run_id=run.id)
            add(session, named["Referral"], need_no=f"N-{code}", org_code=bank, product_code=product)
            add(session, named["MatchPair"], run_id=match.id, need_no=f"N-{code}", product_code=product)
            parties = {"uscc": code, "org_code": "G1", "bank_code": bank}
            made = add(session, named["Guarantee"], need_no=f"N-{code}", product_code=product, **parties)
            add(session, named["GuaranteeEvent"], guarantee_no=made.guarantee_no, event_no=code, **parties)
            for inside in (False, True):
                add(session, named["GuaranteeNote"], guarantee_no=made.guarantee_no, inside=inside, **parties)


def _ratings(session: Session, named: dict[str, type[Base]]) -> None:
    """Rules and cards as drafts and retired; of each enterprise two ratings, one with an override only asked for."""
    add(session, named["RatingRules"], state="draft")
    rules = add(session, named["RatingRules"], state="retired", released_by="another")
    add(session, named["FittedCard"], state="draft")
    add(session, named["FittedCard"], state="retired", released_by="another")
    for code in (ONE, OTHER):
        for state, decided_by in (("asked", None), ("confirmed", "another")):
            rating = add(session, named["Rating"], uscc=code, rules_version=rules.rules_version)
            about = {"uscc": code, "rating_no": rating.rating_no}
            add(session, named["RatingOverride"], state=state, decided_by=decided_by, **about)
            add(session, named["RatingAppeal"], **about)


def _books(session: Session, named: dict[str, type[Base]]) -> None:
    """The ledger of a guarantor for both enterprises, and a balance over all guarantors."""
    for code in (ONE, OTHER):
        about = {"org_code": "G1", "uscc": code}
        entry = add(session, named["LedgerEntry"], guarantee_no=f"DB-{code}", seq=1, kind="reserve", terms={}, **about)
        add(
            session, named["LedgerLeg"], entry_id=entry.id, org_code="G1", guarantee_no=f"DB-{code}", account="reserved"
        )
        add(session, named["GuaranteeBalance"], scope="customer", key=f"G1|{code}", **about)
    add(session, named["GuaranteeBalance"], scope="city_group", key="甲集团")


def _rest(session: Session) -> None:
    """A row of every table that is nobody's own and has none yet."""
    for model in tenant_tables():
        if model.__name__ != "ListVersion" and session.query(model).first() is None:
            add(session, model)


def _versions(session: Session, named: dict[str, type[Base]]) -> None:
    for model in tenant_tables():
        if issubclass(model, Entry):
            for entry in session.query(model).all():
                add(session, named["ListVersion"], kind=model.kind_name, entry_id=entry.id, status=EntryStatus.DRAFT)
