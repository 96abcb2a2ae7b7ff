"""A person's pseudonym: the same for the same number, and no way back."""

from pathlib import Path

import pytest

from casework.security.pseudonyms import Pseudonyms
from casework.settings import Settings, SettingsError


def test_pseudonym_is_the_same_for_the_same_person_only(home: Path) -> None:
    settings = Settings(home=home)
    pseudonyms = Pseudonyms.open(settings)
    assert pseudonyms.of("31010119900307123x") == Pseudonyms.open(settings).of(
        " 310101 19900307 123Ｘ"
    )
    assert pseudonyms.of("310101199003071230") != pseudonyms.of("310101199003071249")
    assert "310101" not in pseudonyms.of("310101199003071230")


def test_production_makes_no_key_of_its_own(home: Path) -> None:
    with pytest.raises(SettingsError, match=r"pseudonyms\.key"):
        Pseudonyms.open(Settings(home=home, environment="production"))
    assert not home.exists()
