"""Load the sample lists through the same importer that files go through."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from pathlib import Path

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from matchmaker.actor import Actor
from matchmaker.db import ScopedSession
from matchmaker.demo.credit import OLD_DAYS, OLD_SOURCE
from matchmaker.demo.generator import Size, confirmations, generate, states
from matchmaker.demo.guarantees import guarantee_rows, rate_sample
from matchmaker.demo.policies import policy_rows
from matchmaker.demo.rows import Rows
from matchmaker.domain.cells import Cell
from matchmaker.domain.errors import NotAllowedError
from matchmaker.domain.terms import EntryStatus, Side
from matchmaker.domain.text import Text
from matchmaker.lists.entry import ListVersion
from matchmaker.lists.files import SheetRow, Table, read_table
from matchmaker.lists.models import LISTS, CreditRecord, Need, Policy, Product
from matchmaker.lists.services import change_status, import_table
from matchmaker.settings import Settings

ACTOR = Actor("demo", Side.TRUSTED)
POLICIES = Path(__file__).parent.parent / "data" / "policies.csv"
_FIRST = (EntryStatus.DRAFT, EntryStatus.SUBMITTED)
_VERBS = {EntryStatus.SUSPENDED: "suspend", EntryStatus.WITHDRAWN: "withdraw", EntryStatus.EXPIRED: "expire"}


def is_loaded(session: Session) -> bool:
    """Whether there are needs already: sample needs carry the date of their day, so they are loaded only once."""
    return bool(session.scalar(select(func.count()).select_from(Need)))


def require_demo_lists(session: Session) -> None:
    """NotAllowedError where somebody's own lists stand: the demo would match and push them at moments to come."""
    made_here = (
        select(ListVersion.id).where(ListVersion.kind == Need.kind_name, ListVersion.actor == ACTOR.who).limit(1)
    )
    if is_loaded(session) and session.scalar(made_here) is None:
        raise NotAllowedError(
            Text(
                "这个数据库里是正式清单，演示不在这里运行。另设目录：MATCHMAKER_INSTANCE=/tmp/demo script/demo。",
                "These are real lists, so the demonstration does not run here. Give it a folder of its own: "
                "MATCHMAKER_INSTANCE=/tmp/demo script/demo.",
            ),
            code="not_a_demo",
        )


def load_demo(
    session: ScopedSession, *, on: date, now: datetime, settings: Settings, seed: int = 7, size: Size = "s"
) -> dict[str, int]:
    """Load the sample lists of ``on`` and the nine real policies beside two invented ones, and rate some enterprises.

    Gives kind → rows. Nothing when needs are there.
    """
    if is_loaded(session):
        return {}
    rows = generate(on=on, seed=seed, size=size)
    wanted = states(rows, on=on, seed=seed)
    counts = {}
    for kind, listed in rows.items():
        if kind == "needs":
            _load_needs(session, listed, wanted, now)
        else:
            load_rows(session, kind, listed, now)
        counts[kind] = len(listed)
    for kind, listed in guarantee_rows(on).items():
        load_rows(session, kind, listed, now)
    policies = import_table(session, actor=ACTOR, table=read_table(POLICIES, Policy), now=now, cause="demo")
    invented = policy_rows(on)
    load_rows(session, "policies", invented, now)
    _confirm_as_told(session, rows, on=on, now=now, seed=seed)
    rate_sample(session, rows, actor=ACTOR, on=on, now=now, settings=settings)
    return {**counts, "policies": policies.written + len(invented)}


def load_rows(
    session: Session,
    kind: str,
    rows: Sequence[dict[str, str]],
    now: datetime,
    status: EntryStatus = EntryStatus.PUBLISHED,
) -> None:
    if not rows:
        return
    table = Table(
        kind=kind,
        format="csv",
        header_row=1,
        columns={code: code for code in rows[0]},
        ignored=(),
        rows=[SheetRow(n, {c: Cell(v or None) for c, v in row.items()}) for n, row in enumerate(rows, 2)],
    )
    result = import_table(session, actor=ACTOR, table=table, now=now, cause="demo", new_status=status)
    if result.faults:
        first = result.faults[0]
        raise AssertionError(f"sample {kind} row {first.row} {first.column}: {first.message}")


def _load_needs(
    session: Session, rows: Sequence[dict[str, str]], wanted: dict[str, EntryStatus], now: datetime
) -> None:
    for first in (*_FIRST, EntryStatus.PUBLISHED):
        entered = [r for r in rows if (wanted[r["need_no"]] if wanted[r["need_no"]] in _FIRST else _PUBLISHED) is first]
        load_rows(session, "needs", entered, now, first)
    later = [no for no, status in wanted.items() if status in _VERBS]
    for need in session.scalars(select(Need).where(Need.need_no.in_(later)).order_by(Need.need_no)):
        change_status(session, actor=ACTOR, entry=need, verb=_VERBS[wanted[need.need_no]], now=now)


_PUBLISHED = EntryStatus.PUBLISHED


def _confirm_as_told(session: Session, rows: Rows, *, on: date, now: datetime, seed: int) -> None:
    """Some products and one source of credit records were last confirmed long ago, so that staleness can be seen."""
    for code, day in confirmations(rows, on=on, seed=seed).items():
        age = timedelta(days=(on - day).days)
        session.execute(update(Product).where(Product.product_code == code).values(confirmed_at=now - age))
    old = update(CreditRecord).where(CreditRecord.source == OLD_SOURCE)
    session.execute(old.values(confirmed_at=now - timedelta(days=OLD_DAYS)))


def list_counts(session: Session) -> dict[str, int]:
    """Kind → how many entries there are."""
    return {k: session.scalar(select(func.count()).select_from(m)) or 0 for k, m in LISTS.items()}
