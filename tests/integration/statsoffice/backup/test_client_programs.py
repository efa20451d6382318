"""The client program of PostgreSQL is chosen by its version, and a missing or old one is named in one sentence."""

import pytest

from statsoffice.backup import BackupError, engines


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """Install versions of pg_dump: in Debian's folders, or on PATH."""
    monkeypatch.setattr(engines, "POSTGRESQL_FOLDERS", (str(tmp_path / "postgresql"),))
    monkeypatch.setenv("PATH", str(tmp_path / "path"))

    def install(version, folder):
        program = tmp_path / folder / "pg_dump"
        program.parent.mkdir(parents=True, exist_ok=True)
        program.write_text(f"#!/bin/sh\necho 'pg_dump (PostgreSQL) {version} (Debian {version}-1)'\n")
        program.chmod(0o755)
        return str(program)

    return install


def test_the_oldest_program_that_is_new_enough_is_chosen(installed):
    installed("15.20", "postgresql/15/bin")
    chosen = installed("17.5", "postgresql/17/bin")
    installed("18.1", "path")
    assert engines.find_program("pg_dump", at_least=16) == (chosen, 17)


def test_a_program_that_is_too_old_or_missing_is_named(installed):
    with pytest.raises(BackupError) as missing:
        engines.find_program("pg_dump", at_least=17)
    assert str(missing.value) == (
        "pg_dump 17 or newer is needed, and none is installed. On Debian, install postgresql-client-17."
    )
    installed("15.20", "path")
    with pytest.raises(BackupError) as old:
        engines.find_program("pg_dump", at_least=17)
    assert "pg_dump 17 or newer is needed, and the newest one here is 15." in str(old.value)
