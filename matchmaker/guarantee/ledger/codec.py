"""A case as it is kept with its reservation."""

from typing import Any

from matchmaker.domain.guarantee_terms import FeePayer, Grade, LossParty
from matchmaker.domain.terms import SizeClass
from matchmaker.scoring.exposure import Covered


def kept(covered: Covered) -> dict[str, Any]:
    """As JSON, without what the entry's own columns hold."""
    return {
        "scheme_code": covered.scheme_code,
        "bank_code": covered.bank_code,
        "chain_code": covered.chain_code,
        "grade": str(covered.grade),
        "size_class": str(covered.size_class) if covered.size_class else None,
        "shares": {str(party): share for party, share in covered.shares.items()},
        "amount_fen": covered.amount_fen,
        "groups": list(covered.groups),
        "fee_fen": covered.fee_fen,
        "fee_payer": str(covered.fee_payer),
    }


def covered_of(guarantee_no: str, org_code: str, uscc: str, terms: dict[str, Any]) -> Covered:
    """The case that :func:`kept` was made of."""
    size = terms["size_class"]
    return Covered(
        guarantee_no=guarantee_no,
        org_code=org_code,
        uscc=uscc,
        scheme_code=terms["scheme_code"],
        bank_code=terms["bank_code"],
        chain_code=terms["chain_code"],
        grade=Grade.of(terms["grade"]),
        size_class=SizeClass.of(size) if size else None,
        shares={LossParty.of(party): share for party, share in terms["shares"].items()},
        amount_fen=terms["amount_fen"],
        groups=tuple(terms["groups"]),
        fee_fen=terms["fee_fen"],
        fee_payer=FeePayer.of(terms["fee_payer"]),
    )
