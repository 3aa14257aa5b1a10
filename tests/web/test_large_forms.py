"""A form larger than any form of ours is refused in a sentence, in the reader's language."""

import pytest
from flask import Flask

from matchmaker.domain.terms import Role
from tests.support.accounts import sign_in_as


@pytest.mark.parametrize(("lang", "words"), [("zh", "文件太大"), ("en", "too large")])
def test_a_form_that_is_too_large(demo: Flask, lang: str, words: str) -> None:
    client = sign_in_as(demo, Role.FINANCE)
    answer = client.post(f"/account/password?lang={lang}", data={"name": "长" * 2_000_000})
    assert answer.status_code == 413
    assert words in answer.text
