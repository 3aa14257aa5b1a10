"""Fictional Chinese names: enterprises that smell of the sea, people with their pinyin for e-mail addresses."""

from random import Random

PLACES = {
    "371002": ("威海", "威海环翠"),
    "371003": ("威海", "文登"),
    "371071": ("威海", "威海火炬"),
    "371072": ("威海", "威海经区"),
    "371073": ("威海", "威海临港"),
    "371082": ("荣成", "荣成"),
    "371083": ("乳山", "乳山"),
}
"""Words that open the name of an enterprise registered in a county-level area."""

CITY_PLACES = {
    "370100": "济南",
    "370200": "青岛",
    "370600": "烟台",
    "370700": "潍坊",
    "371100": "日照",
}
"""Other cities of the province from which a few enterprises come."""

_FIRST = "鸥澜汐沧听揽晴栖帆舸潮汀礁岚屿橹锚桅珊霁朗砚稷鲲隽翊澍漪珩琮骁翎耘"
_SECOND = "汀屿舟岬岸月辰禾砚川石杉泽原野舫桥穗矶枫峤榆松梧樾桐岑亭陌楫帛铎纬羽"

_SURNAMES = (
    ("王", "wang"), ("李", "li"), ("张", "zhang"), ("刘", "liu"), ("于", "yu"), ("孙", "sun"), ("丛", "cong"),
    ("宋", "song"), ("姜", "jiang"), ("毕", "bi"), ("邹", "zou"), ("鞠", "ju"), ("曲", "qu"), ("董", "dong"),
    ("梁", "liang"), ("周", "zhou"), ("徐", "xu"), ("吕", "lv"), ("侯", "hou"), ("苗", "miao"),
)  # fmt: skip
_GIVEN = (
    ("海燕", "haiyan"), ("晓东", "xiaodong"), ("静", "jing"), ("文博", "wenbo"), ("丽娜", "lina"), ("志强", "zhiqiang"),
    ("雨桐", "yutong"), ("建军", "jianjun"), ("思远", "siyuan"), ("明珠", "mingzhu"), ("浩然", "haoran"), ("敏", "min"),
    ("晨曦", "chenxi"), ("立新", "lixin"), ("秀芝", "xiuzhi"), ("子涵", "zihan"), ("国栋", "guodong"), ("婷", "ting"),
    ("学谦", "xueqian"), ("佳音", "jiayin"), ("凯", "kai"), ("若琳", "ruolin"), ("振华", "zhenhua"), ("蕾", "lei"),
)  # fmt: skip
_FORMS = ("有限公司", "有限公司", "有限公司", "有限公司", "有限责任公司", "股份有限公司")


class EnterpriseNames:
    """Draws names that have not been drawn before."""

    def __init__(self, taken: tuple[str, ...] = ()) -> None:
        self._taken = set(taken)

    def draw(self, rng: Random, place: str, trades: tuple[str, ...]) -> str:
        """A new name: place, invented brand, trade and legal form, as in 荣成鸥汀海洋食品有限公司."""
        while True:
            brand = rng.choice(_FIRST) + rng.choice(_SECOND)
            name = f"{place}{brand}{rng.choice(trades)}{rng.choice(_FORMS)}"
            if name not in self._taken:
                self._taken.add(name)
                return name


def place_of(rng: Random, area_code: str) -> str:
    """The word that opens the name of an enterprise from ``area_code``."""
    return CITY_PLACES[area_code] if area_code in CITY_PLACES else rng.choice(PLACES[area_code])


def person(rng: Random) -> tuple[str, str]:
    """A person's name and its pinyin: (``丛海燕``, ``haiyan.cong``)."""
    surname, surname_pinyin = rng.choice(_SURNAMES)
    given, given_pinyin = rng.choice(_GIVEN)
    return surname + given, f"{given_pinyin}.{surname_pinyin}"


def phone(number: int) -> str:
    """A number that no one has: no local number begins with 0. Good for nine million contacts."""
    return f"0631-0{number:06d}"
