"""From list rows to the engine's facts: the market on a date, now or as it stood at an earlier list version."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import date
from typing import Any, cast

from sqlalchemy.orm import Session

from matchmaker.db import ScopedSession, lock_lists
from matchmaker.domain.rate import LprQuote, LprTable
from matchmaker.domain.text import Text
from matchmaker.lists import models as lists
from matchmaker.lists.entry import Entry, fields_of
from matchmaker.lists.services import last_version_id
from matchmaker.lists.sizes import size_rule_of
from matchmaker.matching.rows import Lists, Row
from matchmaker.matching.schemes import load_schemes, load_standings
from matchmaker.scoring.facts import Asks, Enterprise, Need, Policy, Product, Record, Reference
from matchmaker.scoring.prepared import in_market

_JOINED = {"asks", "enterprise", "records", "standing", "bank"}
"""Attributes of facts that are no column of the list."""

_ASKS = frozenset(f.name for f in fields(Asks))


@dataclass(frozen=True, slots=True)
class Market:
    """What is matched on a date, and what is needed to show it.

    ``needs`` (published, of a published enterprise) by need_no and ``products`` (published, valid on the date) by
    product_code are in the market; ``policies`` are those in force. Names are for people and never reach the engine.
    ``version_id`` is the last list version that the facts hold.
    """

    on: date
    version_id: int
    needs: tuple[Need, ...]
    products: tuple[Product, ...]
    policies: tuple[Policy, ...]
    enterprises: Mapping[str, Enterprise]
    reference: Reference
    need_versions: Mapping[str, int]
    product_versions: Mapping[str, int]
    enterprise_versions: Mapping[str, int]
    uscc_of: Mapping[str, str]
    """need_no → code of its enterprise."""
    enterprise_names: Mapping[str, str]
    bank_names: Mapping[str, str]
    """org_code → short name, else name."""
    credit_sources: tuple[str, ...]
    """Sources from which credit records are loaded."""
    scheme_versions: Mapping[str, int] = field(default_factory=dict)
    rating_versions: Mapping[str, int] = field(default_factory=dict)
    """uscc → version of its standing rating."""


def load_market(session: Session, on: date, *, version_id: int | None = None) -> Market:
    """The market on ``on``: lists as they stand, or, with ``version_id``, as they stood at that list version.

    Both ways give equal facts where nothing was written since. The lists may be written to meanwhile; what is returned
    is one state all the same.
    """
    if version_id is not None:
        return _market(Lists(session, version_id), on, version_id)
    before = last_version_id(session)
    market = _market(Lists(session), on, before)
    if last_version_id(session) == before:
        return market
    lock_lists(session)
    return _market(Lists(session), on, last_version_id(session))


def load_pair_market(session: Session, on: date, need_no: str, product_code: str) -> Market:
    """The market of one need and one product, each only if it is in the market, without reading the other entries."""
    source = Lists(session)
    found = [values["uscc"] for values, _ in source.rows(lists.Need, ("uscc",), need_no=need_no)]
    uscc = found[0] if found else ""
    return _market(
        source,
        on,
        last_version_id(session),
        need={"need_no": need_no},
        product={"product_code": product_code},
        enterprise={"uscc": uscc},
    )


def load_needs(session: Session, on: date) -> Market:
    """The market on ``on`` without its products."""
    return _market(Lists(session), on, last_version_id(session), product={"product_code": ""})


def load_offer(session: Session, on: date) -> Market:
    """The market without any need: what is on offer to everybody who looks for finance, whoever asks."""
    with cast(ScopedSession, session).elevated():
        source = Lists(session)
        nobody = _demand(source, {"need_no": ""}, {"uscc": ""})
        return Market(on=on, version_id=last_version_id(session), **nobody, **_supply(source, on, {}))


def newest_version(session: Session) -> int:
    """The last list version of all, whoever asks: when it moves on, something may have changed."""
    with cast(ScopedSession, session).elevated():
        return last_version_id(session)


def with_enterprise(session: Session, offer: Market, uscc: str) -> Market:
    """The offer with one enterprise's needs, as the session sees them."""
    own = {"uscc": uscc}
    return replace(offer, **_demand(Lists(session), own, own))


def _market(
    source: Lists,
    on: date,
    version_id: int,
    *,
    need: Mapping[str, Any] | None = None,
    product: Mapping[str, Any] | None = None,
    enterprise: Mapping[str, Any] | None = None,
) -> Market:
    """``need``, ``product``, ``enterprise``: attributes that narrow the reading."""
    demand = _demand(source, need or {}, enterprise or {})
    return Market(on=on, version_id=version_id, **demand, **_supply(source, on, product or {}))


def _demand(source: Lists, need: Mapping[str, Any], enterprise: Mapping[str, Any]) -> dict[str, Any]:
    """The side that asks: needs and their enterprises."""
    companies, enterprises, rating_versions = _companies(source, enterprise)
    needs = [row for row in source.rows(lists.Need, _columns(Need, "uscc"), **need) if row[0]["uscc"] in enterprises]
    return {
        "needs": tuple(sorted((_need(values, enterprises) for values, _ in needs), key=lambda facts: facts.need_no)),
        "enterprises": enterprises,
        "need_versions": {values["need_no"]: version for values, version in needs},
        "enterprise_versions": {values["uscc"]: version for values, version in companies},
        "uscc_of": {values["need_no"]: values["uscc"] for values, _ in needs},
        "enterprise_names": {values["uscc"]: values["name"] for values, _ in companies},
        "rating_versions": rating_versions,
    }


def _supply(source: Lists, on: date, product: Mapping[str, Any]) -> dict[str, Any]:
    """The side that offers: products and policies, and the registers both sides are judged by."""
    products = [
        (product_of(values), version)
        for values, version in source.rows(lists.Product, _columns(Product, "bank_name", *_ASKS), **product)
    ]
    valid = {facts.product_code: (facts, version) for facts, version in products if in_market(facts, on)}
    schemes, scheme_versions = load_schemes(source)
    return {
        "products": tuple(valid[code][0] for code in sorted(valid)),
        "policies": _policies(source, on),
        "reference": replace(load_reference(source), schemes=schemes),
        "scheme_versions": scheme_versions,
        "product_versions": {code: version for code, (_, version) in valid.items()},
        "bank_names": _bank_names(source),
        "credit_sources": _credit_sources(source),
    }


def load_enterprises(session: Session) -> tuple[Mapping[str, Enterprise], Reference]:
    """All published enterprises by their codes, and what judging them without a need needs."""
    source = Lists(session)
    return _companies(source, {})[1], load_reference(source)


def _companies(source: Lists, where: Mapping[str, Any]) -> tuple[list[Row], dict[str, Enterprise], dict[str, int]]:
    """Their rows, the engine's facts by code, and the versions of their standing ratings by code."""
    records, (standings, rating_versions) = _records(source, where), load_standings(source, where)
    rows = sorted(source.rows(lists.Enterprise, _columns(Enterprise, "name"), **where), key=_uscc)
    enterprises = {
        values["uscc"]: Enterprise(
            **_picked(values, Enterprise),
            records=records.get(values["uscc"], ()),
            standing=standings.get(values["uscc"]),
        )
        for values, _ in rows
    }
    return rows, enterprises, rating_versions


def policy_of(values: Mapping[str, Any]) -> Policy:
    """The engine's policy of a list entry's values (attribute → value), stored or just typed."""
    return Policy(**_picked(values, Policy), asks=Asks(**_picked(values, Asks)))


def load_reference(source: Lists) -> Reference:
    """LPR quotes, size rules, sections and names from the registers."""
    industries = [v for v, _ in source.rows(lists.Industry, ("code", "name", "level", "section"))]
    chains = source.rows(lists.Chain, ("chain_code", "name_zh", "name_en"))
    areas = source.rows(lists.Area, ("code", "name"))
    names = {("industry", v["code"]): Text(v["name"], v["name"]) for v in industries}
    names |= {("area", v["code"]): Text(v["name"], v["name"]) for v, _ in areas}
    names |= {("chain", v["chain_code"]): Text(v["name_zh"], v["name_en"] or v["name_zh"]) for v, _ in chains}
    return Reference(
        lpr=LprTable(tuple(sorted((_quote(v) for v, _ in _all(source, lists.LprRow)), key=lambda q: q.quoted_on))),
        size_rules=tuple(sorted((size_rule_of(v) for v, _ in _all(source, lists.SizeRuleRow)), key=lambda r: r.no)),
        sections={v["code"]: v["section"] for v in industries if v["level"] == "division"},
        names=names,
    )


def _all(source: Lists, model: type[Entry]) -> Iterable[Row]:
    return source.rows(model, tuple(f.attribute for f in fields_of(model)))


def _uscc(row: Row) -> str:
    return str(row[0]["uscc"])


def _columns(facts: type[Any], *others: str) -> tuple[str, ...]:
    return tuple({f.name: None for f in fields(facts) if f.name not in _JOINED} | dict.fromkeys(others))


def _picked(values: Mapping[str, Any], facts: type[Any]) -> dict[str, Any]:
    """The values that are fields of ``facts`` under the same name; blank text is empty, not None."""
    names = _FIELDS[facts]
    return {name: "" if value is None and name in _TEXTS else value for name, value in values.items() if name in names}


_FIELDS = {facts: frozenset(f.name for f in fields(facts)) for facts in (Asks, Enterprise, Need, Policy, Product)}
_TEXTS = {"description", "conditions"}


def _need(values: Mapping[str, Any], enterprises: Mapping[str, Enterprise]) -> Need:
    return Need(**_picked(values, Need), enterprise=enterprises[values["uscc"]])


def product_of(values: Mapping[str, Any]) -> Product:
    """A product's values as the engine's facts."""
    return Product(**_picked(values, Product), bank=values["bank_name"], asks=Asks(**_picked(values, Asks)))


def _policies(source: Lists, on: date) -> tuple[Policy, ...]:
    known = {f.attribute for f in fields_of(lists.Policy)}
    asked = sorted(_ASKS & known)
    found = [policy_of(values) for values, _ in source.rows(lists.Policy, _columns(Policy, *asked))]
    return tuple(sorted((p for p in found if in_market(p, on)), key=lambda p: p.policy_no))


def _records(source: Lists, where: Mapping[str, Any]) -> dict[str, tuple[Record, ...]]:
    names = tuple(f.name for f in fields(Record))
    found: dict[str, list[Record]] = defaultdict(list)
    for values, _ in source.rows(lists.CreditRecord, ("uscc", *names), **where):
        found[values["uscc"]].append(Record(**{name: values[name] for name in names}))
    return {uscc: tuple(sorted(some, key=lambda r: (r.source, r.record_no))) for uscc, some in found.items()}


def _credit_sources(source: Lists) -> tuple[str, ...]:
    """Which sources the city has loaded: of all enterprises, whoever asks, for a clean record rests on all of them."""
    with cast(ScopedSession, source.session).elevated():
        return tuple(sorted({values["source"] for values, _ in source.rows(lists.CreditRecord, ("source",))}))


def _bank_names(source: Lists) -> dict[str, str]:
    rows = source.rows(lists.Organisation, ("org_code", "name", "short_name"))
    return {values["org_code"]: values["short_name"] or values["name"] for values, _ in rows}


def _quote(values: Mapping[str, Any]) -> LprQuote:
    return LprQuote(values["quoted_on"], values["lpr_1y_pct_e6"], values["lpr_5y_pct_e6"])
