"""Help for each page of the menu: what one does there, in the order in which one does it."""

from matchmaker.domain.text import Text

HELP: dict[str, tuple[Text, ...]] = {
    "/": (
        Text("最上面是待您处理的事，按时限排列；办完的排在后面。", "What waits for you comes first, by its date."),
        Text("每个数字都可以点开，看到的就是它数的那些记录。", "Every number leads to exactly the rows it counts."),
    ),
    "/review": (
        Text("逐条对照原来和现在，不同之处已标出。", "Compare before and now; what differs is marked."),
        Text(
            "可以勾选多条一起发布；退回要写一句原因，提交人会看到。",
            "Tick several to publish them together; a return needs one sentence, which whoever submitted it reads.",
        ),
    ),
    "/needs": (
        Text(
            "按「提交融资需求」，三页填完：金额、用途、期限；担保与利率；核对。每页自动保存草稿。",
            "“Tell a need” takes three pages: amount, purpose and term; security and rate; check. Drafts keep "
            "themselves.",
        ),
        Text(
            "金额单位是万元，也可以写「800万」或「8,000,000元」。",
            "Amounts are in ten thousand yuan; 800万 or 8,000,000元 are read too.",
        ),
        Text(
            "情况变了可以修改、暂停或撤回；撤回后银行不再看到。",
            "Change, suspend or withdraw it when things change; banks no longer see what is withdrawn.",
        ),
    ),
    "/enterprise": (
        Text(
            "每一项都写明来源和日期。经营数据可以修改；登记信息不对时，联系主管部门更正。",
            "Each fact says where it comes from and since when. Figures can be changed; where "
            "what comes from a register is wrong, ask the bureau.",
        ),
        Text(
            "空着的信息在匹配时算「待核实」，不算不符合；补上能让更多产品有结论。",
            "A blank is “to be checked” in a match, never a no; filling it lets more products be judged.",
        ),
    ),
    "/credit": (
        Text(
            "按来源列出全部信用记录：从哪里来、今天是否计入、到哪一天为止。没有数据的来源会写明。",
            "All credit records by source: where each is from, whether it counts today and until when. A source "
            "without data is said to be one.",
        ),
        Text(
            "记录不对按「提出异议」，立即标注；已经纠正的按「申请信用修复」。答复期限写在记录下面。",
            "Dispute what is wrong: it is marked at once. Ask for repair of what was mended. By when you are "
            "answered stands at the record.",
        ),
    ),
    "/credit/sources": (
        Text(
            "每个来源有多少记录、何时导入、是否过期；异议和修复申请按最早期限处理。",
            "What is held of each source, when it was loaded, whether it is out of date; answer the first due first.",
        ),
    ),
    "/lists/needs": (
        Text("按列筛选和排序；地址就是您保存的视图。", "Filter and sort by column; the address is your saved view."),
        Text("「导出当前筛选」得到的工作簿是同样的行。", "The exported workbook has the same rows."),
    ),
    "/products": (
        Text(
            "改一个产品：打开后按「修改」，「看影响」先算会多出、少掉哪些需求。",
            "To change one, open it and press “Change”; the effect on needs is shown before you publish.",
        ),
        Text(
            "改很多：到「导入」下载填好现有产品的模板，改完上传，确认后才写入，一天内可以撤销。",
            "To change many, download the filled template under Imports, edit and upload it; it is written "
            "after you confirm and can be undone for a day.",
        ),
        Text(
            "90 天没有确认的产品停止推荐；没有变化时按「确认仍有效」即可。",
            "A product that nobody has confirmed for 90 days is no longer recommended; confirm it where "
            "nothing changed.",
        ),
    ),
    "/lists/products": (
        Text(
            "所有银行在售的产品。点开看条件、利率和费用。",
            "All products on offer; open one for its conditions, rates and fees.",
        ),
    ),
    "/lists/policies": (
        Text(
            "现行政策，写明依据、对象、支持内容和期限。",
            "Policies in force with their source, whom they are for and until when.",
        ),
    ),
    "/lists/enterprises": (
        Text("企业及其链、梯度和信用信息的来源与日期。", "Enterprises with the source and date of each fact."),
    ),
    "/lists/organisations": (
        Text(
            "银行、支行、担保机构和主管部门。支行归在所属银行之下。",
            "Banks, branches, guarantors and the bureau; a branch belongs to its bank.",
        ),
    ),
    "/matches": (
        Text(
            "分四类：符合、差一点、待核实、不符合。「待核实」是缺信息，不是不符合。",
            "Four tabs: fits, nearly, to be checked, does not fit. “To be checked” lacks a fact; it is not a no.",
        ),
        Text(
            "点开一个产品看十六项条件、综合成本，以及怎样就能符合。",
            "Open a product for its sixteen conditions, the all-in cost and what would make it fit.",
        ),
    ),
    "/policies/mine": (
        Text("按您的资料逐条判断；待核实的写明缺哪一项。", "Judged by your facts; where one is missing it says which."),
    ),
    "/analysis": (
        Text(
            "虚线格是缺口：有需求，没有产品。每个数字点开就是明细。",
            "Dashed cells are gaps: needs without products. Every number leads to its rows.",
        ),
    ),
    "/leads": (
        Text(
            "按剩余工作日排列。打开一条，按「接单」或「不适合我行」；一分钟内可以撤销。",
            "Sorted by workdays left. Open one and take or refuse it; you can undo within a minute.",
        ),
        Text(
            "企业同意之前只有区间，没有名称；同意之后名称和联系方式显示在同一页。",
            "Before the enterprise consents you read bands, no name; after it, name and contact are on the same page.",
        ),
    ),
    "/referrals": (
        Text(
            "每家银行的答复和您的答复，谁先谁后都可以。",
            "What each bank answered and what you answered, in either order.",
        ),
        Text(
            "「不感兴趣」选一个原因，这个产品不再推荐。",
            "Not interested: choose a reason, and the product is not recommended again.",
        ),
    ),
    "/responses": (
        Text(
            "哪家银行还没答复、超了几个工作日。",
            "Which bank has not answered yet, and by how many workdays it is late.",
        ),
    ),
    "/guarantees": (
        Text(
            "企业：在「匹配」里打开差一点的产品，按「申请担保」；这里看到每笔走到哪一步、下一步和时限。",
            "Enterprises apply from a product that nearly fits; here each case says where it stands and what is next.",
        ),
        Text(
            "担保机构：待审按时限排列。打开案卷，左边是事实，右边是规则、分担和限额，按「通过」「补件」或「不通过」。",
            "Guarantors find cases by due date. In the file facts stand left, rules, shares and limits right; then "
            "approve, ask for papers or decline.",
        ),
        Text(
            "银行：打开一笔，登记放款、还款、逾期或申请代偿；同一编号只入账一次。",
            "Banks open a loan and report drawdowns, repayments, delays or a claim; a number counts once.",
        ),
    ),
    "/exposure": (
        Text(
            "四种余额和每项限额的占用；刻度在 80% 和 95%，写明性质（法定、政策、方案）和还可用多少。",
            "The four amounts and how far each limit is used, with ticks at 80 and 95 %, its class and what is left.",
        ),
    ),
    "/alerts": (
        Text(
            "逾期、待办的代偿、过了时限的审批、快到期的增信函，以及占用超过 80% 的限额；每个数字点开就是明细。",
            "Loans overdue, claims, late decisions, letters that end soon, limits beyond 80 %; every number leads to "
            "its rows.",
        ),
    ),
    "/consents": (
        Text(
            "每条授权写明给谁看、看哪些、做什么用、到哪天为止，以及谁在什么时候看过。",
            "Each consent says who may see what, what for and until when, and who looked.",
        ),
        Text(
            "企业随时可以撤回，银行下一次打开就看不到了。",
            "An enterprise may withdraw it at any time: the bank's next page no longer shows it.",
        ),
    ),
    "/ratings": (
        Text(
            "现行评级；按等级、是否到期、有无人工调整或申诉筛选。打开一份，逐条看规则和依据。",
            "The ratings that stand, by grade, whether expired, set by people or appealed against; open one for every "
            "rule and its evidence.",
        ),
        Text(
            "「调整评级」写理由，由另一位工作人员确认。「评级申诉」按答复期限处理，采纳的立即重新评级。",
            "Another grade needs a reason and a second person. Answer appeals by their due dates; an adopted one rates "
            "anew at once.",
        ),
        Text(
            "「评级规则」：从现行规则起草，看影响，由另一位工作人员发布；停用的版本仍可查看。",
            "Rules: draft from those in force, look at the effect, have another person release it; retired ones stay.",
        ),
    ),
    "/ratings/mine": (
        Text(
            "等级、有效期、逐条规则的结果和依据。「未知」是缺信息，不是不满足。",
            "Grade, until when, each rule with its evidence. “Unknown” lacks a fact; it is not a fail.",
        ),
        Text(
            "「怎样提高」写明做什么、从哪天起。认为评级不对，在本页提出申诉，答复期限写在下面。",
            "What would raise it, and from which day. Appeal on this page; by when you are answered stands below.",
        ),
    ),
    "/endorsements": (
        Text(
            "证书写明企业名称、信用等级和有效期，由平台签名；C 级及以上、评级有效时可以申请。",
            "A certificate states name, grade and until when, signed by the platform; a rating of C or better that "
            "holds can be certified.",
        ),
        Text(
            "把 PDF 或令牌交给对方，对方扫码或用公钥核验，不需要登录。",
            "Hand over the PDF or the token: it is checked by its QR code or by the public keys, without signing in.",
        ),
        Text("随时可以撤销，撤销后核验立即显示「已撤销」。", "Revoke it at any time: every check says so at once."),
    ),
    "/inbox": (
        Text("发给您的每一条消息，与邮件内容相同。", "Every message to you, as it was mailed."),
        Text(
            "多久收一次，在「通知设置」里选；授权撤回、安全等重要通知总会送达。",
            "How often they come is chosen in the notification settings; what matters most always comes.",
        ),
    ),
    "/imports": (
        Text(
            "先检查后写入：新增、修改（逐项列出原来和现在）、无变化、错误。有错时下载错误标注文件，改好再传。",
            "Checked before it is written: new, changed (old → new), unchanged, faulty. With faults, download "
            "the marked workbook, mend it and upload it again.",
        ),
        Text("写入后一天之内可以撤销。", "It can be undone for a day."),
    ),
    "/requests/answers": (
        Text(
            "企业对本单位信息的查阅、更正、删除请求，有法定期限。",
            "Requests of enterprises for a copy, correction or deletion, with their legal terms.",
        ),
    ),
    "/outbox": (
        Text(
            "每条消息的状态、失败原因；失败的可以重发。",
            "State of every message and why it failed; failed ones can be sent again.",
        ),
    ),
    "/registers/chains": (
        Text(
            "产业链、行业、区划、LPR、工作日历、规模标准。先核对产业链。",
            "Chains, industries, areas, LPR, workdays and size classes. Check the chains first.",
        ),
    ),
    "/registers/schemes": (
        Text(
            "担保机构、担保方案及分级条款、限额、权重、关联企业。启用方案前核对来源和起止日期。",
            "Guarantors, schemes with their terms by grade, limits, weights, related companies. "
            "Check a scheme's source and dates before it is put to use.",
        ),
    ),
    "/registrations": (
        Text(
            "自行注册、系统核对不上的企业人员；核验后才能使用。",
            "People who registered and could not be verified at once; they may act after you verify them.",
        ),
    ),
    "/people": (
        Text(
            "邀请、停用、调整角色。敏感账号的重设要两位管理员。",
            "Invite, disable, change roles. Resetting a powerful account takes two administrators.",
        ),
    ),
    "/resets": (
        Text("另一位管理员提出的重设，由您确认。", "Resets that another administrator asked for, for you to confirm."),
    ),
    "/webhooks": (
        Text(
            "登记地址，按「发送测试事件」，在投递记录里看请求和答复，失败的可以重发。",
            "Register an address, send a test event, and read request and answer in the delivery log.",
        ),
    ),
    "/audit": (
        Text(
            "谁在什么时候做了什么；每一条与前一条相连，改动会被发现。",
            "Who did what and when; each row is chained to the one before, so that tampering shows.",
        ),
    ),
}
"""Path of the menu entry → its sentences."""

SIGNED_OUT: tuple[Text, ...] = (
    Text(
        "企业：按「注册」，用清单里联系人的姓名和电话即时核验；否则由主管部门核验。",
        "Enterprises register; with the name and phone of a listed contact you are verified at once, else by "
        "the bureau.",
    ),
    Text(
        "银行、担保机构和主管部门：由本单位管理员邀请，按邮件里的链接设置密码。",
        "Banks, guarantors and the bureau: your administrator invites you; the link in the mail lets you "
        "choose a password.",
    ),
    Text(
        "忘记密码：请本单位或主管部门的管理员发送重设链接。",
        "A forgotten password: ask your administrator or the bureau for a link that resets it.",
    ),
)
