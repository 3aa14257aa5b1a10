"""Settings come from the file and the environment, and a wrong one is named."""

from datetime import time
from pathlib import Path

import pytest

from matchmaker.domain.errors import ConfigurationError
from matchmaker.settings import Settings, load


def test_defaults(tmp_path: Path) -> None:
    settings = load({}, tmp_path)
    assert settings == Settings(instance=tmp_path)
    assert settings.url.startswith("sqlite:///") and settings.url.endswith("matchmaker.db")


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text(
        'stale_days = 30\ncity = "荣成市"\nquiet_from = "21:30"\nstale_notice_days = [7]\nsmtp_starttls = true\n',
        "utf-8",
    )
    settings = load({"MATCHMAKER_STALE_DAYS": "45", "MATCHMAKER_DEMO": "1", "OTHER": "x"}, tmp_path)
    assert (settings.stale_days, settings.city, settings.demo) == (45, "荣成市", True)
    assert (settings.quiet_from, settings.stale_notice_days, settings.smtp_starttls) == (time(21, 30), (7,), True)


def test_lists_and_times_from_the_environment(tmp_path: Path) -> None:
    env = {"MATCHMAKER_STALE_NOTICE_DAYS": "20,5", "MATCHMAKER_QUIET_UNTIL": "07:00", "MATCHMAKER_DEMO": "false"}
    settings = load(env, tmp_path)
    assert (settings.stale_notice_days, settings.quiet_until, settings.demo) == ((20, 5), time(7), False)


@pytest.mark.parametrize(
    ("file", "env", "code", "named"),
    [
        ("stale_days = ", {}, "settings_file", "config.toml"),
        ("stale_dys = 3", {}, "settings_unknown", "stale_dys"),
        ('stale_days = "soon"', {}, "settings_value", "stale_days"),
        ("", {"MATCHMAKER_DEMO": "perhaps"}, "settings_value", "demo"),
        ("", {"MATCHMAKER_QUIET_FROM": "late"}, "settings_value", "quiet_from"),
    ],
)
def test_a_wrong_setting_is_one_sentence_that_names_it(
    tmp_path: Path, file: str, env: dict[str, str], code: str, named: str
) -> None:
    (tmp_path / "config.toml").write_text(file, "utf-8")
    with pytest.raises(ConfigurationError) as raised:
        load(env, tmp_path)
    assert raised.value.code == code
    assert named in raised.value.say("zh")
    assert named in raised.value.say("en")


def test_a_file_that_cannot_be_opened_is_named(tmp_path: Path) -> None:
    (tmp_path / "config.toml").mkdir()
    with pytest.raises(ConfigurationError) as refused:
        load({}, tmp_path)
    assert "config.toml" in refused.value.say("en")
