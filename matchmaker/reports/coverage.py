"""Where needs wait without products: chains by product types; needs and amounts by chain.

Every number is counted by a condition that the page of its rows uses too, so the two cannot differ.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, String, case, distinct, func, literal, or_, select, type_coerce
from sqlalchemy.orm import Session

from matchmaker.domain.terms import EntryStatus, ProductType, Purpose, Security
from matchmaker.lists.models import Enterprise, Need, Product
from matchmaker.lists.validity import in_force

SMALL_GROUP = 5
"""Fewer enterprises than this are a group too small to be told to whoever only analyses."""

Condition = ColumnElement[bool]


def _holds(column: Any, code: str) -> Condition:
    """Whether a column of several codes (``A;B``) holds one."""
    kept = literal(";").concat(type_coerce(column, String)).concat(";")
    return kept.contains(f";{code};", autoescape=True)


CALLED_FOR: Mapping[ProductType, Condition] = {
    ProductType.WORKING_CAPITAL_LOAN: Need.purpose == Purpose.WORKING_CAPITAL,
    ProductType.FIXED_ASSET_LOAN: Need.purpose == Purpose.FIXED_ASSET,
    ProductType.TECH_UPGRADE_LOAN: Need.purpose == Purpose.TECH_UPGRADE,
    ProductType.SCITECH_LOAN: Need.purpose == Purpose.RND,
    ProductType.ORDER_FINANCE: Need.purpose == Purpose.ORDER,
    ProductType.CREDIT_LOAN: or_(
        _holds(Need.security_offered, Security.CREDIT), _holds(Need.security_offered, Security.NONE)
    ),
    ProductType.GUARANTEED_LOAN: _holds(Need.security_offered, Security.GUARANTEE),
    ProductType.RECEIVABLES_FINANCE: _holds(Need.security_offered, Security.RECEIVABLES),
    ProductType.IP_PLEDGE_LOAN: _holds(Need.security_offered, Security.IP_PLEDGE),
}
"""When a need calls for a type of product: by its purpose or by what it can give as security; it may call for several.

Types that no need can ask for by name (tax-based, lease, bills, others) have no column.
"""


def is_open(day: date) -> Condition:
    """Published needs whose latest funding date has not passed."""
    return (Need.status == EntryStatus.PUBLISHED) & in_force(Need, day)


def is_offered(day: date) -> Condition:
    """Published products in force."""
    return (Product.status == EntryStatus.PUBLISHED) & in_force(Product, day)


def of_chain(chain: str | None) -> Condition:
    """Enterprises of a chain; None: of none."""
    return Enterprise.chain_code.is_(None) if chain is None else Enterprise.chain_code == chain


def open_to(chain: str | None) -> Condition:
    """Products that a chain's enterprises may have: made for it, or for everybody."""
    everybody = Product.chains.is_(None)
    return everybody if chain is None else or_(everybody, _holds(Product.chains, chain))


@dataclass(frozen=True, slots=True)
class Group:
    """Needs that are counted together. ``enterprises``: how many different ones they are of."""

    needs: int = 0
    enterprises: int = 0
    amount_fen: int = 0

    @property
    def small(self) -> bool:
        """Whether it would tell of single enterprises."""
        return 0 < self.enterprises < SMALL_GROUP


def companions(groups: Mapping[tuple[str | None, str | None], Group]) -> set[tuple[str | None, str | None]]:
    """(chain, district) of groups to keep back beside a small one.

    Where one group alone of a chain is small, the chain's total less the others would tell it; so the next smallest
    goes untold too (secondary suppression, as official statistics have it).
    """
    found = set()
    for chain in {chain for chain, _ in groups}:
        mine = [key for key in groups if key[0] == chain]
        if sum(groups[key].small for key in mine) == 1 and len(mine) > 1:
            found.add(min((key for key in mine if not groups[key].small), key=lambda key: groups[key].enterprises))
    return found


@dataclass(frozen=True, slots=True)
class Cell:
    """One chain and one type: products that there are, needs that call for them."""

    products: int
    group: Group

    @property
    def is_gap(self) -> bool:
        """Needs, and no product."""
        return bool(self.group.needs) and not self.products

    @property
    def heat(self) -> int:
        """How many needs wait for a product, in steps: 0 none, 1 up to one each, 2 up to three, 3 up to ten, 4 more."""
        if not self.group.needs:
            return 0
        each = self.group.needs / max(self.products, 1)
        return next((step for step, most in ((1, 1), (2, 3), (3, 10)) if each <= most), 4)


@dataclass(frozen=True, slots=True)
class Coverage:
    """One row a chain (None: in none), in the order asked for."""

    cells: Mapping[tuple[str | None, ProductType], Cell]
    by_chain: Mapping[str | None, Group]


def load_coverage(session: Session, chains: Sequence[str | None], day: date) -> Coverage:
    """The needs of ``day`` by chain and type, and the products open to them: two queries."""
    groups, totals = _needs(session, day)
    products = _products(session, chains, day)
    cells = {
        (chain, kind): Cell(products.get((chain, kind), 0), groups.get((chain, kind), Group()))
        for chain in chains
        for kind in CALLED_FOR
    }
    return Coverage(cells, {chain: totals.get(chain, Group()) for chain in chains})


def _needs(session: Session, day: date) -> tuple[dict[tuple[str | None, ProductType], Group], dict[str | None, Group]]:
    measures = [measure for condition in CALLED_FOR.values() for measure in _measures(condition)]
    rows = session.execute(
        select(Enterprise.chain_code, *_measures(Need.id.is_not(None)), *measures)
        .join(Need, Need.uscc == Enterprise.uscc)
        .where(is_open(day))
        .group_by(Enterprise.chain_code)
    )
    groups, totals = {}, {}
    for chain, *numbers in rows:
        numbers = [int(number) for number in numbers]
        totals[chain] = Group(*numbers[:3])
        for place, kind in enumerate(CALLED_FOR, 1):
            groups[chain, kind] = Group(*numbers[3 * place : 3 * place + 3])
    return groups, totals


def load_by_area(session: Session, day: date) -> dict[tuple[str | None, str | None], Group]:
    """(chain, area code) → the open needs of its enterprises, of those that have any; one query."""
    rows = session.execute(
        select(Enterprise.chain_code, Enterprise.area_code, *_measures(Need.id.is_not(None)))
        .join(Need, Need.uscc == Enterprise.uscc)
        .where(is_open(day))
        .group_by(Enterprise.chain_code, Enterprise.area_code)
    )
    return {(chain, area): Group(*(int(number) for number in numbers)) for chain, area, *numbers in rows}


def _measures(condition: Condition) -> list[ColumnElement[Any]]:
    """Number of needs, of enterprises, and the amount, of the rows that the condition holds for."""
    return [
        func.count(case((condition, Need.id))),
        func.count(distinct(case((condition, Need.uscc)))),
        func.coalesce(func.sum(case((condition, type_coerce(Need.amount_fen, BigInteger)), else_=0)), 0),
    ]


def _products(session: Session, chains: Sequence[str | None], day: date) -> dict[tuple[str | None, ProductType], int]:
    counted = [func.count(case((open_to(chain), Product.id))) for chain in chains]
    rows = session.execute(select(Product.product_type, *counted).where(is_offered(day)).group_by(Product.product_type))
    return {(chain, kind): n for kind, *numbers in rows for chain, n in zip(chains, numbers, strict=True)}
