"""Lists by the API: what is shown to whom, filters, pages, changes guarded by version, and each thing once."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask

from matchmaker import create_app
from matchmaker.domain.terms import Role
from matchmaker.settings import Settings
from tests.support.accounts import SECRET, parts_of
from tests.support.api import Caller, caller
from tests.support.stock import NOW

PRODUCT = {"name": "新产品", "product_type": "CREDIT_LOAN", "amount_max": "5000000.00", "rate_max": "4.35"}


@pytest.fixture
def app(conformance_url: str, tmp_path: Any) -> Iterator[Flask]:
    made = create_app(Settings(instance=tmp_path, database_url=conformance_url, secret_key=SECRET), now=lambda: NOW)
    yield made
    parts_of(made).database.dispose()


@pytest.fixture
def bank(app: Flask) -> Caller:
    return caller(app, Role.PRODUCT_MANAGER, org_code="B007")


@pytest.fixture
def other_bank(app: Flask) -> Caller:
    return caller(app, Role.PRODUCT_MANAGER, org_code="B001")


@pytest.fixture
def bureau(app: Flask) -> Caller:
    return caller(app, Role.OPERATOR, org_code="J01")


def test_try(bank: Caller) -> None:
    r = bank.get("/products?limit=2&include=total&sort=-amount_max")
    print(r.status_code, r.json, dict(r.headers))
    r = bank.post("/products", PRODUCT)
    print(r.status_code, r.text, dict(r.headers))
    assert 0
