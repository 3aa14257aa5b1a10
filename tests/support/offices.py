"""The conformance lists with a bureau, a guarantor, a branch and an enterprise's contact beside them."""

from matchmaker.db import Database
from tests.support.stock import put

BANK, BRANCH, OTHER_BANK, GUARANTOR, BUREAU = "B001", "Z001", "B002", "D001", "J001"
USCC, FIRM = "91371072MA05063157", "威海威鲁瑞有限公司"
OTHER_USCC = "91371003MA1080619J"
CONTACT, CONTACT_NAME, CONTACT_MAIL, CONTACT_PHONE = "LX0001", "于清扬", "yu@weiluirui.example", "13800000001"


def add_offices(url: str) -> str:
    """Add them to the database at ``url``; gives the URL back."""
    database = Database(url)
    put(database, "organisations", org_code=BUREAU, kind="BUREAU", name="示例主管部门")
    put(database, "organisations", org_code=GUARANTOR, kind="GUARANTOR", name="示例担保公司")
    put(database, "organisations", org_code=BRANCH, kind="BRANCH", name="示例支行", parent_org_code=BANK)
    put(
        database, "contacts", contact_no=CONTACT, uscc=USCC, name=CONTACT_NAME, email=CONTACT_MAIL,
        phone=CONTACT_PHONE, role="FINANCE",
    )  # fmt: skip
    database.dispose()
    return url
