"""「信用背书」: an enterprise has its rating certified, hands that on and revokes it; the bureau sees all of them."""

from io import BytesIO
from typing import Any, cast

from flask import Blueprint, Response, redirect, request, send_file, url_for

from matchmaker.db import ScopedSession
from matchmaker.domain.errors import ConflictError, RejectedError
from matchmaker.domain.terms import Side
from matchmaker.domain.text import Text
from matchmaker.guarantee.endorsement.models import RevokedWhy
from matchmaker.guarantee.endorsement.queries import (
    bureau_name,
    certificates,
    claims_of,
    find_certificate,
    held_certificate,
    state_of,
)
from matchmaker.guarantee.endorsement.revoking import LEAST_REASON, revoke_certificate
from matchmaker.guarantee.endorsement.services import issue_certificate, offer_of
from matchmaker.guarantee.endorsement.tokens import Standing
from matchmaker.web.guard import action
from matchmaker.web.once import do_once
from matchmaker.web.pages.endorsement_paper import NO_PROMISE, TITLE, certificate_paper, stated
from matchmaker.web.safety import status_of
from matchmaker.web.tables import View, look
from matchmaker.web.tables.certificates import certificates_table
from matchmaker.web.tables.requests import names_of
from matchmaker.web.tables.workbook import book_address, send_book
from matchmaker.web.view import actor, announce, current_lang, page, parts, reading, t, writing

endorsements = Blueprint("endorsements", __name__)


@endorsements.get("/endorsements")
@action("certificates.read")
def listing() -> str:
    """An enterprise's certificates with what can be certified now; for the bureau, all of them."""
    return _own() if actor().side is Side.ENTERPRISE else _all()


def _own(error: RejectedError | ConflictError | None = None) -> str:
    """No table: an enterprise has one certificate a rating."""
    now, settings = parts().now(), parts().settings
    offer = refused = held = None
    with reading() as session:
        found = certificates(session)
        try:
            offer = offer_of(session, uscc=actor().uscc or "", lang=current_lang(), settings=settings, now=now)
            held = held_certificate(session, offer.rating.rating_no, now)
        except RejectedError as why:
            refused = why
    fresh = offer is not None and (held is None or held.grade != offer.rating.grade.value)
    return page(
        "endorsement_list.html", found=found, offer=offer if fresh else None, refused=refused, error=error,
        state_of=lambda one: state_of(one, now), whys=RevokedWhy, promise=NO_PROMISE,
    )  # fmt: skip


def _all() -> str:
    return page("endorsement_all.html", view=_look(), export=book_address("endorsements.export"), title=TITLE)


def _look(*, every_row: bool = False) -> View:
    firms: dict[str, str] = {}
    with reading() as session:
        table = certificates_table(parts().now(), lambda: firms)
        view = look(session, table, every_row=every_row)
        firms.update(names_of(session, view.rows))
    return view


@endorsements.get("/endorsements/export.xlsx")
@action("certificates.read")
def export() -> Response:
    """The certificates that the address selects, as a workbook."""
    return send_book(_look(every_row=True), TITLE)


@endorsements.post("/endorsements")
@action("certificates.issue")
def issue() -> Any:
    """Certify the standing rating as agreed to; where the words are others by now, the page again with the new ones."""
    try:
        if request.form.get("agree") != "yes":
            raise RejectedError(_AGREE, code="consent_agree")
        return do_once(_issued)
    except (ConflictError, RejectedError) as error:
        return _own(error), status_of(error)


def _issued(session: ScopedSession) -> str:
    made = issue_certificate(
        session, actor=actor(), shown=request.form.get("words", ""), lang=current_lang(), settings=parts().settings,
        now=parts().now(),
    )  # fmt: skip
    announce(_MADE)
    return url_for("endorsements.one", public_id=made.public_id)


@endorsements.get("/endorsements/<public_id>")
@action("certificates.read")
def one(public_id: str) -> str:
    """One certificate: what it states, its token, how it is checked."""
    return _one(public_id)


def _one(public_id: str, error: RejectedError | None = None) -> str:
    with reading() as session:
        found = find_certificate(session, public_id)
        claims = claims_of(found)
    return page(
        "endorsement_one.html", one=found, rows=stated(claims, current_lang()), state=state_of(found, parts().now()),
        why=RevokedWhy.of(found.revoked_why) if found.revoked_why else None, address=_address(public_id),
        own=actor().side is Side.ENTERPRISE, error=error,
        typed=request.form.get("reason", ""), least=LEAST_REASON, promise=NO_PROMISE,
    )  # fmt: skip


def _address(public_id: str) -> str:
    """Where a certificate is checked, as others reach it."""
    return parts().settings.public_url.rstrip("/") + url_for("checking.one", public_id=public_id)


@endorsements.get("/endorsements/<public_id>/certificate.pdf")
@action("certificates.issue")
def paper(public_id: str) -> Response:
    """The certificate to hand on; ConflictError for one that holds no more, as its token is then hidden too."""
    with reading() as session:
        found = find_certificate(session, public_id)
        state = state_of(found, parts().now())
        if state is not Standing.VALID:
            raise ConflictError(_ENDED, code="not_valid", state=state.label)
        bureau = bureau_name(session, parts().settings)
    raw = certificate_paper(
        claims_of(found), _address(public_id), bureau=bureau, settings=parts().settings, lang=current_lang()
    )
    name = f"{t('信用背书', 'endorsement')}-{found.rating_no}.pdf"
    return send_file(BytesIO(raw), mimetype="application/pdf", as_attachment=False, download_name=name)


@endorsements.post("/endorsements/<public_id>/revoke")
@action("certificates.revoke")
def revoke(public_id: str) -> Any:
    """End it at once; the bureau says why."""
    try:
        with writing() as session:
            reason = request.form.get("reason", "")
            revoke_certificate(session, actor=actor(), public_id=public_id, reason=reason, now=parts().now())
    except RejectedError as error:
        return _one(public_id, error), status_of(error)
    announce(_REVOKED)
    return cast(Response, redirect(url_for("endorsements.one", public_id=public_id), 303))


_AGREE = Text(
    "没有勾选同意，没有出具证书。勾选后再提交。", "You have not ticked that you agree. Tick it and send it again."
)
_MADE = Text(
    "已出具。下载 PDF 或复制令牌，交给需要的人。", "Issued. Download the PDF or copy the token and hand it on."
)
_ENDED = Text(
    "这份证书{state}，不再提供 PDF。在「信用背书」页申请新的证书。",
    'This certificate is {state}, so there is no PDF of it. Ask for a new one on the page "Certificates".',
)
_REVOKED = Text("已撤销，从现在起核验显示「已撤销」。", "Revoked: from now on every check says so.")
