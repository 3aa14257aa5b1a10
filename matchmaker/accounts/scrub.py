"""Free text without what tells who wrote it: names, numbers, addresses of every kind become ``■■``.

What is looked for is compared without case, width, spaces and punctuation, so that taking it apart does not hide it.
In doubt something is taken out: the enterprise sees the result before any bank does, and approves it or not.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

MARK = "■■"
"""Stands for what was taken out; it is no letter, so what it separates is still found."""

_FORMS = (
    "有限责任公司", "股份有限公司", "集团有限公司", "有限公司", "集团公司", "分公司", "集团", "公司",
    "农民专业合作社", "专业合作社", "合作社", "个体工商户", "经营部", "事务所", "工厂", "厂",
)  # fmt: skip
"""Legal forms at the end of names (《企业名称登记管理规定》), the longer ones first."""

_COMMON = frozenset(
    ("科技", "机械", "材料", "电子", "食品", "渔具", "船舶", "智能", "装备", "制造", "实业", "贸易", "环保", "新材",
     "生物", "医药", "医疗", "汽车", "重工", "化工", "纺织", "服装", "建材", "能源", "信息", "技术", "工程", "设备",
     "精密", "复合", "海洋", "水产", "打印", "模具", "金属", "塑料", "包装", "工业", "发展", "股份", "有限", "公司")
)  # fmt: skip
"""Words of trades, which tell nobody."""


@dataclass(frozen=True, slots=True)
class Identity:
    """What names an enterprise. ``places`` are names of areas, which its name may begin with; ``people`` and
    ``numbers`` its contacts' names, phones and addresses; ``brands`` further words it wants hidden."""

    name: str
    uscc: str
    places: tuple[str, ...] = ()
    people: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()
    brands: tuple[str, ...] = ()


def scrub(text: str, identity: Identity) -> str:
    """``text`` without what names the enterprise, repeated until nothing more is found; the same result twice."""
    words = sorted(set(signs(identity)), key=len, reverse=True)
    while True:
        after = _without(text, [*_found_words(text, words), *_found_patterns(text)])
        if after == text:
            return text
        text = after


def signs(identity: Identity) -> Iterator[str]:
    """The folded words that must not stand in the text: the names it is called by, its code, its people, its brands."""
    yield from _names(identity)
    code = folded(identity.uscc)
    if len(code) == 18:
        yield from (code, code[8:17], code[8:16])
    for word in (*identity.people, *identity.numbers, *identity.brands):
        if len(bare := folded(word)) > 1:
            yield bare


def _names(identity: Identity) -> Iterator[str]:
    """The whole name, without its form, without its place, and the short names people make of it."""
    whole = folded(identity.name)
    core = _core(whole, identity.places)
    yield from (piece for piece in (whole, _without_form(whole), core) if len(piece) > 1 and piece not in _COMMON)
    for length in (4, 3, 2):
        if len(core) >= length and core[:length] not in _COMMON:
            yield core[:length]
    yield from re.findall(r"[a-z]{3,}", whole)


def _core(whole: str, places: Iterable[str]) -> str:
    """``光威复合材料`` of ``威海光威复合材料股份有限公司``."""
    core = _without_form(whole)
    starts = sorted({start for place in places for start in _called(folded(place))}, key=len, reverse=True)
    while True:
        start = next((one for one in starts if core.startswith(one) and len(core) > len(one) + 1), None)
        if start is None:
            return core
        core = core.removeprefix(start)


def _called(place: str) -> Iterator[str]:
    """An area's name with and without what kind of area it is."""
    for name in (place, place[:-1] if place.endswith(("省", "市", "区", "县")) else place):
        if len(name) > 1:
            yield name


def _without_form(whole: str) -> str:
    for form in _FORMS:
        if whole.endswith(form) and len(whole) > len(form) + 1:
            return whole.removesuffix(form)
    return whole


def folded(text: str) -> str:
    """Letters and digits only, of one case and width."""
    return "".join(sign for sign, _ in _signs_of(text))


def _signs_of(text: str) -> Iterator[tuple[str, int]]:
    """Each letter and digit, of one case and width, with its place in ``text``."""
    for place, written in enumerate(text):
        for sign in unicodedata.normalize("NFKC", written).casefold():
            if sign.isalnum():
                yield sign, place


Span = tuple[int, int]


def _found_words(text: str, words: Iterable[str]) -> Iterator[Span]:
    kept = list(_signs_of(text))
    bare = "".join(sign for sign, _ in kept)
    for word in words:
        start = bare.find(word)
        while start >= 0:
            yield kept[start][1], kept[start + len(word) - 1][1] + 1
            start = bare.find(word, start + 1)


_HAN = "\u4e00-\u9fff"
_GAP = r"[\s\-‐‑–—.·•_()/,]{0,3}"
_PLACES = "镇|街道|村|社区|小区|工业园|产业园|科技园|开发区|高新区|大厦"
_TOP = "com|cn|net|org|top|xyz|shop|vip|cc|info|tech|store|ltd|biz|me|io|co"
_SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈"
    "姚卢姜崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤"
    ""
)
_PATTERNS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"[\w.+\-]+\s*@\s*[\w\-]+(?:\s*\.\s*[\w\-]+)+",
        r"(?:https?|ftp)\s*:\s*/\s*/\s*[^\s\u4e00-\u9fff。、,;]+",
        rf"(?:[a-z0-9][a-z0-9\-]*\s*\.\s*)+(?:{_TOP})(?![a-z0-9])(?:/[^\s\u4e00-\u9fff。、,;]*)?",
        rf"(?<!\d)(?:\+?86{_GAP})?1{_GAP}[3-9](?:{_GAP}\d){{9}}(?!\d)",
        rf"(?<!\d)0\d{{2,3}}{_GAP}\d{{3,4}}{_GAP}\d{{3,4}}(?!\d)",
        rf"(?<!\d)[48]00(?:{_GAP}\d){{7}}(?!\d)",
        r"(?<!\d)\d{7,}(?!\d)",
        rf"(?<![0-9a-z])(?=(?:{_GAP}[0-9a-z])*?(?:{_GAP}[a-z]*\d){{8}})[0-9a-z](?:{_GAP}[0-9a-z]){{14,17}}(?![0-9a-z])",
        r"[零〇一二三四五六七八九壹贰叁肆伍陆柒捌玖幺]{7,}",
        r"(?:微信|薇信|(?<![a-z])[vw]x|v信|qq|ｑｑ|电话|手机|传真|座机|邮箱|wechat|tel|fax|phone)(?:号码|号)?\s*[:：是为]?\s*[0-9a-z][0-9a-z_\-\s]{4,}",
        rf"[{_HAN}0-9a-z]{{2,12}}?(?:大道|大街|路|街|巷|弄|胡同)\s*[0-9一二三四五六七八九十百零〇]+\s*(?:号|弄|巷)(?:\s*[0-9a-z\-]+\s*(?:号楼|栋|幢|单元|室|楼))*",
        rf"[{_HAN}]{{2,8}}?(?:{_PLACES})(?:[{_HAN}]{{0,6}}?(?:{_PLACES}))*",
        r"[0-9a-z\-]+\s*(?:号楼|栋|幢|室)",
        rf"(?:(?!我|本|贵|该|我们|为|向|给|与|和|由|从|的|是|供|卖|买)[{_HAN}0-9a-z（）()·]){{2,16}}?(?:有限责任公司|股份有限公司|有限公司|集团|合作社|事务所)",
        rf"(?:联系人|联系|法定代表人|法人代表|法人|负责人|经办人)\s*[:：是为]\s*[{_HAN}·]{{2,4}}",
        rf"[{_SURNAMES}][{_HAN}]{{0,2}}(?:总经理|副总|董事长|经理|先生|女士|老板|厂长|会计|主任)",
        rf"[{_SURNAMES}]总(?![额量资计体共部的是])",
        rf"[{_HAN}a-z]{{1,6}}牌(?![照坊])",
        r"[“「『《\"][^”」』》\"]{1,12}[”」』》\"]\s*(?:品牌|商标|牌)",
    )
)
"""Mail, web, phones (mobile, landline, service, any long number, written out), codes, addresses, names of others,
people, brands."""


def _found_patterns(text: str) -> Iterator[Span]:
    plain = "".join(_plain(sign) for sign in text)
    for pattern in _PATTERNS:
        for found in pattern.finditer(plain):
            yield found.span()


def _plain(sign: str) -> str:
    """One sign of one width, so that places stay the same."""
    same = unicodedata.normalize("NFKC", sign)
    if unicodedata.category(sign) in ("Cf", "Zs"):
        return " "
    return same if len(same) == 1 else sign


def _without(text: str, spans: Iterable[Span]) -> str:
    """``text`` with each span as one mark; spans that touch become one."""
    parts: list[str] = []
    done = 0
    for start, end in sorted(spans):
        if end <= done:
            continue
        if start > done or not parts:
            parts += [text[done:start], MARK]
        done = end
    joined = "".join([*parts, text[done:]])
    return re.sub(rf"(?:{MARK}\s*)+{MARK}", MARK, joined)
