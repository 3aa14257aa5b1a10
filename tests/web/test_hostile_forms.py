"""Hostile values in every field of every form: said in words or taken as text, and nothing of others changes.

Fields are found in the pages that hold them (RELIABILITY.md R25; ASVS 1.2.1, 2.2.1, 16.4.1).
"""

import re
from collections.abc import Iterator, Mapping
from html import unescape

import pytest

from matchmaker.web.guard import API
from tests.support.attackers import Attackers
from tests.support.canary_city import FIRMS, NOW
from tests.support.city import code_of
from tests.support.hostile import BROKEN_UTF8, LONG, TEXTS, WORST, Turns, in_address
from tests.support.sweep import Door, fills, may_ask
from tests.support.sweep_bodies import ASKED
from tests.support.sweeping import logged

pytestmark = pytest.mark.slow
FORM = "application/x-www-form-urlencoded"
VALUES = (*map(in_address, TEXTS), BROKEN_UTF8, LONG)
Form = tuple[str, dict[str, str]]
"""(address, field → value)."""
REFUSED = {
    "sign_in.give_password",
    "account.give_proof",
    "account.change_password",
    "account.set_second_factor",
    "products.take_step",
    "registers.import_days",
    "uploads.create",
    "registrations.verify_registration",
    "checking.check",
}
"""Forms that are refused as they stand: nobody here has a password or the code of an authenticator, the firm that
registers is in no list, files are sent in another way (tests/faults/test_hostile_files.py), no product is ticked,
and no certificate is typed in here."""


def test_fields_of_every_form(attackers: Attackers) -> None:
    """A form filled in well is taken, so that what is refused is refused for what was put into it.

    What is on no page now (a second factor to take away, say) is sent every field there is.
    """
    found = forms(attackers)
    every = {name: value for _, (_, fields) in found.values() for name, value in fields.items()}
    attackers.keep()
    with logged() as lines:
        for rule in attackers.city.app.url_map.iter_rules():
            if rule.endpoint in found:
                door, (path, fields) = found[rule.endpoint]
                plain = attackers.send(door, "POST", path, "plain", data=fields)
                assert plain.status_code < 400 or rule.endpoint in REFUSED, (path, fields, plain.text)
                tried = hostile_forms(fields, attackers.turns)
            elif "POST" in (rule.methods or ()) and not rule.rule.startswith(API):
                door = attackers.door(rule, "POST")
                path, tried = attackers.own(door, rule).path, hostile_wholes(every, attackers.turns)
            else:
                continue
            for told, body in tried:
                attackers.send(door, "POST", path, told, data=body, content_type=FORM)
    assert len(found) > 30
    attackers.report(f"{len(found)} forms", lines)


def hostile_wholes(fields: dict[str, str], turns: Turns) -> Iterator[tuple[str, str]]:
    """(what it is, the body): all fields with the same value."""
    for value in turns.of("whole", VALUES[:-1], WORST_IN_FORMS):
        yield f"all={value[:40]}", "&".join(f"{in_address(name)}={value}" for name in fields)


def hostile_forms(fields: dict[str, str], turns: Turns) -> Iterator[tuple[str, str]]:
    """(what it is, the body): one field with each value of its turn, twice, left out."""
    plain = {in_address(name): in_address(value) for name, value in fields.items()}
    for name in (*plain, "unknown"):
        others = "&".join(f"{one}={value}" for one, value in plain.items() if one != name)
        for value in turns.of(name, VALUES, WORST_IN_FORMS):
            yield f"{name}={value[:40]}", f"{others}&{name}={value}"
        yield f"{name} twice", f"{others}&{name}=a&{name}=b"
        yield f"{name} left out", others


WORST_IN_FORMS = (*map(in_address, WORST), BROKEN_UTF8)


def forms(attackers: Attackers) -> dict[str, tuple[Door, Form]]:
    """Route → who finds a form on a page that leads there, and the form."""
    found: dict[str, tuple[Door, Form]] = {}
    adapter = attackers.city.app.url_map.bind("localhost")
    filled = {**FILLED, "record": attackers.city.ids["record"][0].text}
    for door in attackers.doors:
        for address in pages(attackers, door):
            answer = door.open("GET", address)
            for form in forms_of(answer.text if answer.mimetype == "text/html" else "", address, filled):
                found.setdefault(adapter.match(form[0].partition("?")[0], method="POST")[0], (door, form))
    return found


def pages(attackers: Attackers, door: Door) -> Iterator[str]:
    """Addresses of every page that an attacker may open, of all that is there for it to see."""
    city = attackers.city
    for rule in city.app.url_map.iter_rules():
        if "GET" in (rule.methods or ()) and may_ask(city.app, door.viewer, rule, "GET") and API not in rule.rule:
            for fill in fills(city, rule):
                if attackers.may_name(door, fill):
                    yield fill.path
                    for name, kind in ASKED.get(rule.endpoint, ()):
                        mine = (one.text for one in city.ids[kind] if attackers.sees(door.viewer, one))
                        yield from (f"{fill.path}?{name}={text}" for text in mine)


def forms_of(page: str, address: str, filled: Mapping[str, str]) -> Iterator[Form]:
    """Each form of a page that is sent by POST; empty fields are filled in."""
    for head, inner in re.findall(r"<form([^>]*)>(.*?)</form>", page, re.DOTALL):
        if 'method="post"' in head:
            action, fields = re.search(r'action="([^"]*)"', head), {}
            for field in re.findall(FIELD, inner, re.DOTALL):
                name, value = re.search(r' name="([^"]*)"', field), re.search(r' value="([^"]+)"', field)
                if name is not None and name[1] != "csrf_token":
                    fields[name[1]] = unescape(value[1]) if value else filled.get(name[1], "x")
            yield unescape(action[1]) if action and action[1] else address, fields


FIELD = r"<(?:input|textarea|button)[^>]*>|<select.*?</select>"
FILLED = {
    "login": "hostile@new.example",
    "email": "a@new.example",
    "password": "three herons on a pier",
    "repeated": "three herons on a pier",
    "phone": "13900001234",
    "uscc": code_of(78),
    "confirm": FIRMS[0],
    "url": "http://127.0.0.1:9/x",
    "days": "30",
    "about": "这一条不是本企业的，请更正。",
    "answer": "已经核对，内容与来源一致。",
    "contact_no": "",
    "reason": "核查后确认处罚对象是同名企业",
    "note": "成立时间放宽，支持初创企业",
    "enterprise": FIRMS[0],
    **dict.fromkeys(("chains", "industries", "areas", "tiers_any", "size_classes", "tax_grades"), ""),
    **dict.fromkeys(("amount_wan", "amount_max_wan", "revenue_max_wan"), "900"),
    **dict.fromkeys(("amount_min_wan", "revenue_min_wan", "decision_days", "lead_capacity_month"), "10"),
    **dict.fromkeys(("term_min_months", "min_age_months"), "6"),
    **dict.fromkeys(("term_months", "term_max_months"), "12"),
    **dict.fromkeys(("rate_min_pct", "fee_pct"), "3.15"),
    **dict.fromkeys(("rate_max_pct", "max_rate_pct"), "8"),
    **dict.fromkeys(("security", "security_offered"), "CREDIT"),
    **dict.fromkeys(("latest_funding_on", "valid_to"), "2027-06-30"),
    "valid_from": "2026-01-01",
    "repayment": "INTEREST_ONLY",
    "purposes": "WORKING_CAPITAL",
    "amount": "10",
    "interest": "",
    "on": NOW.date().isoformat(),
}
"""What stands in fields that are not the one under attack, where ``x`` would be refused."""
