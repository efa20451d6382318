"""The file of trusted authorities is found where the system keeps it, or a plain sentence says what to do."""

from pathlib import Path

import pytest

from releases.probe import client
from releases.probe.client import NoAuthoritiesError, authorities_file


def test_this_machines_own_file_is_found():
    assert "BEGIN CERTIFICATE" in Path(authorities_file({})).read_text()


def test_a_file_that_the_operator_names_goes_first(tmp_path):
    own = tmp_path / "own.pem"
    own.write_text("own")
    assert authorities_file({"SSL_CERT_FILE": str(own)}) == str(own)


def test_a_named_file_that_is_missing_is_told():
    with pytest.raises(NoAuthoritiesError, match=r'"/nowhere\.pem", but this file does not exist'):
        authorities_file({"SSL_CERT_FILE": "/nowhere.pem"})


def test_a_machine_without_authorities_is_told_what_to_install(monkeypatch):
    monkeypatch.setattr(client, "_USUAL_PLACES", ())
    monkeypatch.setattr(client.ssl, "get_default_verify_paths", lambda: type("Paths", (), {"cafile": None}))
    with pytest.raises(NoAuthoritiesError, match="ca-certificates"):
        authorities_file({})
