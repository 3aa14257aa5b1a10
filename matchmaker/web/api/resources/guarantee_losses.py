"""Losses of guarantees: claims checked and paid, what came back, what is written off; each by two persons."""

from functools import partial
from typing import Any

from flask import Response

from matchmaker.domain.text import Text
from matchmaker.guarantee.cases import losses
from matchmaker.web.api.examples import CLAIM_CHECK, CLAIM_REFUSAL, RECOVERY, WRITE_OFF
from matchmaker.web.api.once import do_once
from matchmaker.web.api.operations import Blueprint, operation
from matchmaker.web.api.query import read_query
from matchmaker.web.api.resources.guarantee_schemas import (
    GuaranteeSchema,
    NoteSchema,
    ReasonSchema,
    RecoverySchema,
)
from matchmaker.web.api.resources.guarantees_shown import STEP, read_day, read_fen, stepped
from matchmaker.web.view import parts

LOSSES = Blueprint("losses", Text("代偿、追偿与核销", "claims, recoveries and write-offs"), "/api/v1/guarantees")


@LOSSES.route('/<id("guarantees"):id>:check_claim', endpoint="check_claim", methods=["POST"])
@operation(
    LOSSES, "guarantees.review", Text("核查代偿申请", "Check the claim"), GuaranteeSchema, body=ReasonSchema,
    example=CLAIM_CHECK, **STEP,
)  # fmt: skip
def check_claim(body: dict[str, Any], id: str) -> Response:  # noqa: A002
    """Against the ledger; another person pays."""
    read_query({})
    return do_once(partial(stepped, id, partial(losses.check_claim, text=body["reason"])))


@LOSSES.route('/<id("guarantees"):id>:compensate', endpoint="compensate", methods=["POST"])
@operation(
    LOSSES, "guarantees.approve", Text("代偿", "Compensate"), GuaranteeSchema, body=NoteSchema, example={},
    **STEP,
)  # fmt: skip
def compensate(body: dict[str, Any], id: str) -> Response:  # noqa: A002
    """By another person than the one who checked."""
    read_query({})
    work = partial(losses.compensate, note=body.get("note"), settings=parts().settings)
    return do_once(partial(stepped, id, work))


@LOSSES.route('/<id("guarantees"):id>:refuse_claim', endpoint="refuse_claim", methods=["POST"])
@operation(
    LOSSES, "guarantees.approve", Text("退回代偿申请", "Refuse the claim"), GuaranteeSchema, body=ReasonSchema,
    example=CLAIM_REFUSAL, **STEP,
)  # fmt: skip
def refuse_claim(body: dict[str, Any], id: str) -> Response:  # noqa: A002
    """The loan is overdue as before; the bank may claim again."""
    read_query({})
    return do_once(partial(stepped, id, partial(losses.refuse_claim, reason=body["reason"])))


@LOSSES.route('/<id("guarantees"):id>:recover', endpoint="recover", methods=["POST"])
@operation(
    LOSSES, "guarantees.review", Text("登记追偿", "Book a recovery"), GuaranteeSchema, body=RecoverySchema,
    example=RECOVERY, **STEP,
    about="追回的款项按损失分担比例分到分；全部追回后为 recovered。\n"
    "What came back is shared by the loss shares, to the fen; once all of it has, the state is recovered.",
)  # fmt: skip
def recover(body: dict[str, Any], id: str) -> Response:  # noqa: A002
    """Of a day between the compensation and today; never more than is still owed."""
    read_query({})
    work = partial(
        losses.recover, amount_fen=read_fen(body["amount"]), on=read_day(body["recovered_on"]), note=body.get("note"),
        settings=parts().settings,
    )  # fmt: skip
    return do_once(partial(stepped, id, work))


@LOSSES.route('/<id("guarantees"):id>:propose_write_off', endpoint="propose_write_off", methods=["POST"])
@operation(
    LOSSES, "guarantees.review", Text("提出核销", "Propose to write off"), GuaranteeSchema, body=ReasonSchema,
    example=WRITE_OFF, **STEP,
)  # fmt: skip
def propose_write_off(body: dict[str, Any], id: str) -> Response:  # noqa: A002
    """Another person writes off."""
    read_query({})
    return do_once(partial(stepped, id, partial(losses.propose_write_off, reason=body["reason"])))


@LOSSES.route('/<id("guarantees"):id>:write_off', endpoint="write_off", methods=["POST"])
@operation(
    LOSSES, "guarantees.approve", Text("核销", "Write off"), GuaranteeSchema, body=NoteSchema, example={}, **STEP,
    about="提出人不能自己核销；对借款人的追索权不因核销消灭。\n"
    "Who proposed it cannot do it; the claim on the borrower stays.",
)  # fmt: skip
def write_off(body: dict[str, Any], id: str) -> Response:  # noqa: A002
    """What has not come back, by another person than the one who proposed it."""
    read_query({})
    work = partial(losses.write_off, note=body.get("note"), settings=parts().settings)
    return do_once(partial(stepped, id, work))
