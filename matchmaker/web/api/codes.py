"""Every code that a problem document of the API may have, with its status and what it means."""

from dataclasses import dataclass

from matchmaker.domain.text import Text


@dataclass(frozen=True, slots=True)
class Code:
    """A code: the status it comes with (0: a fault inside ``errors``) and what to do about it."""

    code: str
    status: int
    meaning: Text


def _code(code: str, status: int, zh: str, en: str) -> Code:
    return Code(code, status, Text(zh, en))


CODES: tuple[Code, ...] = (
    _code("json", 400, "请求内容不是规范的 JSON。", "The body is no well-formed JSON."),
    _code("unknown_parameter", 400, "没有这个参数；给出最接近的。", "No such parameter; the nearest is named."),
    _code("doubled_parameter", 400, "同一参数出现两次。", "A parameter stands twice."),
    _code("invalid_parameter", 400, "参数的值不合要求。", "A parameter's value is not of its form."),
    _code("cursor", 400, "游标不属于此查询或此机构。", "The cursor is not for this query or this owner."),
    _code("idempotency_required", 400, "缺少 Idempotency-Key。", "Idempotency-Key is missing."),
    _code("idempotency_key", 400, "Idempotency-Key 的写法不对。", "Idempotency-Key is not of its form."),
    _code("http_400", 400, "请求写法不对。", "The request is malformed."),
    _code("sign_in_needed", 401, "没有密钥，或密钥已失效、撤销。", "No token, or one that ended or was revoked."),
    _code("role", 403, "密钥所有者的角色不能这样做。", "The role of the token's maker does not allow it."),
    _code("scope", 403, "密钥没有这个权限。", "The token lacks the scope."),
    _code("not_yours", 403, "这一步由主管部门进行。", "The step is the bureau's."),
    _code("not_found", 404, "没有这一项，或不是贵单位的。", "No such thing, or not yours."),
    _code("not_in_market", 404, "需求或产品当前不参与撮合。", "The need or product is not in the market."),
    _code("no_run", 404, "还没有运行过匹配。", "No matching has been made yet."),
    _code("http_404", 404, "没有这个地址。", "No such address."),
    _code("http_405", 405, "此地址不接受这种方法，见 Allow。", "The address does not take the method; see Allow."),
    _code("already_there", 409, "已有同样的一条。", "It is there already."),
    _code("illegal_transition", 409, "当前状态下不能这样做。", "The step does not start from the current state."),
    _code(
        "already_answered",
        409,
        "同事已答复：谁、何时；见 current。",
        "A colleague was first: who, when.",
    ),
    _code("undo_too_late", 409, "超过可撤销的时间，答复有效。", "Too late to undo; the answer stands."),
    _code("need_gone", 409, "企业已撤下或暂停这项需求。", "The company took the need off the market."),
    _code("idempotency_running", 409, "同一键的请求还在处理。", "A request with the same key is still running."),
    _code("version_conflict", 412, "记录已被改动：谁、何时、改了什么。", "It has moved on: who changed what, when."),
    _code("database_locked", 409, "数据正被占用，稍后再试。", "The data are in use; try again."),
    _code("too_large", 413, "内容超过上限。", "The body is too large."),
    _code("content_type", 415, "内容类型不对。", "The content type is not the one asked for."),
    _code("invalid_body", 422, "内容有误，逐条见 errors。", "The body has faults, each in errors."),
    _code("idempotency_reused", 422, "这个键已用于另一个请求。", "The key was used for another request."),
    _code("version_required", 428, "缺少 If-Match。", "If-Match is missing."),
    _code("rate", 429, "调用过于频繁，见 Retry-After。", "Too many calls; see Retry-After."),
    _code("internal", 500, "系统出了问题，已记录。", "Something went wrong and was recorded."),
    _code("busy", 503, "同类任务正在进行，稍后再试。", "Work of this kind is under way; try again."),
    _code("type", 0, "类型不符。", "Wrong type."),
    _code("unknown_member", 0, "没有这个成员；给出最接近的。", "No such member; the nearest is named."),
    _code("required", 0, "必填。", "Required."),
    _code("unknown_code", 0, "不在可选值或登记表中。", "None of the choices, or not in the register."),
    _code("pattern", 0, "写法不符。", "Not of the form."),
    _code("too_long", 0, "太长。", "Too long."),
    _code("too_many", 0, "个数不符。", "Wrong number of items."),
    _code("twice", 0, "同一个值出现两次。", "The same value stands twice."),
    _code("range", 0, "超出范围。", "Out of range."),
    _code("zero", 0, "金额应大于 0。", "The amount has to be above zero."),
    _code("date", 0, "不是日期。", "No date."),
    _code("no_such_day", 422, "日历上没有这一天。", "No calendar has this day."),
    _code("uscc", 0, "统一社会信用代码有误。", "The USCC is wrong."),
    _code("unknown_enterprise", 0, "没有这家企业。", "No such enterprise."),
    _code("control_character", 0, "含有控制字符。", "It holds a control character."),
    _code("crossed", 0, "下限大于上限。", "The lower bound is above the upper."),
    _code("alone", 0, "此值不能与其他值同填。", "The value stands alone or not at all."),
    _code("kept_by_bureau", 0, "由主管部门维护。", "The bureau keeps it."),
    _code("email", 0, "不是邮箱。", "No e-mail address."),
    _code("url", 0, "不是网址。", "No web address."),
)
"""In the order of their status; those inside ``errors`` last."""
