"""A small city of one's own: an enterprise with a need for each finance officer, banks with products, the bureau."""

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from matchmaker.actor import Actor
from matchmaker.domain import uscc
from matchmaker.domain.cells import Cell
from matchmaker.domain.terms import Side
from matchmaker.lists.files import SheetRow, Table
from matchmaker.lists.services import import_table

SHANGHAI = ZoneInfo("Asia/Shanghai")
TUESDAY = datetime(2026, 11, 24, 9, 30, tzinfo=SHANGHAI)
"""A window of the enterprises; the banks' was an hour earlier."""


def put(session: Session, kind: str, *rows: dict[str, Any], now: datetime = TUESDAY) -> None:
    """Import rows (column code → text) as an operator's file would be."""
    codes = list(dict.fromkeys(code for row in rows for code in row))
    table = Table(
        kind=kind,
        format="csv",
        header_row=1,
        columns={code: code for code in codes},
        ignored=(),
        rows=[SheetRow(n, {c: Cell(str(row.get(c, "")) or None) for c in codes}) for n, row in enumerate(rows, 2)],
    )
    result = import_table(session, actor=Actor("test", Side.TRUSTED), table=table, now=now)
    assert not result.faults, result.faults


def code_of(number: int) -> str:
    """The USCC of the ``number``-th enterprise."""
    return uscc.make("371002", f"MA{number:06d}")


def enterprise(number: int, **cells: Any) -> dict[str, Any]:
    """An enterprise whose name, code and numbers must never reach a bank."""
    return {
        "uscc": code_of(number),
        "name": f"威海隐名{number}号机械有限公司",
        "area_code": "371002",
        "industry_code": "3511",
        "chain_code": "",
        "founded_on": "2015-03-01",
        "employees": "60",
        "revenue_wan": str(3_000 + number),
        "total_assets_wan": "5000",
        "tax_grade": "A",
        "is_first_loan": "否",
        **cells,
    }


def need(number: int, **cells: Any) -> dict[str, Any]:
    """A need that every :func:`product` fits."""
    return {
        "need_no": f"XQ-20261118-{number:04d}",
        "uscc": code_of(number),
        "amount_wan": "300",
        "term_months": "12",
        "purpose": "WORKING_CAPITAL",
        "security_offered": "MORTGAGE",
        "submitted_on": str(date(2026, 11, 1) + timedelta(days=number % 17)),
        "description": f"第{number}家的秘密订单",
        **cells,
    }


def product(bank: str, number: int, **cells: Any) -> dict[str, Any]:
    """A product that takes nearly everyone."""
    return {
        "product_code": f"{bank}P{number}",
        "bank_name": bank,
        "name": f"{bank}流贷{number}",
        "product_type": "WORKING_CAPITAL_LOAN",
        "amount_min_wan": "10",
        "amount_max_wan": "1000",
        "rate_min_pct": f"3.{number}5",
        "fee_pct": "0.5",
        "security": "MORTGAGE;GUARANTEE",
        **cells,
    }


def small_city(session: Session, firms: int = 10, banks: int = 2, *, now: datetime = TUESDAY) -> None:
    """``firms`` enterprises with a need and a finance officer each, ``banks`` banks with a product, one bureau."""
    firm_numbers, bank_codes = range(1, firms + 1), [f"B{n}" for n in range(1, banks + 1)]
    put(
        session,
        "organisations",
        *(
            {"org_code": b, "kind": "BANK", "name": f"{b}银行股份有限公司", "short_name": f"{b}银行"}
            for b in bank_codes
        ),
        {"org_code": "J1", "kind": "BUREAU", "name": "市工业和信息化局"},
        now=now,
    )
    put(session, "enterprises", *(enterprise(n) for n in firm_numbers), now=now)
    put(session, "products", *(product(b, n) for n, b in enumerate(bank_codes, 1)), now=now)
    put(session, "needs", *(need(n) for n in firm_numbers), now=now)
    put(
        session,
        "contacts",
        *(contact(f"E{n:03d}", uscc=code_of(n), role="FINANCE") for n in firm_numbers),
        *(contact(f"{b}-1", org_code=b, role="ACCOUNT_MANAGER") for b in bank_codes),
        contact("J1-1", org_code="J1", role="OPERATOR"),
        now=now,
    )


def contact(number: str, **cells: Any) -> dict[str, Any]:
    """A contact with an address of its own."""
    return {
        "contact_no": number,
        "name": f"联系人{number}",
        "email": f"{number.lower()}@receiver.example",
        "phone": "13812345678",
        **cells,
    }
