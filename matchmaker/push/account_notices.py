"""Mail to a person that somebody else reset what it signs in with (ASVS 6.3.7)."""

from datetime import datetime
from html import escape

from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.accounts.models import Person
from matchmaker.accounts.resets import NOTICES
from matchmaker.domain.text import Lang, Text
from matchmaker.lists.models import Contact
from matchmaker.outbox.envelope import Body, Claimed, Nothing
from matchmaker.settings import Settings


def mail_address(session: Session, person: Person) -> str | None:
    """The person's own e-mail address, else that of the contact who is the same person."""
    return person.email or session.scalar(select(Contact.email).where(Contact.contact_no == person.contact_no))


def compose_reset_notice(settings: Settings, session: Session, held: Claimed, _now: datetime) -> Body | Nothing:
    """The mail, without any link: nobody is asked to press one. Nothing where the person has left or has no address."""
    person_id = held.contact_no.partition(":")[2]
    person = session.scalar(select(Person).where(Person.public_id == person_id, Person.disabled_at.is_(None)))
    if person is None:
        return Nothing("contact_gone")
    address = mail_address(session, person)
    if address is None:
        return Nothing("no_address")
    lang: Lang = "en" if person.language == "en" else "zh"
    at = datetime.fromisoformat(held.window).astimezone(settings.zone).strftime("%Y-%m-%d %H:%M")
    text = _TEXT.say(lang, name=person.name, at=at, what=_WHAT[NOTICES[held.kind]])
    html = "".join(f"<p>{escape(line)}</p>" for line in text.splitlines() if line)
    return Body(person.name, address, _SUBJECT.say(lang), text, html)


_SUBJECT = Text("【融资撮合】您的登录方式被重设", "How you sign in was reset")
_WHAT = {
    "password": Text("为您生成了设置新密码的链接", "a link for a new password was made for you"),
    "second_factor": Text(
        "清除了您的二次验证，所有登录会话已结束", "your second factor was taken away; sessions ended"
    ),
}
_TEXT = Text(
    "{name}，您好：\n\n{at}，管理员{what}。\n\n如果不是您要求的，立即联系安全管理员。\n",
    "Dear {name},\n\nOn {at}, by an administrator: {what}.\n\n"
    "If you did not ask for it, tell the security administrator at once.\n",
)
