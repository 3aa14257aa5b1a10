"""Unified social credit codes: both check characters (GB 32100-2015 and, inside it, GB 11714-1997)."""

from typing import Literal

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
LENGTH = 18
_WEIGHTS = tuple(pow(3, i, 31) for i in range(17))
_BODY_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)

Problem = Literal["length", "character", "organisation_check", "check"]


def check_character(first17: str) -> str:
    """The 18th character: 31 − Σ value × 3^i mod 31, modulo 31 (GB 32100-2015)."""
    total = sum(ALPHABET.index(c) * w for c, w in zip(first17, _WEIGHTS, strict=True))
    return ALPHABET[(31 - total % 31) % 31]


def organisation_check_character(body8: str) -> str:
    """The check character of the organisation code: 11 − Σ value × weight mod 11; 10 is X, 11 is 0 (GB 11714-1997)."""
    total = sum(int(c, 36) * w for c, w in zip(body8, _BODY_WEIGHTS, strict=True))
    return "0123456789X0"[11 - total % 11]


def problem(code: str) -> Problem | None:
    """What is wrong with ``code``, or None when both check characters are right."""
    if len(code) != LENGTH:
        return "length"
    if any(c not in ALPHABET for c in code):
        return "character"
    if organisation_check_character(code[8:16]) != code[16]:
        return "organisation_check"
    return None if check_character(code[:17]) == code[17] else "check"


def make(area_code: str, body8: str, *, kind: str = "91") -> str:
    """A valid code of an enterprise (``91``) in ``area_code`` with the eight characters ``body8`` (for sample data)."""
    first17 = kind + area_code + body8 + organisation_check_character(body8)
    return first17 + check_character(first17)
