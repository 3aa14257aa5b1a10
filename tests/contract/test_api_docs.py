"""What docs/reference/api.md says is so: its calls exist, its limits are those of the code."""

import re
from pathlib import Path

import pytest
from werkzeug.exceptions import NotFound

from matchmaker import create_app
from matchmaker.accounts import idempotency, tokens
from matchmaker.accounts.matrix import TOKEN_SCOPES
from matchmaker.settings import Settings
from matchmaker.web.api import body, faults, limits, listing, query
from matchmaker.web.api.resources.schemas import MOST_ROWS

PAGE = (Path(__file__).parents[2] / "docs/reference/api.md").read_text("utf-8")


def test_every_call_of_the_page_is_one_of_the_api(tmp_path: Path) -> None:
    routes = create_app(Settings(instance=tmp_path)).url_map.bind("localhost")
    shell = "\n".join(re.findall(r"```sh\n(.*?)```", PAGE, re.S)).replace("\\\n", " ")
    calls = [line for line in shell.splitlines() if line.startswith("curl")]
    assert len(calls) == 5
    for call in calls:
        method = "POST" if "-X POST" in call else "GET"
        (path,) = re.findall(r'\$HOST(/api/v1/[^?"]+)', call)
        try:
            routes.match(path, method=method)
        except NotFound:
            pytest.fail(f"{method} {path} is no address")
        assert ("Idempotency-Key" in call) == (method == "POST")


def test_scopes_of_the_page_are_those_of_the_matrix() -> None:
    assert set(re.findall(r"`([a-z]+:[a-z]+)`", PAGE)) == set(TOKEN_SCOPES)


def test_limits_of_the_page_are_those_of_the_code() -> None:
    said = {row.split("|")[1].strip(): row.split("|")[2].strip() for row in PAGE.splitlines() if row.startswith("| ")}
    assert said["a JSON body"] == f"{limits.MAX_BODY_BYTES >> 20} MB, {body.MOST_MEMBERS:,} members"
    assert said["a page"] == f"{listing.LIMIT}, at most {listing.MOST}"
    assert said["rows of a batch"] == f"{MOST_ROWS:,}"
    assert said["`Idempotency-Key`"].startswith(f"{idempotency.LONGEST} ")
    assert said["values of a filter; keys of an order; signs of `q`"] == f"{query.MOST}; 3; 100"
    assert said["faults told of one body"] == str(faults.SHOWN)
    tokens_of = "tokens of an organisation or enterprise; how long one holds"
    assert said[tokens_of] == f"{tokens.MOST_TOKENS}; {tokens.MOST_DAYS} days"
    assert said["imports at a time; explanations at a time"].startswith(str(limits.AT_A_TIME))
    assert Settings().api_rate == "600/minute" and "600 a minute" in PAGE
