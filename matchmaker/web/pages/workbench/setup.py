"""The checklist of setting a city up: what is there is told from the data, never ticked by hand."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from flask import url_for
from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from matchmaker.accounts.models import Person
from matchmaker.domain.terms import EntryStatus, OrganisationKind
from matchmaker.domain.text import Text
from matchmaker.lists.models import Chain, LprRow, Organisation, Policy, Product
from matchmaker.lists.queries import load_workdays
from matchmaker.web.view import current_day, parts

LPR_DAYS = 45
"""The LPR is quoted monthly; an older newest quote has been missed."""
CALENDAR_DAYS = 60


@dataclass(frozen=True, slots=True)
class Step:
    """One step. ``done``: whether the data says so; ``undone``: what the tag says until then."""

    label: Text
    endpoint: str
    values: dict[str, Any]
    done: Callable[[Session], bool]
    undone: Text = Text("未开始", "not begun")


def tasks(session: Session) -> list[dict[str, Any]]:
    """The steps in their order, as rows of the part ``tasks``."""
    return [
        {
            "label": step.label,
            "href": url_for(step.endpoint, **step.values),
            "state": Text("已完成", "done") if done else step.undone,
            "kind": "out" if done else "near",
            "done": done,
        }
        for step, done in ((step, step.done(session)) for step in STEPS)
    ]


def _chains_looked_at(session: Session) -> bool:
    """Whether somebody has saved a chain since the defaults were loaded; one saved as it was counts too."""
    return _any(session, Chain, (Chain.confirmed_at > Chain.created_at) | (Chain.created_at > _first_load(session)))


def _first_load(session: Session) -> Any:
    return session.scalar(select(func.min(Chain.created_at))) or parts().now()


def _has_banks(session: Session) -> bool:
    bank = (Organisation.kind == OrganisationKind.BANK) & (Organisation.status == EntryStatus.PUBLISHED)
    return _any(session, Organisation, bank)


def _has_people(session: Session) -> bool:
    """Somebody of another organisation than the bureau."""
    other = exists().where(Organisation.org_code == Person.org_code, Organisation.kind != OrganisationKind.BUREAU)
    return _any(session, Person, Person.disabled_at.is_(None) & other)


def _has_products(session: Session) -> bool:
    return _any(session, Product, Product.status == EntryStatus.PUBLISHED)


def _has_policies(session: Session) -> bool:
    return _any(session, Policy, Policy.status == EntryStatus.PUBLISHED)


def _calendar_reaches(session: Session) -> bool:
    return load_workdays(session).covers(current_day() + timedelta(days=CALENDAR_DAYS))


def _lpr_is_new(session: Session) -> bool:
    return _any(session, LprRow, LprRow.quoted_on >= current_day() - timedelta(days=LPR_DAYS))


def _any(session: Session, model: Any, condition: Any) -> bool:
    return session.scalar(select(model.id).where(condition).limit(1)) is not None


STEPS: tuple[Step, ...] = (
    Step(
        Text("核对产业链（默认十条，可改）", "Check the industrial chains (ten defaults, to be edited)"),
        "registers.table", {"kind": "chains"}, _chains_looked_at, Text("待核对", "to check"),
    ),
    Step(
        Text("导入银行等机构", "Import banks and other organisations"),
        "lists.table", {"kind": "organisations"}, _has_banks,
    ),
    Step(Text("邀请各单位人员", "Invite the people of each side"), "people.listing", {}, _has_people),
    Step(Text("导入信贷产品", "Import credit products"), "lists.table", {"kind": "products"}, _has_products),
    Step(Text("录入金融政策", "Enter finance policies"), "lists.table", {"kind": "policies"}, _has_policies),
    Step(
        Text("导入工作日历", "Import the workday calendar"),
        "registers.table", {"kind": "workdays"}, _calendar_reaches, Text("不足 60 天", "ends within 60 days"),
    ),
    Step(
        Text("录入最新 LPR", "Enter the newest LPR"),
        "registers.table", {"kind": "lpr"}, _lpr_is_new, Text("超过 45 天", "older than 45 days"),
    ),
    Step(
        Text("设置邮件服务器（由系统管理员设置 smtp_host）", "Set the mail server (smtp_host, by the administrator)"),
        "messages.outbox", {}, lambda _session: bool(parts().settings.smtp_host), Text("未设置", "not set"),
    ),
)  # fmt: skip
"""Chains first: enterprises, products and policies name them."""
