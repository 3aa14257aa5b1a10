"""The check of the matrix: may this actor do this now?"""

from datetime import datetime, timedelta

from matchmaker.accounts.matrix import BY_KEY, FRESH_MINUTES, SECOND_FACTOR, Action
from matchmaker.actor import Actor
from matchmaker.domain.errors import NotAllowedError, SignInError
from matchmaker.domain.terms import Side
from matchmaker.domain.text import Text


def permit(actor: Actor, key: str, now: datetime) -> None:
    """Return if ``actor`` may take the action; else say what is missing.

    SignInError: nobody has signed in. NotAllowedError: the role, the token's scope, the second factor or a recent
    password is missing (``code`` says which). KeyError for an action that the matrix does not have.
    """
    action = BY_KEY[key]
    if action.public or actor.trusted:
        return
    if actor.side is Side.ANYONE:
        raise SignInError(_SIGN_IN, code="sign_in_needed")
    if not actor.roles & set(action.roles):
        raise NotAllowedError(_ROLE, code="role", what=action.label)
    if actor.token_scopes is None:
        _permit_person(actor, action, now)
    elif action.scope not in actor.token_scopes:
        raise NotAllowedError(_SCOPE, code="scope", scope=action.scope or "--")


def _permit_person(actor: Actor, action: Action, now: datetime) -> None:
    if actor.roles & SECOND_FACTOR and not (actor.second_factor or action.first_factor):
        raise NotAllowedError(_SECOND_FACTOR, code="second_factor_needed")
    if action.fresh and (actor.fresh_at is None or now - actor.fresh_at > timedelta(minutes=FRESH_MINUTES)):
        raise NotAllowedError(_FRESH, code="fresh_needed", minutes=FRESH_MINUTES)


def may(actor: Actor, key: str, now: datetime) -> bool:
    """Whether :func:`permit` would let it pass, for buttons; a recent password is asked for when it is pressed."""
    try:
        permit(actor, key, now)
    except NotAllowedError as error:
        return error.code == "fresh_needed"
    except SignInError:
        return False
    return True


_SIGN_IN = Text("请先登录。", "Sign in first.")
_ROLE = Text(
    "您的角色不能{what}。需要时请联系本单位的负责人。", "Your role does not allow you to {what}. Ask your lead."
)
_SCOPE = Text(
    "这个密钥没有权限 {scope}。换一个有此权限的密钥。", "This token lacks the scope {scope}. Use one that has it."
)
_SECOND_FACTOR = Text(
    "您的角色需要二次验证。先完成二次验证再继续。", "Your role needs a second factor. Give it before you go on."
)
_FRESH = Text(
    "这一步需要重新确认身份：密码须在 {minutes} 分钟内输入过。",
    "This step needs your password again: it must have been given within the last {minutes} minutes.",
)
