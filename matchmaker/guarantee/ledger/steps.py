"""What each booking makes of where a case stands; one that cannot be is refused in a sentence."""

from dataclasses import replace

from matchmaker.domain.errors import ConflictError, RejectedError
from matchmaker.domain.money import MAX_FEN, amount_text
from matchmaker.domain.text import Text
from matchmaker.scoring.exposure import Covered, Standing
from matchmaker.scoring.measures import Position


def free(position: Position) -> Standing:
    """What is reserved and not drawn is given back, a fee that was not booked too."""
    standing = position.standing
    if not standing.reserved and not standing.fee_reserved:
        raise ConflictError(_NOTHING_RESERVED, code="nothing_reserved", no=position.guarantee_no)
    return replace(standing, reserved=0, fee_reserved=0)


def draw(position: Position, fen: int) -> Standing:
    """A drawdown of ``fen`` from what is reserved."""
    standing = position.standing
    _within(fen, standing.reserved, _OVER_RESERVED, "over_reserved", position)
    return replace(standing, reserved=standing.reserved - fen, outstanding=standing.outstanding + fen)


def repay(position: Position, fen: int) -> Standing:
    """A repayment of ``fen``; what is repaid is not there to be drawn again."""
    standing = position.standing
    _within(fen, standing.outstanding, _OVER_OUTSTANDING, "over_outstanding", position)
    return replace(standing, outstanding=standing.outstanding - fen)


def compensate(position: Position, principal_fen: int, interest_fen: int) -> Standing:
    """The whole principal that is out, with interest, becomes a loss; what is still reserved is given back."""
    standing = position.standing
    if principal_fen != standing.outstanding or principal_fen <= 0:
        shown = Text(amount_text(standing.outstanding, "zh"), amount_text(standing.outstanding, "en"))
        raise ConflictError(_NOT_ALL_OUT, code="not_outstanding", no=position.guarantee_no, out=shown)
    _not_negative(interest_fen)
    return replace(standing, reserved=0, fee_reserved=0, outstanding=0, loss=principal_fen + interest_fen)


def recover(position: Position, fen: int) -> Standing:
    """``fen`` came back from the borrower; everybody has a share of it as of the loss, also of one written off."""
    standing = position.standing
    _within(fen, standing.loss + standing.written_off, _OVER_LOSS, "over_loss", position)
    open_fen = min(fen, standing.loss)
    return replace(standing, loss=standing.loss - open_fen, written_off=standing.written_off - (fen - open_fen))


def write_off(position: Position) -> Standing:
    """What has not come back of the loss is given up in the books; the claim on the borrower stays."""
    standing = position.standing
    if not standing.loss:
        raise ConflictError(_NO_LOSS, code="no_loss", no=position.guarantee_no)
    return replace(standing, loss=0, written_off=standing.written_off + standing.loss)


def settle_fee(position: Position, covered: Covered) -> Standing:
    """The whole fee falls due, once."""
    standing = position.standing
    if standing.fee or standing.fee_reserved != covered.fee_fen:
        raise ConflictError(_FEE_SETTLED, code="fee_settled", no=position.guarantee_no)
    return replace(standing, fee=covered.fee_fen, fee_reserved=0)


def _within(fen: int, most: int, text: Text, code: str, position: Position) -> None:
    if fen <= 0 or fen > MAX_FEN:
        raise RejectedError(_NOT_POSITIVE, code="amount_positive")
    if fen > most:
        shown = {name: Text(amount_text(n, "zh"), amount_text(n, "en")) for name, n in (("fen", fen), ("most", most))}
        raise ConflictError(text, code=code, no=position.guarantee_no, **shown)


def _not_negative(fen: int) -> None:
    if fen < 0 or fen > MAX_FEN:
        raise RejectedError(_NOT_POSITIVE, code="amount_positive")


_NOT_POSITIVE = Text("金额应大于零。填写正数后重新提交。", "The amount must be above zero. Write a positive number.")
_NOTHING_RESERVED = Text(
    "担保 {no} 没有预留中的额度，已全部提款或已释放，没有写入。",
    "Guarantee {no} has nothing reserved: all is drawn or was freed. Nothing was written.",
)
_OVER_RESERVED = Text(
    "担保 {no} 本次提款 {fen}，超过还可提款的 {most}，没有写入。核对金额；需要更多额度时另行申请。",
    "Guarantee {no}: the drawdown of {fen} is above the {most} still to be drawn. Nothing was written. "
    "Check the amount, or apply for more.",
)
_OVER_OUTSTANDING = Text(
    "担保 {no} 本次还款 {fen}，超过未还本金 {most}，没有写入。核对金额，利息不计入。",
    "Guarantee {no}: the repayment of {fen} is above the principal of {most} still out. Nothing was written. "
    "Check the amount; interest is left out.",
)
_NOT_ALL_OUT = Text(
    "担保 {no} 的未还本金是 {out}，代偿本金应与它相同且大于零，没有写入。提款后才能代偿。",
    "Guarantee {no} has a principal of {out} out; a compensation is of exactly that and above zero. "
    "Nothing was written. It follows a drawdown.",
)
_OVER_LOSS = Text(
    "担保 {no} 本次追回 {fen}，超过还没有追回的 {most}，没有写入。核对金额。",
    "Guarantee {no}: the recovery of {fen} is above the {most} not yet recovered. Nothing was written.",
)
_NO_LOSS = Text(
    "担保 {no} 没有未追回的代偿，不需要核销，没有写入。",
    "Guarantee {no} has no loss left to write off. Nothing was written.",
)
_FEE_SETTLED = Text(
    "担保 {no} 的担保费已入账或已随额度释放，没有再次写入。",
    "The fee of guarantee {no} has been booked, or was given up with the reservation. Nothing was written.",
)
