"""Every component of the pages on one page: what a page is made of, and where the visual test looks."""

from flask import Blueprint

from matchmaker.domain.cells import Registers
from matchmaker.domain.terms import EntryStatus, Result, Verdict
from matchmaker.lists.entry import fields_of
from matchmaker.lists.models import Need, Product
from matchmaker.lists.schemas import read_row, schema_class
from matchmaker.web.forms import Form, as_text, questions_of
from matchmaker.web.guard import action
from matchmaker.web.pages.upload_views import UploadView
from matchmaker.web.view import page, say, t

components = Blueprint("components", __name__)
_ASKED = ("amount_wan", "purpose", "security_offered", "description")


def _upload() -> UploadView:
    """A checked file with a row of each sort."""
    amount = next(one for one in fields_of(Product) if one.code == "amount_max_wan")
    view = UploadView("faulty", Product, {"new": 1, "changed": 1, "unchanged": 7, "rejected": 1})
    view.changed = [(3, t("示例贷", "Sample loan"), [(say(amount.label), "1,000.00", "800.00")])]
    view.faulty = [(5, t("示例贷二", "Another"), {amount.code: ("八百", t("不是金额。", "This is no amount."))})]
    view.faulty_columns = [amount]
    return view


@components.get("/components")
@action("help")
def overview() -> str:
    """The components, with invented content."""
    none = Registers()
    form = Form(questions_of(Need, _ASKED, none), {"amount_wan": ["八百"], "purpose": [""]})
    faults = read_row(schema_class(Need)(none), 1, form.cells()).faults
    form.faults = [(code, as_text(fault)) for code, fault in faults]
    return page(
        "components.html",
        form=form,
        tags=[*Verdict, *Result, *EntryStatus],
        upload=_upload(),
        checked=[
            {"name": "amount", "label": t("融资金额", "Amount"), "value": "800.00 万元", "href": "#amount_wan"},
            {"name": "term", "label": t("期限", "Term"), "value": "", "href": "#purpose"},
            {"name": "name", "label": t("企业名称", "Name"), "value": "示例企业", "source": t("登记信息", "register")},
        ],
        todo=[
            {"label": t("核对企业信息", "Check facts"), "href": "#top", "state": t("已完成", "done"), "kind": "sent"},
            {"label": t("提交需求", "Tell a need"), "href": "#top", "state": t("未开始", "not begun"), "kind": "near"},
            {"label": t("比较报价", "Compare offers"), "state": t("暂不能开始", "not yet"), "kind": "out"},
        ],
        steps=[
            {"label": t("利息", "Interest"), "amount": "276,000.00"},
            {"label": t("费用", "Fees"), "amount": "40,000.00"},
            {"label": t("贴息", "Subsidy"), "amount": "−80,000.00"},
            {"label": t("合计", "Total"), "amount": "236,000.00", "total": True},
        ],
    )  # fmt: skip
