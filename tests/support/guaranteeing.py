"""A city with a guarantor, its scheme and rated enterprises, and the four roles that take a guarantee through life."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from matchmaker.actor import SYSTEM, Actor
from matchmaker.db import Database
from matchmaker.domain.guarantee_terms import Grade
from matchmaker.domain.terms import EntryStatus, Role, Side
from matchmaker.guarantee.cases import applying, deciding, events, losses
from matchmaker.guarantee.cases.models import Guarantee, GuaranteeEvent, GuaranteeNote
from matchmaker.guarantee.ledger.models import GuaranteeBalance, LedgerEntry, LedgerLeg
from matchmaker.guarantee.ledger.services import Position, position
from matchmaker.guarantee.models import EnterpriseRating
from matchmaker.lists.defaults import load_defaults
from matchmaker.settings import Settings
from tests.support.accounts import SECRET
from tests.support.city import TUESDAY, code_of, put, small_city
from tests.support.consenting import bank, enterprise, need_no

NOW = TUESDAY
TODAY = NOW.date()
WAN = 1_000_000
LONG = "核对了合同、流水与评级依据，情况属实"
"""A reason of more than ten characters."""


def underwriter(number: int = 71, *, org_code: str = "G1") -> Actor:
    """Who reviews."""
    return _guarantor(number, "孙审保", org_code, Role.UNDERWRITER)


def approver(number: int = 81, *, org_code: str = "G1") -> Actor:
    """Who approves; may review too."""
    return _guarantor(number, "钱审批", org_code, Role.APPROVER, Role.UNDERWRITER)


def _guarantor(number: int, name: str, org_code: str, *roles: Role) -> Actor:
    return Actor(
        f"person:g{number}", Side.GUARANTOR, orgs=(org_code,), roles=frozenset(roles), person_id=number, name=name,
        second_factor=True, request_id=f"g{number}",
    )  # fmt: skip


def scheme(code: str = "S1", org_code: str = "G1", **cells: Any) -> dict[str, Any]:
    """A scheme in use, without caps; two persons above 100 × 10k CNY."""
    return {
        "scheme_code": code, "name": f"{code}方案", "org_code": org_code, "active": "是", "fee_pct_per_year": "1%",
        "fee_payer": "TREASURY", "four_eyes_above_wan": "100", "reservation_workdays": "10", "decision_workdays": "3",
        "letter_days": "90",
        "claim_after_days": "60", "interest_days": "90", "term_max_months": "12", "automatic_max_wan": "200",
        "automatic_grades": "A", **cells,
    }  # fmt: skip


def rate(session: Any, number: int, grade: Grade = Grade.A, *, valid_to: date = date(2027, 10, 1)) -> None:
    """Give an enterprise a standing rating, or another one."""
    found = session.scalars(select(EnterpriseRating).where(EnterpriseRating.uscc == code_of(number))).one_or_none()
    values: dict[str, Any] = {"grade": grade, "rating_no": f"PJ-{number:04d}", "rated_on": date(2026, 10, 1),
                              "valid_to": valid_to, "updated_at": NOW, "confirmed_at": NOW}  # fmt: skip
    if found is None:
        blank = {"uscc": code_of(number), "status": EntryStatus.PUBLISHED, "version": 1, "created_at": NOW}
        session.add(EnterpriseRating(**blank, **values))
    for name, value in values.items() if found is not None else ():
        setattr(found, name, value)
    session.flush()


def guaranteed_city(
    database: Database, folder: Path, *, firms: int = 3, schemes: Mapping[str, Any] | None = None, assets: int = 100_000
) -> Settings:
    """Enterprises rated A with a need of 300 × 10k CNY each, banks B1 and B2, guarantors G1 (scheme S1) and G2."""
    settings = Settings(instance=folder, secret_key=SECRET, database_url=database.url)
    with database.writing(SYSTEM) as session:
        load_defaults(session, NOW)
        small_city(session, firms=firms)
        put(
            session,
            "organisations",
            *({"org_code": c, "kind": "GUARANTOR", "name": f"{c}融资担保有限公司"} for c in ("G1", "G2")),
        )
        row = {"kind": "COMPANY", "net_assets_wan": str(assets), "net_assets_on": "2026-09-30", "mainly_small": "否"}
        put(session, "guarantors", *({"org_code": code, **row} for code in ("G1", "G2")))
        put(session, "guarantee-limits", {"limit_no": "P-2", "value_pct": "0%"}, {"limit_no": "P-1", "value_pct": "0%"})
        put(session, "schemes", scheme(**(schemes or {})))
        grades = (("A", "500", "80%", "20%"), ("B", "400", "60%", "40%"), ("C", "300", "40%", "60%"))
        names = ("grade", "amount_max_wan", "guarantor_pct", "bank_pct")
        put(session, "scheme-grades", *({"scheme_code": "S1", **dict(zip(names, one, strict=True))} for one in grades))
        for number in range(1, firms + 1):
            rate(session, number)
    return settings


@dataclass
class Play:
    """One case played through its life by the four roles; days count from the application."""

    database: Database
    settings: Settings
    number: int = 1
    public_id: str = ""
    at: datetime = NOW
    sent: int = 0
    answers: list[events.Answer] = field(default_factory=list)

    def _take(self, step: Callable[..., Any], actor: Actor, **values: Any) -> Guarantee:
        with self.database.writing(actor) as session:
            case: Guarantee = step(session, actor=actor, now=self.at, **values)
            return case

    def apply(self, wan: int | None = None, **values: Any) -> Guarantee:
        """Apply for the cover of the enterprise's need with bank B1's product."""
        case = self._take(
            applying.apply_for, enterprise(self.number),
            settings=self.settings, amount_fen=None if wan is None else wan * WAN,
            **{"need_no": need_no(self.number), "product_code": "B1P1", "scheme_code": "S1", **values},
        )  # fmt: skip
        self.public_id = case.public_id
        return case

    def step(self, verb: str, by: Actor, **values: Any) -> Guarantee:
        """Take a step by its name in the services."""
        service = next(getattr(part, verb) for part in (deciding, losses, applying) if hasattr(part, verb))
        if verb in ("approve", "decline", "withdraw", "compensate", "recover", "write_off"):
            values["settings"] = self.settings
        return self._take(service, by, public_id=self.public_id, **values)

    def review(self, by: Actor | None = None, opinion: str = "approve") -> Guarantee:
        """An opinion for it."""
        return self.step("review", by or underwriter(), opinion=opinion, reason=LONG)

    def approved(self, wan: int | None = None) -> Guarantee:
        """From nothing to the letter."""
        self.apply(wan)
        self.review()
        return self.step("approve", approver())

    def report(
        self,
        kind: str,
        fen: int = 0,
        *,
        day: int = 0,
        no: str | None = None,
        by: Actor | None = None,
        interest: int = 0,
    ) -> events.Answer:
        """The bank's report of something that happened ``day`` days after the application."""
        self.sent += 1
        told = events.Reported(
            event_no=no or f"E{self.sent}", kind=kind, happened_on=TODAY + timedelta(days=day), amount_fen=fen,
            interest_fen=interest,
        )  # fmt: skip
        actor = by or bank()
        with self.database.writing(actor) as session:
            return events.report_event(
                session, actor=actor, public_id=self.public_id, reported=told, settings=self.settings, now=self.at
            )

    def later(self, days: int) -> "Play":
        """Let days pass."""
        self.at = NOW + timedelta(days=days)
        return self

    @property
    def case(self) -> Guarantee:
        """As it stands."""
        with self.database.reading(SYSTEM) as session:
            return session.scalars(select(Guarantee).where(Guarantee.public_id == self.public_id)).one()

    @property
    def position(self) -> Position:
        """Where it stands in the ledger."""
        with self.database.reading(SYSTEM) as session:
            return position(session, self.case.guarantee_no)


def kept(database: Database) -> dict[str, int]:
    """How many rows there are of everything that a step may write: the same before and after what is refused."""
    models = (Guarantee, GuaranteeEvent, GuaranteeNote, LedgerEntry, LedgerLeg, GuaranteeBalance)
    with database.reading(SYSTEM) as session:
        found = {model.__tablename__: session.scalar(select(func.count()).select_from(model)) or 0 for model in models}
        steps = session.scalar(select(func.sum(Guarantee.version))) or 0
        bookings = session.scalar(select(func.sum(GuaranteeBalance.version))) or 0
        return found | {"steps": int(steps), "bookings": int(bookings)}


def legs_of(database: Database, guarantee_no: str) -> list[tuple[Any, ...]]:
    """Every leg of a case as what it says: kind, day, account, party, fen; in no order."""
    with database.reading(SYSTEM) as session:
        wanted = (LedgerEntry.kind, LedgerEntry.happened_on, LedgerLeg.account, LedgerLeg.party, LedgerLeg.amount_fen)
        joined = select(*wanted).join(LedgerEntry, LedgerEntry.id == LedgerLeg.entry_id)
        mine = joined.where(LedgerLeg.guarantee_no == guarantee_no, LedgerEntry.guarantee_no == guarantee_no)
        return sorted(tuple(row) for row in session.execute(mine))
