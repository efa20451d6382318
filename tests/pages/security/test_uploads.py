"""A file that is no table is refused in a clear sentence, whatever its name, and nothing of it is stored or served."""

import io
import zipfile
from itertools import product

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from releases.models import CalendarImport, Release
from releases.rules.lifecycle import Role
from tests.support.factories import SeriesFactory, create_member, rolled_back
from tests.support.stored_imports import turn

pytestmark = pytest.mark.django_db


def packed(**parts):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name.replace("__", "/"), content)
    return out.getvalue()


FILES = {
    "program": b"MZ\x90\x00\x03" + b"\0" * 200,
    "program of Linux": b"\x7fELF" + b"\0" * 200,
    "PDF": b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\n",
    "page": b"<!DOCTYPE html><script>alert(1)</script>",
    "picture": b"\x89PNG\r\n\x1a\n" + b"\0" * 100,
    "drawing": b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>',
    "text document": packed(word__document="<w/>"),
    "archive": packed(evil__sh="#!/bin/sh"),
    "way out of the folder": packed(**{"..__..__etc__passwd": "root"}),
    "spreadsheet of long ago": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600,
}


NAMES = ("calendar.csv", "calendar.ods", "calendar.xlsx", "../../calendar.csv", "<b>x</b>.csv")


def test_it_is_refused_by_what_it_is_and_not_by_its_name(client, subtests):
    client.force_login(create_member(Role.CALENDAR_MANAGER, SeriesFactory().producer))
    for (what, content), name in product(FILES.items(), NAMES):
        with subtests.test(f"{what} as {name}"), rolled_back():
            client.post("/imports/", {"file": SimpleUploadedFile(name, content, "text/csv")})
            turn()
            found = CalendarImport.objects.get()
            page = client.get(reverse("exchange:import", args=[found.public_id]))
            assert page.status_code == 200
            assert "We cannot import this file" in page.text
            assert "<b>x</b>" not in page.text
            assert "Traceback" not in page.text
            assert found.status == "failed"
            assert not found.content
            assert not Release.objects.exists()
