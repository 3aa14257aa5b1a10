"""Scrubbing: what names an enterprise is gone however it is written, what is harmless stays."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matchmaker.accounts.scrub import MARK, Identity, folded, scrub, signs

FIRM = Identity(
    name="威海光威复合材料股份有限公司",
    uscc="91371002MA3C5D7E9X",
    places=("威海市", "山东省", "环翠区"),
    people=("王小明",),
    numbers=("13812345678", "money@guangwei.example"),
    brands=("鲸鱼王", "Whale"),
)


def wide(text: str) -> str:
    return "".join(chr(ord(sign) + 0xFEE0) if "!" <= sign <= "~" else sign for sign in text)


secret = st.sampled_from(
    [FIRM.name, "光威", "威海光威", "光威复合材料", FIRM.uscc, FIRM.uscc[8:17], "13812345678", "王小明", "鲸鱼王",
     "Whale", "money@guangwei.example"]
)  # fmt: skip
gap = st.sampled_from(["", " ", "\u3000", "-", "·", "\u200b", "　 ", ".", "\n"])
filler = st.text(st.sampled_from("需要流动资金购买设备，订单充足。 abc12"), max_size=12)


@st.composite
def disguised(draw: st.DrawFn) -> str:
    written = draw(secret)
    if draw(st.booleans()):
        written = wide(written)
    if draw(st.booleans()):
        written = written.swapcase()
    between = draw(gap)
    return draw(filler) + between.join(written) + draw(filler)


@given(disguised())
def test_nothing_that_names_it_is_left(text: str) -> None:
    after = scrub(text, FIRM)
    bare = folded(after)
    assert MARK in after
    assert [sign for sign in signs(FIRM) if sign in bare] == []
    assert scrub(after, FIRM) == after, "the same result twice"


@given(st.text(max_size=60))
def test_any_text_comes_through_without_a_sign(text: str) -> None:
    after = scrub(text, FIRM)
    assert scrub(after, FIRM) == after
    assert not [sign for sign in signs(FIRM) if sign in folded(after)]


@given(
    st.text(st.sampled_from("东方海纳信德瑞华润泽"), min_size=2, max_size=4),
    st.sampled_from(["有限公司", "有限责任公司", "股份有限公司", "厂", "集团", "专业合作社"]),
    st.sampled_from(["威海", "威海市", "山东威海", ""]),
)
def test_any_name_is_found_by_its_short_form(word: str, form: str, place: str) -> None:
    firm = Identity(name=f"{place}{word}{form}", uscc="", places=("威海市", "山东省"))
    for said in (f"{place}{word}{form}", word, f"{place}{word}", word[:2]):
        assert unicodedata.normalize("NFKC", word[:2]) not in folded(scrub(f"我们{said}，需要资金", firm))


@pytest.mark.parametrize(
    "text",
    [
        "购买数控机床 2 台，2026-11-18 前到位，合同额 1,200,000 元",
        "流动资金 800 万元，12 个月，年化 3.45% 以内",
        "公司成立于 2015 年，营收总额 5000 万元，年底前归还旧贷",
        "采购玻纤材料，回款周期 90 天，资金总量不足",
        "working capital of CNY 8.00 million for 12 months",
    ],
)
def test_what_is_harmless_stays(text: str) -> None:
    assert scrub(text, FIRM) == text


@pytest.mark.parametrize(
    "told",
    [
        "电话 138 1234 5679", "0631-5231234", "４００－８００－１２３４", "一三八零零一二三四五六", "QQ：123456789",
        "微信 abc_12345", "foo ＠ bar.com", "www . abc . com.cn", "https://x.example/a?b=1", "abc.cn",
        "环翠区世昌大道 12 号 3 号楼 201 室", "初村镇科技园", "为威高集团供货", "给山东黄海造船有限公司做配套",
        "VX:gw88880", "V信 gw88880", "薇信gw88880", "wx gw88880", "世昌大道一百零二号",
        "联系人：李建国", "找张经理", "91371000MA3C000016", "海狼牌鱼竿",
    ],
)  # fmt: skip
def test_what_tells_is_taken_out(told: str) -> None:
    after = scrub(f"需要资金，{told}，谢谢", FIRM)
    assert MARK in after and after.startswith("需要资金，") and after.endswith("，谢谢")
    left = folded(after).removeprefix("需要资金").removesuffix("谢谢")
    assert len(left) <= len(folded(told)) // 2, after
