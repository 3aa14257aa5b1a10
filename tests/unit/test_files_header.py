"""Which row is the header, what its columns mean, and what is said when one is missing or twice."""

import pytest

from matchmaker.domain.errors import RejectedError
from matchmaker.lists.entry import fields_of
from matchmaker.lists.files.header import HeaderFinder, letters, likely_columns, names_of, plain, read_header
from matchmaker.lists.models import KINDS, Contact, Enterprise, Need, Product
from matchmaker.lists.sandbox.sheet import column_number


@pytest.mark.parametrize("model", KINDS.values())
def test_every_code_and_label_is_known_and_none_means_two_columns(model: type) -> None:
    names = names_of(model)
    for field in fields_of(model):
        assert names[plain(field.code)] == names[plain(field.label.zh)] == field.code


@pytest.mark.parametrize(
    "text",
    [
        "最高年利率(%)",
        "最高年利率（％）",
        " 最高年利率\n(%) ",
        "*最高年利率(%)",
        "最高年利率",
        "RATE_MAX_PCT",
        "ｒate_max_pct",
    ],
)
def test_forms_of_a_header(text: str) -> None:
    header = read_header(Product, 3, {1: "银行", 2: "产品名称", 4: "产品类型", 7: text})
    assert header.columns["rate_max_pct"] == 7


def test_another_unit_is_another_column() -> None:
    header = read_header(Product, 1, {1: "银行", 2: "产品名称", 3: "产品类型", 4: "最高额度(元)"})
    assert "amount_max_wan" not in header.columns
    assert header.extra == {4: "最高额度(元)"}
    assert likely_columns(Product, header) == {"最高额度(元)": "amount_max_wan"}


def test_first_row_with_the_key_wins_over_notes_above() -> None:
    finder = HeaderFinder(Need)
    assert not finder.is_header(1, {1: "融资需求清单（用途、期限）"})
    assert not finder.is_header(2, {1: "用途"})
    assert finder.is_header(3, {1: "用途", 2: "需求编号"})


def test_a_missing_required_column_is_one_error_with_the_nearest_header() -> None:
    with pytest.raises(RejectedError) as caught:
        read_header(Enterprise, 2, {1: "统一社会信用代码", 2: "联系电话", 3: "企业的名称"})
    error = caught.value
    assert (error.code, error.values["column"]) == ("missing_column", "name")
    assert error.say("zh") == "没有找到列「企业名称」；文件中有「企业的名称」（C2），是否就是它？改好列名后再上传。"
    assert '"name"' in error.say("en")


def test_several_missing_columns_are_still_one_error() -> None:
    with pytest.raises(RejectedError) as caught:
        read_header(Need, 1, {1: "need_no", 2: "uscc"})
    assert caught.value.say("zh") == "没有找到列「融资金额(万元)」「期限(月)」「用途」。补上这一列后再上传。"


def test_several_missing_columns_each_get_their_nearest() -> None:
    with pytest.raises(RejectedError) as caught:
        read_header(Need, 2, {1: "need_no", 2: "uscc", 3: "资金用途", 4: "金额"})
    said = caught.value.say("zh")
    assert "「融资金额(万元)」是否就是「金额」（D2）" in said
    assert "「用途」是否就是「资金用途」（C2）" in said
    assert (caught.value.code, caught.value.values["column"], caught.value.values["cell"]) == (
        "missing_column",
        "amount_wan",
        "D2",
    )


def test_contacts_need_one_of_two_columns() -> None:
    assert read_header(Contact, 1, {1: "contact_no", 2: "name", 3: "org_code"}).columns
    with pytest.raises(RejectedError):
        read_header(Contact, 1, {1: "contact_no", 2: "name"})


def test_a_column_twice_is_one_error_that_names_both() -> None:
    with pytest.raises(RejectedError) as caught:
        read_header(Enterprise, 4, {1: "uscc", 2: "name", 28: "统一社会信用代码"})
    assert caught.value.code == "duplicate_column"
    assert "A4 和 AB4" in caught.value.say("zh")


def test_the_added_column_of_an_annotated_file_is_passed_over_silently() -> None:
    assert read_header(Enterprise, 1, {1: "uscc", 2: "name", 3: "错误说明", 4: "备注"}).extra == {4: "备注"}


def test_column_letters() -> None:
    assert [letters(n) for n in (1, 26, 27, 702, 703)] == ["A", "Z", "AA", "ZZ", "AAA"]
    assert all(column_number(letters(n)) == n for n in range(1, 2000))
