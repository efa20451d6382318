"""The table of settings in docs/reference/settings.md lists every setting that the product reads, and no other."""

import pytest

from statsoffice import env
from statsoffice.env import SETTINGS, Setting
from statsoffice.management.commands.diagrams import list_settings
from tests.integration.statsoffice.deploy.files import chosen_settings
from tests.integration.statsoffice.test_settings import load_settings

NAMES = [setting.name for setting in SETTINGS]
# Some are read only where someone asks, as for the broker's address.
READ = """
from statsoffice import settings, celery
from statsoffice import env
print(*env.defaults_read)
"""


def test_every_setting_that_is_read_is_in_the_table_once_and_no_other_does(tmp_path):
    read = load_settings(tmp_path, script=READ).stdout.split()
    assert sorted(NAMES) == sorted(read)


def test_a_default_is_described_as_the_code_has_it_unless_words_say_more(monkeypatch):
    monkeypatch.setattr(env, "defaults_read", {})
    assert env.text("STATSOFFICE_COLOUR", "blue") == "blue"
    monkeypatch.setenv("STATSOFFICE_SHAPE", "round")
    assert env.text("STATSOFFICE_SHAPE") == "round"
    written = list_settings(
        [
            Setting("STATSOFFICE_COLOUR", "the colour"),
            Setting("STATSOFFICE_SHAPE", "the shape"),
            Setting("STATSOFFICE_SIZE", "the size", default="small at night"),
        ]
    )
    assert written.splitlines()[2:] == [
        "| `STATSOFFICE_COLOUR` | the colour | `blue` |",
        "| `STATSOFFICE_SHAPE` | the shape | none |",
        "| `STATSOFFICE_SIZE` | the size | small at night |",
    ]


def test_a_setting_that_nothing_reads_cannot_be_determined_without_words(monkeypatch):
    monkeypatch.setattr(env, "defaults_read", {})
    with pytest.raises(KeyError, match="STATSOFFICE_COLOUR"):
        list_settings([Setting("STATSOFFICE_COLOUR", "the colour")])


def test_no_text_breaks_the_table():
    broken = [one.name for one in SETTINGS if {"|", "\n"} & set(one.meaning + one.default)]
    assert broken == []


def test_the_example_of_an_environment_names_settings_that_there_are():
    assert [name for name in chosen_settings() if name not in NAMES] == []
