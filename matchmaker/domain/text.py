"""Bilingual text: the Chinese and the English sentence stand side by side, so neither can be forgotten."""

import unicodedata
from dataclasses import dataclass
from typing import Any, Literal

Lang = Literal["zh", "en"]
LANGS: tuple[Lang, ...] = ("zh", "en")


@dataclass(frozen=True, slots=True)
class Text:
    """One phrase in both languages; ``{name}`` places are filled by :meth:`say`."""

    zh: str
    en: str

    def say(self, lang: Lang, **values: Any) -> str:
        """The phrase in ``lang``; a value that is itself a Text is said in the same language."""
        pattern = self.zh if lang == "zh" else self.en
        if not values:
            return pattern
        return pattern.format(**{k: v.say(lang) if isinstance(v, Text) else v for k, v in values.items()})


def normal(text: str) -> str:
    """NFKC-normalised and trimmed, as headers, keys, codes, numbers and dates are read."""
    return unicodedata.normalize("NFKC", text).strip()
