"""The fictional organisations of the sample city: 26 banks, branches, two guarantors, the bureau, and their people."""

from random import Random

from matchmaker.demo.names import person, phone
from matchmaker.demo.rows import Row, row

CITY = "371000"
BUREAU = "J01"
COMPANY, FUND = GUARANTORS = ("D01", "D02")
"""A licensed company and the city's fund, whose scheme is in use."""

_BANKS = (
    ("鸥洲银行", "鸥洲银行股份有限公司威海分行", CITY),
    ("云帆银行", "云帆银行股份有限公司威海分行", CITY),
    ("潮信银行", "潮信银行股份有限公司威海分行", CITY),
    ("听涛银行", "听涛银行股份有限公司威海分行", CITY),
    ("沧澜银行", "沧澜银行股份有限公司威海分行", CITY),
    ("晴川银行", "晴川银行股份有限公司威海分行", CITY),
    ("丹崖银行", "丹崖银行股份有限公司威海分行", CITY),
    ("望屿银行", "望屿银行股份有限公司威海分行", CITY),
    ("汐月银行", "汐月银行股份有限公司威海分行", CITY),
    ("星槎银行", "星槎银行股份有限公司威海分行", CITY),
    ("砺石银行", "砺石银行股份有限公司威海分行", CITY),
    ("远汀银行", "远汀银行股份有限公司威海分行", CITY),
    ("揽岳银行", "揽岳银行股份有限公司威海分行", CITY),
    ("松涧银行", "松涧银行股份有限公司威海分行", CITY),
    ("银杏科创银行", "银杏科创银行股份有限公司威海分行", CITY),
    ("灯塔实业银行", "灯塔实业银行股份有限公司威海分行", CITY),
    ("橹声银行", "橹声城市商业银行股份有限公司", CITY),
    ("千礁银行", "千礁城市商业银行股份有限公司", CITY),
    ("轻舟普惠银行", "轻舟普惠银行股份有限公司", CITY),
    ("麦浪农商行", "麦浪农村商业银行股份有限公司", "371003"),
    ("渔灯农商行", "渔灯农村商业银行股份有限公司", "371082"),
    ("海草房农商行", "海草房农村商业银行股份有限公司", "371082"),
    ("杏坡农商行", "杏坡农村商业银行股份有限公司", "371083"),
    ("石岚村镇银行", "石岚村镇银行股份有限公司", "371083"),
    ("槐序村镇银行", "槐序村镇银行股份有限公司", "371003"),
    ("锚地金租", "锚地金融租赁股份有限公司", CITY),
)
_BRANCHES = (
    ("B01", "鸥洲银行", "环翠", "371002"),
    ("B01", "鸥洲银行", "荣成", "371082"),
    ("B02", "云帆银行", "文登", "371003"),
    ("B05", "沧澜银行", "乳山", "371083"),
    ("B17", "橹声银行", "火炬高新区", "371071"),
    ("B19", "轻舟普惠银行", "经开区", "371072"),
)

BANKS = tuple((f"B{place:02d}", short) for place, (short, _, _) in enumerate(_BANKS, 1))
"""(org_code, short name) of every bank, in order."""
BANK_AREAS = {f"B{place:02d}": area for place, (_, _, area) in enumerate(_BANKS, 1)}
LEASING = "B26"
"""The one lessor: it offers finance leases only."""


def organisation_rows() -> list[Row]:
    """Banks, branches, guarantors and the bureau; parents come first. The same for every size."""
    rows = [
        row("organisations", org_code=f"B{place:02d}", kind="BANK", name=name, short_name=short, area_code=area)
        for place, (short, name, area) in enumerate(_BANKS, 1)
    ]
    for place, (parent, short, where, area) in enumerate(_BRANCHES, 1):
        rows.append(
            row(
                "organisations", org_code=f"Z{place:02d}", kind="BRANCH", name=f"{short}{where}支行",
                short_name=f"{short[:2]}{where}", parent_org_code=parent, area_code=area,
            )
        )  # fmt: skip
    rows += [
        row("organisations", org_code="D01", kind="GUARANTOR", name="威海惠澜融资担保有限公司", short_name="惠澜担保",
            area_code=CITY),
        row("organisations", org_code="D02", kind="GUARANTOR", name="威海信帆企业信用保证基金", short_name="信帆基金",
            area_code=CITY),
        row("organisations", org_code=BUREAU, kind="BUREAU", name="威海市工业和信息化局（演示）", short_name="工信局",
            area_code=CITY),
    ]  # fmt: skip
    return rows


def contact_rows(rng: Random, borrowers: list[str]) -> list[Row]:
    """A finance officer for each USCC in ``borrowers``, and the people of every organisation. A few read English."""
    rows: list[Row] = []

    def add(role: str, host: str, *, uscc: str | None = None, org_code: str | None = None) -> None:
        number = len(rows) + 1
        name, pinyin = person(rng)
        rows.append(
            row(
                "contacts", contact_no=f"LX{number:06d}", uscc=uscc, org_code=org_code, name=name,
                email=f"{pinyin}{number}@{host}", phone=phone(number), role=role,
                language="en" if number % 29 == 0 else "zh",
            )
        )  # fmt: skip

    for place, (org_code, _) in enumerate(BANKS):
        host = f"{org_code.lower()}.bank.example"
        add("ACCOUNT_MANAGER", host, org_code=org_code)
        add("PRODUCT_MANAGER", host, org_code=org_code)
        if place % 2 == 0:
            add("LEAD", host, org_code=org_code)
    for place, (parent, _, _, _) in enumerate(_BRANCHES, 1):
        add("ACCOUNT_MANAGER", f"{parent.lower()}.bank.example", org_code=f"Z{place:02d}")
    for org_code in GUARANTORS:
        add("UNDERWRITER", f"{org_code.lower()}.guarantor.example", org_code=org_code)
    for _ in range(2):
        add("OPERATOR", "bureau.example", org_code=BUREAU)
    for uscc in borrowers:
        add("FINANCE", "example.com", uscc=uscc)
    return rows
