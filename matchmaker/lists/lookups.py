"""The registers that cells are checked against, read from the database."""

from collections.abc import Callable, Collection, Iterator, Mapping
from functools import partial

from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.domain.cells import Register, Registers
from matchmaker.domain.kinds import AreaCode, Registered, RegisteredMany, UsccCode
from matchmaker.domain.terms import EntryStatus, OrganisationKind
from matchmaker.domain.text import Text
from matchmaker.lists.entry import Entry, fields_of
from matchmaker.lists.guarantee_registers import Scheme
from matchmaker.lists.models import Area, Chain, Enterprise, Industry, Organisation

Names = Mapping[str, tuple[str, ...]]


def load_registers(
    session: Session, names: Collection[str] | None = None, *, enterprises: Collection[str] | None = None
) -> Registers:
    """The registers ``names`` (default: all of them), each with code → names.

    ``bank`` and ``organisation`` hold every organisation whatever its kind, by name and short name; ``enterprise``
    holds the codes alone: of all 100,000, or where only a few are asked for, those of ``enterprises`` that there are.
    Each is read when it is first asked, so use them while the session is open.
    """
    wanted = _LOADERS if names is None else {n: _LOADERS[n] for n in _LOADERS if n in names}
    if "enterprise" in wanted:
        wanted = {**wanted, "enterprise": (wanted["enterprise"][0], partial(_enterprises, some=enterprises))}
    return Registers(_AsAsked(session, wanted))


class _AsAsked(Mapping[str, Register]):
    """Registers that are read when they are asked: one new need has no use for 1,400 industries."""

    def __init__(self, session: Session, loaders: "Mapping[str, Loader]") -> None:
        self.session = session
        self.loaders = loaders
        self.read: dict[str, Register] = {}

    def __getitem__(self, name: str) -> Register:
        if name not in self.read:
            label, load = self.loaders[name]
            self.read[name] = Register(label, load(self.session))
        return self.read[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.loaders)

    def __len__(self) -> int:
        return len(self.loaders)


def registers_of(model: type[Entry]) -> frozenset[str]:
    """Names of the registers that the fields of ``model`` ask."""
    names = set()
    for field in fields_of(model):
        if isinstance(field.kind, Registered | RegisteredMany | UsccCode) and field.kind.register:
            names.add(field.kind.register)
        elif isinstance(field.kind, AreaCode):
            names.add("area")
    return frozenset(names)


def _chains(session: Session) -> Names:
    kept = Chain.status == EntryStatus.PUBLISHED
    rows = session.execute(select(Chain.chain_code, Chain.name_zh, Chain.name_en).where(kept))
    return {code: (zh, en) if en else (zh,) for code, zh, en in rows}


def _industries(session: Session) -> Names:
    return {code: (name,) for code, name in session.execute(select(Industry.code, Industry.name))}


def _areas(session: Session) -> Names:
    return {code: (name,) for code, name in session.execute(select(Area.code, Area.name))}


def _organisations(session: Session) -> Names:
    rows = session.execute(select(Organisation.org_code, Organisation.name, Organisation.short_name))
    return {code: (name, short) if short else (name,) for code, name, short in rows}


def _guarantors(session: Session) -> Names:
    asked = select(Organisation.org_code, Organisation.name, Organisation.short_name)
    rows = session.execute(asked.where(Organisation.kind == OrganisationKind.GUARANTOR))
    return {code: (name, short) if short else (name,) for code, name, short in rows}


def _schemes(session: Session) -> Names:
    return {code: (name,) for code, name in session.execute(select(Scheme.scheme_code, Scheme.name))}


def _enterprises(session: Session, some: Collection[str] | None = None) -> Names:
    codes = select(Enterprise.uscc)
    return dict.fromkeys(session.scalars(codes if some is None else codes.where(Enterprise.uscc.in_(some))), ())


Loader = tuple[Text, Callable[[Session], Names]]

_LOADERS: dict[str, Loader] = {
    "chain": (Text("产业链清单", "chains"), _chains),
    "industry": (Text("国民经济行业代码", "industry codes"), _industries),
    "area": (Text("行政区划", "areas"), _areas),
    "bank": (Text("机构清单", "organisations"), _organisations),
    "organisation": (Text("机构清单", "organisations"), _organisations),
    "enterprise": (Text("企业清单", "enterprises"), _enterprises),
    "guarantor": (Text("机构清单中的担保机构", "guarantors among the organisations"), _guarantors),
    "scheme": (Text("担保方案", "guarantee schemes"), _schemes),
}
