"""Products, needs, policies, enterprises and organisations: listed, read, made, changed, and their steps."""

from functools import partial
from typing import Any

from flask import Response
from sqlalchemy import ColumnElement, or_, select

from matchmaker.db import ScopedSession, lock_lists
from matchmaker.domain.lifecycle import ENTRY
from matchmaker.domain.text import Text
from matchmaker.lists.care import When, cares_of
from matchmaker.lists.models import Enterprise, Need
from matchmaker.lists.services.owned import OwnRow, step_own, write_own
from matchmaker.web.api.entries import (
    COLLECTIONS,
    Collection,
    address_of,
    dump_entries,
    entry_reply,
    find_by_id,
    find_by_key,
    key_cells,
    require_good,
    require_version,
)
from matchmaker.web.api.examples import BODIES, CHANGES
from matchmaker.web.api.faults import ApiError
from matchmaker.web.api.filters import Filters, filters_of, orders_of, search_of
from matchmaker.web.api.ids import shown_id
from matchmaker.web.api.listing import Listing, list_page
from matchmaker.web.api.once import do_once
from matchmaker.web.api.operations import ETAG, IDEMPOTENCY, IF_MATCH, IF_NONE_MATCH, LOCATION, Blueprint, operation
from matchmaker.web.api.query import Param, read_query
from matchmaker.web.api.replies import expected_version
from matchmaker.web.api.schemas import body_schema, entry_schema, members_of, page_schema
from matchmaker.web.view import actor, current_day, current_lang, parts, reading

STEPS = tuple(step.verb for step in ENTRY if "owner" in step.who)


def list_blueprint(collection: Collection) -> Blueprint:
    """The routes of one list."""
    made = Blueprint(collection.name, collection.model.label, f"/api/v1/{collection.name}")
    _add_reading(made, collection)
    if collection.write:
        _add_change(made, collection)
    if collection.made:
        _add_creation(made, collection)
        _add_steps(made, collection)
    return made


def _listing(collection: Collection) -> Listing:
    model = collection.model
    return Listing(
        base=select(model),
        orders=orders_of(model),
        filters=_with_chain(filters_of(model), model) | _care(model),
        search=search_of(model),
        members=members_of(model),
    )


def _with_chain(filters: Filters, model: Any) -> Filters:
    """``chain=`` in every list that has to do with one; a need is of its enterprise's."""
    enterprises = filters_of(Enterprise)["chain_code"]
    if model is Need:
        return filters | {"chain": (enterprises[0], partial(_of_chain, enterprises[1]))}
    same = filters.get("chain_code") or filters.get("chains")
    return filters | ({"chain": same} if same else {})


def _of_chain(condition: Any, written: list[str]) -> ColumnElement[bool]:
    return Need.uscc.in_(select(Enterprise.uscc).where(condition(written)))


def _care(model: Any) -> Filters:
    """``care=``: what needs somebody's attention, by the conditions that the pages narrow their tables with."""
    cares = {care.name: care for care in cares_of(model)}
    if not cares:
        return {}
    items = {"type": "string", "enum": list(cares)}
    about = Text(
        "需要处理：" + "、".join(f"{one.name}（{one.label.zh}）" for one in cares.values()) + "。",
        "Needs care: " + ", ".join(f"{one.name} ({one.label.en})" for one in cares.values()) + ".",
    )

    def condition(written: list[str]) -> ColumnElement[bool]:
        when = When(parts().now(), current_day(), parts().settings.stale_days)
        return or_(*(cares[name].condition(model, when) for name in written))

    return {"care": (Param({"type": "array", "items": items, "minItems": 1}, about), condition)}


def _add_reading(made: Blueprint, collection: Collection) -> None:
    schema = entry_schema(collection.name, collection.model)
    listing = _listing(collection)
    label = collection.model.label
    chosen = {"fields": listing.params["fields"]}

    @made.route("", endpoint="list")
    @operation(
        made, collection.read, Text(f"查询{label.zh}", f"List {label.en}"), page_schema(schema), query=listing.params,
        headers=(IF_NONE_MATCH,), answers=ETAG,
    )  # fmt: skip
    def list_entries() -> Response:
        with reading() as session:
            return list_page(session, listing, partial(dump_entries, session, collection))

    @made.route(f'/<id("{collection.name}"):id>', endpoint="one")
    @operation(
        made, collection.read, Text(f"读取一条{label.zh}", f"Read one of the {label.en}"), schema, query=chosen,
        headers=(IF_NONE_MATCH,), answers=ETAG,
    )  # fmt: skip
    def read_entry(id: str) -> Response:  # noqa: A002
        fields = read_query(chosen).get("fields")
        with reading() as session:
            return entry_reply(session, collection, find_by_id(session, collection.model, id), chosen=fields)


def _add_creation(made: Blueprint, collection: Collection) -> None:
    model, name = collection.model, collection.name
    assert collection.write
    label = model.label

    @made.route("", endpoint="create", methods=["POST"])
    @operation(
        made, collection.write, Text(f"新增{label.zh}", f"Add to the {label.en}"), entry_schema(name, model),
        status=201, body=body_schema(model, draft=True), example=BODIES[name], headers=(IDEMPOTENCY,), problems=(409,),
        answers=ETAG | LOCATION,
    )  # fmt: skip
    def create_entry(body: dict[str, Any]) -> Response:
        draft = body.pop("draft", False)
        read_query({})
        return do_once(partial(_create, collection, body, draft))


def _create(collection: Collection, body: dict[str, Any], draft: bool, session: ScopedSession) -> Response:
    (outcome,) = write_own(
        session, actor=actor(), model=collection.model, rows=[OwnRow(1, body)], settings=parts().settings,
        now=parts().now(), lang=current_lang(), draft=draft,
    )  # fmt: skip
    require_good(collection.model, outcome)
    entry = find_by_key(session, collection.model, outcome)
    if outcome.state != "new":
        found = {"id": shown_id(collection.name, entry.public_id), "location": address_of(collection.name, entry)}
        raise ApiError(409, _THERE, code="already_there", more=found, id=found["id"], location=found["location"])
    return entry_reply(session, collection, entry, 201)


def _add_change(made: Blueprint, collection: Collection) -> None:
    model, name = collection.model, collection.name
    assert collection.write
    label = model.label

    @made.route(f'/<id("{name}"):id>', endpoint="change", methods=["PATCH"])
    @operation(
        made, collection.write, Text(f"修改一条{label.zh}", f"Change one of the {label.en}"), entry_schema(name, model),
        body=body_schema(model, change=True), example=CHANGES[name], headers=(IF_MATCH,), problems=(409, 412, 428),
        answers=ETAG,
    )  # fmt: skip
    def change_entry(body: dict[str, Any], id: str) -> Response:  # noqa: A002
        read_query({})
        version = expected_version()
        with parts().database.writing(actor()) as session:
            return _change(collection, body, id, version, session)


def _change(
    collection: Collection, body: dict[str, Any], public_id: str, version: int, session: ScopedSession
) -> Response:
    """Under the lists' lock, so that of several writers with one version the first is let through."""
    lock_lists(session)
    entry = find_by_id(session, collection.model, public_id)
    require_version(session, entry, version)
    (outcome,) = write_own(
        session, actor=actor(), model=collection.model, rows=[OwnRow(1, key_cells(entry) | body)],
        settings=parts().settings, now=parts().now(), lang=current_lang(), expected=version,
    )  # fmt: skip
    require_good(collection.model, outcome)
    return entry_reply(session, collection, find_by_id(session, collection.model, public_id))


def _add_steps(made: Blueprint, collection: Collection) -> None:
    assert collection.write
    label = collection.model.label
    verbs = ",".join(STEPS)

    @made.route(f'/<id("{collection.name}"):id>:<any({verbs}):verb>', endpoint="step", methods=["POST"])
    @operation(
        made, collection.write, Text(f"{label.zh}：提交、暂停、恢复、撤回", f"Take a step with one of the {label.en}"),
        entry_schema(collection.name, collection.model), headers=(IDEMPOTENCY,), problems=(409, 422), answers=ETAG,
    )  # fmt: skip
    def step(id: str, verb: str) -> Response:  # noqa: A002
        read_query({})
        return do_once(partial(_step, collection, id, verb))


def _step(collection: Collection, public_id: str, verb: str, session: ScopedSession) -> Response:
    lock_lists(session)
    entry = find_by_id(session, collection.model, public_id)
    step_own(session, actor=actor(), entry=entry, verb=verb, now=parts().now())
    return entry_reply(session, collection, find_by_id(session, collection.model, public_id))


LIST_BLUEPRINTS = tuple(list_blueprint(collection) for collection in COLLECTIONS)

_THERE = Text(
    "已有同样的一条：{id}。要修改它，用 PATCH {location}。",
    "It is there already: {id}. To change it, PATCH {location}.",
)
