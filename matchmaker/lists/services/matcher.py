"""Which stored entry a row of a file is about: by its key, a product also by its bank and name."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.db import lock_name
from matchmaker.domain.cells import CellFault
from matchmaker.domain.text import Text, normal
from matchmaker.lists.entry import Entry, fields_of, key_fields
from matchmaker.lists.models import Product
from matchmaker.lists.schemas import ReadRow
from matchmaker.lists.services.stored import Key, Stored, entries_with, find_by_key, key_in

_USED = Text(
    "与第 {row} 行是同一条（{label}「{value}」）。保留一行，删去另一行。",
    'Row {row} of this file has already used {label} "{value}". Keep one of the two rows.',
)
_OTHER_BANK = Text(
    "该银行没有编号为「{value}」的产品。核对产品编号，新产品可留空由系统编号。",
    'This bank has no product "{value}". Check the code; a new product may leave it blank.',
)
_SEVERAL = Text(
    "该银行有 {count} 个名为「{value}」的产品（{codes}）。填写产品编号。",
    'This bank has {count} products named "{value}" ({codes}). Give the product code.',
)

_NAMED = {"bank_name", "name"}


class Matcher:
    """Finds the stored entry of each row and refuses a key that an earlier row has used."""

    def __init__(self, session: Session, model: type[Entry]) -> None:
        """Rows come in groups, in the order of the file: ``load`` a group, then ``match`` each row of it."""
        self.session = session
        self.model = model
        self.stored: dict[Key, Stored] = {}
        self.used: dict[Key, int] = {}

    def load(self, rows: Sequence[ReadRow]) -> None:
        """Read the stored entries of a group of rows in a few queries."""
        keys = {key for row in rows if (key := key_in(self.model, row.values)) is not None}
        self.stored = find_by_key(self.session, self.model, keys)

    def match(self, row: ReadRow) -> Stored | None:
        """The entry that the row is about, or None for a new one; a key used before becomes a fault of the row."""
        key = key_in(self.model, row.values)
        if key is None:
            return None
        declared = key_fields(self.model)[-1]
        self._use(row, key, declared.code, declared.label, key[-1])
        return self.stored.get(key)

    def _use(self, row: ReadRow, key: Key, code: str, label: Text, shown: Any) -> None:
        earlier = self.used.setdefault(key, row.number)
        if earlier != row.number:
            row.faults.append((code, CellFault("key_used", _USED, row=earlier, label=label, value=shown)))


class ProductMatcher(Matcher):
    """Products belong to one bank, and a row without a code is matched by bank and name."""

    def __init__(self, session: Session) -> None:
        super().__init__(session, Product)
        self.ids: dict[Key, list[int]] = {}
        self.by_name: dict[Key, list[Stored]] = {}
        self.banks_read: set[str] = set()
        self.last_numbers: dict[str, int] = {}
        self.names_used: dict[Key, tuple[int, bool]] = {}
        self.code_label, self.name_label = (_label(name) for name in ("product_code", "name"))

    def load(self, rows: Sequence[ReadRow]) -> None:
        super().load(rows)
        wanted = {_bank_and_name(row.values) for row in rows if _codeless(row) and row.values.keys() >= _NAMED}
        self._read_names({bank for bank, _ in wanted} - self.banks_read)
        ids = [found for name in wanted - self.by_name.keys() for found in self.ids.get(name, ())]
        for product in entries_with(self.session, Product, ids):
            self.by_name.setdefault(_bank_and_name(product.values), []).append(product)

    def _read_names(self, banks: set[str]) -> None:
        """The names alone: a bank has hundreds of products of which a form or a body is about one."""
        if banks:
            self.banks_read |= banks
            names = select(Product.id, Product.bank_name, Product.name).where(Product.bank_name.in_(banks))
            for number, bank, name in self.session.execute(names):
                self.ids.setdefault((bank, normal(name)), []).append(number)

    def match(self, row: ReadRow) -> Stored | None:
        codeless = _codeless(row)
        stored = self._by_name(row) if codeless else super().match(row)
        bank = row.values.get("bank_name")
        if stored is not None and bank is not None and stored.values["bank_name"] != bank:
            if not row.faulty("product_code"):
                fault = CellFault("unknown_code", _OTHER_BANK, value=row.values["product_code"])
                row.faults.append(("product_code", fault))
            return None
        self._use_name(row, codeless)
        return stored

    def _by_name(self, row: ReadRow) -> Stored | None:
        if row.faulty("product_code") or not row.values.keys() >= _NAMED:
            return None
        found = self.by_name.get(_bank_and_name(row.values), [])
        if len(found) > 1:
            codes = "、".join(sorted(p.values["product_code"] for p in found))
            fault = CellFault("several", _SEVERAL, value=row.values["name"], count=len(found), codes=codes)
            row.faults.append(("product_code", fault))
            return None
        if not found:
            return None
        row.values["product_code"] = found[0].values["product_code"]
        self._use(row, (row.values["product_code"],), "name", self.name_label, row.values["name"])
        return found[0]

    def _use_name(self, row: ReadRow, codeless: bool) -> None:
        """Bank and name may come twice only where both rows give their codes."""
        if not row.values.keys() >= _NAMED or row.faulty("name") or row.faulty("product_code"):
            return
        key = _bank_and_name(row.values)
        earlier, earlier_codeless = self.names_used.setdefault(key, (row.number, codeless))
        if earlier != row.number and (codeless or earlier_codeless):
            shown = row.values["name"]
            row.faults.append(("name", CellFault("key_used", _USED, row=earlier, label=self.name_label, value=shown)))

    def assign_codes(self, rows: Sequence[dict[str, Any]]) -> None:
        """Give new products without a code the bank's next number: ``B001-001``, ``B001-002`` …

        Each bank's numbers are given by one writer after the other.
        """
        for bank in sorted({values["bank_name"] for values in rows if not values.get("product_code")}):
            lock_name(self.session, f"product codes of {bank}")
        for values in rows:
            if not values.get("product_code"):
                values["product_code"] = self._next_code(values["bank_name"])

    def _next_code(self, bank: str) -> str:
        if bank not in self.last_numbers:
            self.last_numbers[bank] = self._last_number(f"{bank}-")
        self.last_numbers[bank] += 1
        return f"{bank}-{self.last_numbers[bank]:03d}"

    def _last_number(self, prefix: str) -> int:
        stored = select(Product.product_code).where(Product.product_code.startswith(prefix, autoescape=True))
        codes = {*self.session.scalars(stored), *(str(key[0]) for key in self.used)}
        endings = (code.removeprefix(prefix) for code in codes if code.startswith(prefix))
        return max((int(ending) for ending in endings if ending.isascii() and ending.isdigit()), default=0)


def matcher_for(session: Session, model: type[Entry]) -> Matcher:
    """The matcher of a list."""
    return ProductMatcher(session) if model is Product else Matcher(session, model)


def _codeless(row: ReadRow) -> bool:
    return not row.values.get("product_code") and not row.faulty("product_code")


def _bank_and_name(values: dict[str, Any]) -> Key:
    return values["bank_name"], normal(values["name"])


def _label(attribute: str) -> Text:
    return next(f.label for f in fields_of(Product) if f.attribute == attribute)
