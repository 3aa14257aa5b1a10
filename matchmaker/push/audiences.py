"""The table of audiences: who they are, which setting has their schedule, what they are sent and who puts it together.

A new one is a row here, its member in ``Audience``, its setting, and the templates and subject of its kind of message.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, cast

from sqlalchemy.orm import Session

from matchmaker.accounts.consent import NOTICE
from matchmaker.domain.terms import ContactRole, OrganisationKind
from matchmaker.domain.text import Text
from matchmaker.guarantee.cases.notices import KIND as GUARANTEE
from matchmaker.guarantee.endorsement.notices import KIND as REVOKED
from matchmaker.guarantee.rating.notices import KIND as ANSWERED
from matchmaker.lists.services.returned import KIND as RETURNED
from matchmaker.push import banks, bureau, enterprises
from matchmaker.push.items import Item, Occasion, Receiver
from matchmaker.push.scene import Scene

Audience = Literal["enterprise", "bank", "bureau"]
Told = Iterable[tuple[Receiver, Sequence[Item]]]
Teller = Callable[[Session, Scene, Occasion, datetime, Sequence[Receiver]], Told]
"""Session, scene, occasion, moment of the window, receivers → what each of them is told."""


@dataclass(frozen=True, slots=True)
class Readers:
    """One audience. ``organisations``: kinds its people belong to; none: they belong to enterprises."""

    key: Audience
    label: Text
    roles: tuple[ContactRole, ...]
    organisations: tuple[OrganisationKind, ...]
    message: Text
    tell: Teller

    @property
    def kind(self) -> str:
        """The kind of message it receives, which names the setting of its schedule and the templates too."""
        return f"{self.key}_digest"


def _tell_enterprises(
    session: Session, scene: Scene, occasion: Occasion, at: datetime, people: Sequence[Receiver]
) -> Told:
    return enterprises.items_by_receiver(scene, people)


def _tell_banks(session: Session, scene: Scene, occasion: Occasion, at: datetime, people: Sequence[Receiver]) -> Told:
    return banks.items_by_receiver(session, scene, occasion, people)


def _tell_bureau(session: Session, scene: Scene, occasion: Occasion, at: datetime, people: Sequence[Receiver]) -> Told:
    return bureau.items_by_receiver(session, scene, at.astimezone(scene.zone).date(), people)


_TABLE = (
    Readers(
        "enterprise",
        Text("企业", "enterprises"),
        (ContactRole.FINANCE,),
        (),
        Text("企业摘要", "Enterprise digest"),
        _tell_enterprises,
    ),
    Readers(
        "bank",
        Text("银行", "banks"),
        (ContactRole.ACCOUNT_MANAGER, ContactRole.PRODUCT_MANAGER),
        (OrganisationKind.BANK, OrganisationKind.BRANCH),
        Text("银行摘要", "Bank digest"),
        _tell_banks,
    ),
    Readers(
        "bureau",
        Text("主管部门", "the bureau"),
        (ContactRole.OPERATOR,),
        (OrganisationKind.BUREAU,),
        Text("主管部门周报", "Bureau weekly"),
        _tell_bureau,
    ),
)
READERS: dict[Audience, Readers] = {readers.key: readers for readers in _TABLE}
AUDIENCES: dict[Audience, Text] = {readers.key: readers.label for readers in _TABLE}
AUDIENCE_OF: dict[str, Audience] = {readers.kind: readers.key for readers in _TABLE}
"""Kind of message → the audience that receives it."""

NOTICE_KIND = "stale_notice"
CONSENT_KIND = NOTICE
WITHDRAWN_KIND = "consent_withdrawn"
TAKEN_KIND = "need_taken"
RETURNED_KIND = RETURNED
GUARANTEE_KIND = GUARANTEE
REVOKED_KIND = REVOKED
ANSWERED_KIND = ANSWERED
DUE_KIND = "answers_due"
MESSAGE_KINDS: dict[str, Text] = {
    **{readers.kind: readers.message for readers in _TABLE},
    NOTICE_KIND: Text("确认提醒", "Notice to confirm"),
    CONSENT_KIND: Text("授权通知", "Notice of a consent"),
    TAKEN_KIND: Text("接单通知", "Notice that a need was taken"),
    RETURNED_KIND: Text("退回通知", "Notice of a return"),
    GUARANTEE_KIND: Text("担保通知", "Notice of a guarantee"),
    REVOKED_KIND: Text("信用背书撤销通知", "Notice of a revoked certificate"),
    ANSWERED_KIND: Text("申诉答复通知", "Notice of the answer to an appeal"),
    DUE_KIND: Text("答复到期提醒", "Reminder of answers that are due"),
    WITHDRAWN_KIND: Text("撤回授权通知", "Notice of a withdrawal"),
}
"""Every kind of message → its name."""


def as_audience(name: str) -> Audience:
    """The audience of this name."""
    return cast(Audience, name)
