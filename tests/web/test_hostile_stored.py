"""Hostile text that is stored is text wherever it is shown: pages, files, mail, logs (ASVS 1.2.1, 1.2.10, 1.3.11)."""

import io
import json
import logging
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from matchmaker.domain.terms import Role
from matchmaker.logs import set_up_logs
from matchmaker.push.services import run_push
from matchmaker.web.guard import API
from tests.support.accounts import parts_of
from tests.support.canary_building import consented
from tests.support.canary_city import NOW, City
from tests.support.hostile import MARKUP, Attack
from tests.support.may_see import OPENED, prepared, viewer_of, viewers
from tests.support.sweep import Door, fills, may_ask

pytestmark = pytest.mark.slow


def dress(word: str) -> str:
    """A canary that would be a formula, an element, a sum, a header."""
    return f"=1+1{word}{MARKUP}\r\nBcc: x@evil.example"


@pytest.fixture
def city(migrated_sqlite_url: str, tmp_path: Path) -> City:
    made = prepared(migrated_sqlite_url, tmp_path, dress=dress)
    consented(made, tuple(OPENED))
    return made


def test_no_page_makes_an_element_of_it(city: City) -> None:
    attack, shown = Attack(), 0
    for viewer in viewers(city):
        door = Door(city, viewer)
        for rule in city.app.url_map.iter_rules():
            if "GET" in (rule.methods or ()) and may_ask(city.app, viewer, rule, "GET"):
                for fill in fills(city, rule):
                    answer = attack.send(door, "GET", fill.path, "stored")
                    shown += "&lt;img src=x onerror=1&gt;" in answer.get_data(as_text=False).decode("utf-8", "replace")
    print(f"{attack.requests} requests, {shown} pages show it")
    assert shown > 100 and not attack.faults, "\n".join(attack.faults[:20])
    parts_of(city.app).database.dispose()


def test_no_cell_of_an_export_is_a_formula(city: City) -> None:
    """The bank's leads, and the report of faults in a file that was handed in."""
    lead = Door(city, viewer_of(city, "B1", Role.LEAD))
    link = lead.open("POST", "/leads/export").location
    books = [lead.open("GET", f"{link}/leads.xlsx").data]
    rows = "".join(
        f"{sign}1+1,没有,{sign}x,y,{sign}cmd\n" for sign in ("=", "+", "-", "@", "＝", "＋", "－", "＠", "|")
    )
    body = {
        "kind": "products",
        "file": (io.BytesIO(f"产品编号,银行,产品名称,产品类型,=未知\n{rows}".encode()), "=x.csv"),
    }
    job: Any = lead.open("POST", f"{API}v1/imports", data=body)
    assert job.json["state"] == "rejected"
    books.append(lead.open("GET", job.json["report_url"]).data)
    for book in books:
        cells = [
            cell for sheet in openpyxl.load_workbook(io.BytesIO(book)) for row in sheet.iter_rows() for cell in row
        ]
        assert any("1+1" in str(cell.value) for cell in cells)
        assert [cell.coordinate for cell in cells if cell.data_type == "f"] == []
    parts_of(city.app).database.dispose()


def test_a_mail_has_its_own_headers_and_one_receiver(city: City) -> None:
    parts = parts_of(city.app)
    run_push(parts.database, parts.settings, now=lambda: NOW)
    mails: list[Any] = [
        message_from_bytes(path.read_bytes(), policy=policy.default) for path in parts.settings.mail_dir.glob("*.eml")
    ]
    assert mails
    for mail in mails:
        assert mail["Bcc"] is None and len(mail.get_all("To")) == len(mail["To"].addresses) == 1
        assert "14151253" not in str(mail) and "<img src=x" not in str(mail.get_body(("html",)).get_content())
    parts.database.dispose()


def test_a_line_of_the_log_is_one_line(capfd: pytest.CaptureFixture[str], city: City) -> None:
    """What people type stands in the log as JSON, if at all."""
    root, handlers = logging.getLogger(), logging.getLogger().handlers[:]
    set_up_logs(parts_of(city.app).settings.zone)
    try:
        door = Door(city, viewer_of(city, "B1", Role.LEAD))
        for name in ("x\r\nlevel=error forged", "\x1b[2Jx", "\u2028x", "\u0085x", "\u202ex", "\x9b31mx"):
            logging.getLogger("matchmaker.security").warning("denied %s", name)
            door.open("POST", "/people/invite", data={"name": name, "role": name, "contact_no": name})
            door.open("POST", "/account/tokens", data={"name": name})
            door.open("POST", "/sign-in", data={"login": name, "password": name})
    finally:
        root.handlers[:] = handlers
    written = capfd.readouterr().err
    lines = written.splitlines()
    assert len(lines) >= 4 and all(json.loads(line)["event"] for line in lines)
    assert all(line.isprintable() for line in lines)
    parts_of(city.app).database.dispose()
