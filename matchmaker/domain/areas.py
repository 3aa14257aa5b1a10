"""Codes of administrative areas (GB/T 2260): a longer code lies within a shorter one."""


def trim_area(code: str) -> str:
    """An area code without its trailing pairs 00: 371000 → 3710, 370000 → 37 (CONTRACT.md section 3, ``area``)."""
    while code.endswith("00") and len(code) % 2 == 0:
        code = code[:-2]
    return code
