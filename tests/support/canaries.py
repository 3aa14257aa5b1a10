"""Words and numbers that stand nowhere but in one owner's data, and a look for them in whatever leaves."""

import html
import io
import re
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass, field
from urllib.parse import unquote

_WORD = re.compile(r"zqk\d{4}v", re.IGNORECASE)
_TOKEN = re.compile(r"[0-9a-z]+(?:\.[0-9]+)?")


@dataclass(frozen=True, slots=True)
class Canary:
    """``text``: what is looked for. ``owners``: codes of organisations and enterprises; none: the platform's.

    ``kind``: what it is of those, by which the sweep's table says who may see it.
    """

    text: str
    kind: str
    owners: frozenset[str]


@dataclass(slots=True)
class Canaries:
    """All that were given out."""

    known: dict[str, Canary] = field(default_factory=dict)

    def word(self, kind: str, *owners: str) -> str:
        """A new word; letters and digits only, so that no escaping changes it."""
        return self.note(f"zqk{len(self.known):04d}v", kind, *owners)

    def number(self, kind: str, *owners: str) -> str:
        """A new number with two decimals (an amount in 10,000 yuan), found in yuan and in fen, too."""
        number = f"{2000 + len(self.known)}.{17 + len(self.known) % 80}"
        for written in (f"{float(number) * 10_000:.2f}", f"{float(number) * 10_000:.0f}", f"{float(number) * 1e6:.0f}"):
            self.note(written, kind, *owners)
        return self.note(number, kind, *owners)

    def note(self, text: str, kind: str, *owners: str) -> str:
        """Have what was made elsewhere (an id, a phone, a code) looked for."""
        self.known[text.lower()] = Canary(text, kind, frozenset(owners))
        return text

    def seen_in(self, *texts: str) -> set[Canary]:
        """Those that stand in the texts, whatever their case, grouping of digits, and escaping."""
        found: set[Canary] = set()
        for written in texts:
            text = html.unescape(unquote(written)).lower().replace(",", "")
            for word in {*_WORD.findall(text), *_TOKEN.findall(text)}:
                if word in self.known:
                    found.add(self.known[word])
        return found


def words_of(body: bytes) -> Iterable[str]:
    """The text of an answer's body; of a workbook, that of every part of it."""
    if not body.startswith(b"PK\x03\x04"):
        return [body.decode("utf-8", "replace")]
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        return [f"{name} {archive.read(name).decode('utf-8', 'replace')}" for name in archive.namelist()]
