"""A system that cannot start the browser's process, for example because it has no memory."""

import subprocess
import sys
import tempfile

from releases.probe.browser import Browser
from releases.probe.browser_process import Settings
from releases.rules.page_view import BrowserState, PageRequest
from releases.rules.response import Failure

HOST = "www.example.gov.uk"


def test_a_browser_whose_process_cannot_be_started_fails_its_pages_and_leaves_no_files(tmp_path, monkeypatch):
    def refuse(*_, **__):
        raise BlockingIOError(11, "Resource temporarily unavailable")

    monkeypatch.setattr(subprocess, "Popen", refuse)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    installed = Settings(sys.executable, sandbox=False, user_agent="statsoffice-test", allow_private=())
    with Browser(installed) as browser:
        assert browser.find_state() is BrowserState.DOES_NOT_START
        browser.begin("page", PageRequest(f"https://{HOST}/", (HOST,)))
        views = [view for _ in range(10) for view in browser.collect(0)]
    assert [(key, view.failure, view.detail) for key, view in views] == [
        ("page", Failure.BROWSER, "the browser does not start")
    ]
    assert list(tmp_path.iterdir()) == []
