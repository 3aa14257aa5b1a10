"""Files of products as a bank hands them in, by its services."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path

from matchmaker.actor import Actor
from matchmaker.db import Database
from matchmaker.domain.terms import Role, Side
from matchmaker.lists.jobs import ImportJob
from matchmaker.lists.models import LISTS
from matchmaker.lists.services.uploads import hand_in, headers_of, make_out, write_job
from matchmaker.settings import Settings
from tests.support.city import TUESDAY

COLUMNS = ("product_code", "bank_name", "name", "product_type", "amount_max_wan", "rate_max_pct")


def manager(org_code: str = "B1") -> Actor:
    """A product manager."""
    return Actor(
        f"person:{org_code}", Side.BANK, orgs=(org_code,), roles=frozenset({Role.PRODUCT_MANAGER}), person_id=7,
        name="于经理",
    )  # fmt: skip


def csv_of(rows: Iterable[Mapping[str, object]], columns: Iterable[str] = COLUMNS) -> str:
    """The rows as the text of a .csv file."""
    named = list(columns)
    lines = [",".join(named), *(",".join(str(row.get(code, "")) for code in named) for row in rows)]
    return "\n".join(lines) + "\n"


def upload(
    database: Database, settings: Settings, text: str, *, actor: Actor | None = None, kind: str = "products",
    now: datetime = TUESDAY,
) -> ImportJob:  # fmt: skip
    """Hand a .csv in; nothing of it is written yet."""
    who = actor or manager()
    path = Path(settings.instance) / "sent.csv"
    path.write_text(text, "utf-8")
    with database.reading(who) as session:
        headers = headers_of(session, who, kind)
    found = make_out(path, LISTS[kind], headers, who)
    with database.writing(who) as session:
        return hand_in(
            session, actor=who, kind=kind, path=path, name="产品.csv", found=found, headers=headers, settings=settings,
            now=now, lang="zh",
        )  # fmt: skip


def write(
    database: Database, settings: Settings, job: ImportJob, *, actor: Actor | None = None, partial: bool = False,
    now: datetime = TUESDAY,
) -> ImportJob:  # fmt: skip
    """Confirm an upload."""
    who = actor or manager()
    path = Path(settings.instance) / "uploads" / f"{job.public_id}.source.csv"
    table = make_out(path, LISTS[job.kind], job.result["headers"], who)
    with database.writing(who) as session:
        mine = session.get_one(ImportJob, job.id)
        write_job(session, actor=who, job=mine, table=table, settings=settings, now=now, partial=partial)
        return mine
