from pathlib import Path

import pytest

from casework.settings import Settings, SettingsError


def test_without_any_variable_everything_is_local(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, town_port=9000, town_smtp_port=9025)
    assert settings.sms_url == "http://127.0.0.1:9000"
    assert settings.superior_url == "http://127.0.0.1:9000"
    assert settings.smtp_port == 9025
    assert settings.store_url == f"file://{tmp_path}/materials"
    assert settings.oidc_issuer == settings.local_issuer == "http://127.0.0.1:8070"
    assert settings.oidc_client_secret_file.is_relative_to(tmp_path)


def test_wrong_variables_are_named_in_one_line_and_nothing_else_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("CASEWORK_API_PORT", "eighty")
    monkeypatch.setenv("CASEWORK_UPLOAD_MAX_BYTES", "0")
    with pytest.raises(SettingsError) as refusal:
        Settings.load()
    line = str(refusal.value)
    assert line.startswith("CASEWORK_API_PORT: ")
    assert "; CASEWORK_UPLOAD_MAX_BYTES: " in line
    assert line.count("CASEWORK_") == 2


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+asyncpg"])
def test_database_url_always_names_our_driver(scheme: str, tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, database_url=f"{scheme}://clerk@db.example/casework")
    assert settings.database == "postgresql+asyncpg://clerk@db.example/casework"


def test_database_of_the_local_stack_is_found_on_disk(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    with pytest.raises(SettingsError, match=r"CASEWORK_DATABASE_URL.*casework up"):
        _ = settings.database
    settings.database_url_file.parent.mkdir()
    settings.database_url_file.write_text("postgresql+asyncpg://postgres@/casework?host=/here")
    assert settings.database == "postgresql+asyncpg://postgres@/casework?host=/here"


def test_children_get_these_settings_and_no_others(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("CASEWORK_API_PORT", "1")
    monkeypatch.setenv("CASEWORK_DATABASE_URL", "postgresql://elsewhere")
    monkeypatch.setenv("TEMPORAL_NAMESPACE", "talent")
    settings = Settings(home=tmp_path, api_port=9000, database_url=None, log_json=True)
    environment = settings.child_environment()
    assert environment["CASEWORK_API_PORT"] == "9000"
    assert "CASEWORK_DATABASE_URL" not in environment
    assert environment["TEMPORAL_NAMESPACE"] == "talent"
    for name in ("CASEWORK_API_PORT", "CASEWORK_DATABASE_URL"):
        monkeypatch.delenv(name)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert Settings.load() == settings
