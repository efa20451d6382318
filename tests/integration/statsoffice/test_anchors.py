"""An office is warned before it opens if the anchors of its record reach no one outside, and of bad certificates."""

import pytest
from django.core.checks import run_checks
from django.core.exceptions import ImproperlyConfigured

from statsoffice import env
from tests.servers.time_stamp_authority import found_authority

NAME = "STATSOFFICE_TIMESTAMP_CERTIFICATES"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("authority", "recipients", "is_told"),
    [
        ("", [], True),
        ("http://stamps.example.org", [], False),
        ("", ["auditor@audit.test"], False),
        ("", ["auditor@example.org", "a.lane@audit.example.gov.uk"], True),
        ("http://stamps.example.org", ["auditor@EXAMPLE.com"], True),
        ("", ["auditor@example.org", "auditor@audit.test"], False),
    ],
    ids=["neither", "an authority", "a recipient", "examples", "an authority and an example", "one example of two"],
)
def test_check_deploy_warns_where_anchors_stay_in_the_office(settings, authority, recipients, is_told):
    settings.TIMESTAMP_AUTHORITY, settings.ANCHOR_RECIPIENTS = authority, recipients
    found = {message.id for message in run_checks(include_deployment_checks=True)}
    assert ("statsoffice.W005" in found) == is_told


def test_the_file_of_certificates_is_read(tmp_path, monkeypatch):
    authority = found_authority(tmp_path / "authority")
    monkeypatch.setenv(NAME, str(authority.folder / "root.pem"))
    assert env.certificates(NAME) == authority.certificates


def test_a_file_without_the_root_is_refused(tmp_path, monkeypatch):
    authority = found_authority(tmp_path / "authority")
    monkeypatch.setenv(NAME, str(authority.folder / "authority.pem"))
    with pytest.raises(ImproperlyConfigured, match="has no root certificate"):
        env.certificates(NAME)


@pytest.mark.parametrize("content", [None, "no certificate", "é"], ids=["no file", "another file", "not ASCII"])
def test_a_file_that_holds_no_certificates_is_refused(tmp_path, monkeypatch, content):
    file = tmp_path / "certificates.pem"
    if content is not None:
        file.write_text(content)
    monkeypatch.setenv(NAME, str(file))
    with pytest.raises(ImproperlyConfigured, match=f'{NAME} is "{file}"; it must be a file'):
        env.certificates(NAME)
