"""``flask cost``: one JSON document or a readable table; numbers are read strictly."""

import json

import pytest
from click.testing import Result

from matchmaker import create_app
from matchmaker.cli.cost import cost_table
from matchmaker.domain.errors import Exit
from matchmaker.domain.terms import Repayment
from matchmaker.scoring.cost import CostTerms, cost_of
from matchmaker.settings import Settings

GIVEN = {"--amount-wan": "800", "--rate-pct": "3.45", "--months": "12", "--repayment": "INTEREST_ONLY"}


def run(*flags: str, **changes: str) -> Result:
    named = {f"--{name.replace('_', '-')}": value for name, value in changes.items()}
    arguments = [part for pair in (GIVEN | named).items() for part in pair]
    return create_app(Settings()).test_cli_runner().invoke(args=["cost", *arguments, *flags])


def test_json_is_one_document_with_the_vectors_figures() -> None:
    result = run("--json", fee_pct="0.5", subsidy_pct="1")
    assert result.exit_code == 0
    document = json.loads(result.stdout)
    schedule = document.pop("schedule")
    assert document == {
        "interest": "276000.00",
        "fees": "40000.00",
        "subsidy": "80000.00",
        "total": "236000.00",
        "simple_pct": "3.9608",
        "compound_pct": "4.0335",
        "simple_pct_after_subsidy": "2.9580",
        "compound_pct_after_subsidy": "2.9985",
    }
    assert len(schedule) == 13


def test_fee_per_year_and_a_chinese_name() -> None:
    result = run("--json", amount_wan="300", rate_pct="3.3", months="36", repayment="等额本息", fee_pct_per_year="0.5")
    assert json.loads(result.stdout)["simple_pct"] == "4.2604"


@pytest.mark.parametrize("name", ["bullet", "ＢＵＬＬＥＴ", " 到期一次还本付息 "])
def test_repayment_by_code_or_name(name: str) -> None:
    assert run("--json", repayment=name).stdout == run("--json", repayment="BULLET").stdout


def test_one_fen_is_enough() -> None:
    assert json.loads(run("--json", amount_wan="0.000001").stdout)["schedule"][0]["outstanding"] == "0.01"


@pytest.mark.parametrize(
    ("changes", "code", "sentence"),
    [
        ({"amount_wan": "abc"}, "not_a_number", "--amount-wan must be a plain number"),
        ({"amount_wan": "8,000"}, "not_a_number", "'8,000'"),
        ({"amount_wan": "８００"}, "not_a_number", "'８００'"),
        ({"amount_wan": "1e3"}, "not_a_number", "'1e3'"),
        ({"amount_wan": "9" * 31}, "not_a_number", "plain number"),
        ({"amount_wan": "NaN"}, "not_a_number", "'NaN'"),
        ({"amount_wan": "0"}, "out_of_range", "from 0.000001 to"),
        ({"amount_wan": "100000000001"}, "out_of_range", "to 100000000000;"),
        ({"amount_wan": "0.0000001"}, "too_precise", "at most 6 decimal places"),
        ({"rate_pct": "-1"}, "not_a_number", "--rate-pct"),
        ({"rate_pct": "3.45%"}, "not_a_number", "without sign or unit"),
        ({"rate_pct": "100.1"}, "out_of_range", "from 0 to 100"),
        ({"months": "0"}, "out_of_range", "from 1 to 1200"),
        ({"months": "12.5"}, "too_precise", "at most 0 decimal places"),
        ({"months": ""}, "not_a_number", "--months"),
        ({"fee_pct": "x"}, "not_a_number", "--fee-pct "),
        ({"fee_pct_per_year": "x"}, "not_a_number", "--fee-pct-per-year"),
        ({"subsidy_pct": "x"}, "not_a_number", "--subsidy-pct"),
        ({"repayment": "monthly"}, "unknown_code", "EQUAL_INSTALMENT (等额本息), EQUAL_PRINCIPAL"),
        ({"fee_pct": "100"}, "no_annual_rate", "No annual rate fits these terms"),
    ],
)
def test_what_cannot_be_read_is_one_sentence(changes: dict[str, str], code: str, sentence: str) -> None:
    result = run("--json", "--lang", "en", **changes)
    assert (result.exit_code, result.stdout) == (Exit.USAGE, "")
    assert result.stderr.startswith(f"Error {code}: ")
    assert sentence in result.stderr
    assert run("--json", **changes).stderr.startswith(f"错误 {code}")


def test_without_json_a_table_is_printed() -> None:
    result = run(fee_pct="0.5", subsidy_pct="1")
    assert result.exit_code == 0
    assert "3.9608%" in result.stdout
    assert "316,000.00" in result.stdout


def test_the_table_in_chinese_is_aligned() -> None:
    terms = CostTerms(100_000_000, 3_600_000, 2, Repayment.EQUAL_INSTALMENT, fee_pct_e6=500_000)
    assert cost_table(terms, cost_of(terms), "zh") == "\n".join(
        [
            "100 万元 · 2 个月 · 等额本息 · 年利率 3.6%",
            "",
            "                  元",
            "利息        4,502.25",
            "费用        5,000.00",
            "贴息前合计  9,502.25",
            "贴息            0.00",
            "贴息后合计  9,502.25",
            "",
            "                       贴息前   贴息后",
            "年化综合成本（单利）  7.6319%  7.6319%",
            "年化综合成本（复利）  7.9046%  7.9046%",
            "",
            "期        本金      利息      费用  贴息      净支出      未还本金",
            "0         0.00      0.00  5,000.00  0.00    5,000.00  1,000,000.00",
            "1   499,251.12  3,000.00      0.00  0.00  502,251.12    500,748.88",
            "2   500,748.88  1,502.25      0.00  0.00  502,251.13          0.00",
            "",
            "贴息由财政支付，不是贷款的条件。估算不构成贷款承诺，以银行《企业贷款综合融资成本清单》为准。",
        ]
    )


def test_the_table_in_english_takes_the_subsidy_off() -> None:
    terms = CostTerms(800_000_000, 3_450_000, 12, Repayment.INTEREST_ONLY, 500_000, subsidy_pct_e6=1_000_000)
    text = cost_table(terms, cost_of(terms), "en")
    assert text.startswith("CNY 8.00 million · 12-month term · interest first, principal at maturity · 3.45% a year")
    for line in (
        "Total before subsidy  316,000.00",
        "Subsidy               -80,000.00",
        "Total after subsidy   236,000.00",
        "All-in annual cost (simple)           3.9608%        2.9580%",
    ):
        assert line in text
