"""The rehearsal site plays its script by its clock, to any client, and lists the requests."""

import http.client
import json
import subprocess
import sys
import time
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest

from statsoffice.fake_publisher import pages
from statsoffice.fake_publisher.client import RehearsalSite, RehearsalSiteError, rehearsal_site
from statsoffice.fake_publisher.open_place import MOST_BYTES, MOST_FILES, PLACE
from statsoffice.fake_publisher.scenes import scene
from tests.support import practice_pages

DUE = datetime(2020, 6, 30, 8, 30, tzinfo=UTC)
TITLE = "State-funded schools inspections and outcomes as at 31 March 2020"


@pytest.fixture(scope="module")
def running():
    with rehearsal_site(token="let me in") as site:
        yield site


@pytest.fixture
def site(running):
    running.publish_all({}, replace=True)
    running.run_clock()
    running.forget_arrivals()
    return running


def ask(site, path, *, method="GET", body=None, headers=None):
    with closing(http.client.HTTPConnection("127.0.0.1", int(site.base_url.rsplit(":", 1)[1]), timeout=10)) as talk:
        talk.request(method, path, body, headers or {})
        response = talk.getresponse()
        return response.status, dict(response.getheaders()), response.read()


def status(site, path):
    return ask(site, path)[0]


class TestScript:
    def test_a_page_changes_at_the_instants_of_its_script(self, site):
        url = site.publish(
            "/a",
            [
                scene("second", starts=DUE + timedelta(minutes=57)),
                scene("gone", status=410, starts=DUE + timedelta(hours=2)),
                scene("first"),
            ],
        )
        assert url == f"{site.base_url}/a"
        told = {}
        for minutes in (-60, 56, 57, 119, 120, 9999):
            site.freeze(DUE + timedelta(minutes=minutes))
            told[minutes] = (status(site, "/a"), ask(site, "/a")[2])
        assert told == {
            -60: (200, b"first"),
            56: (200, b"first"),
            57: (200, b"second"),
            119: (200, b"second"),
            120: (410, b"gone"),
            9999: (410, b"gone"),
        }

    def test_a_page_that_has_not_begun_is_a_page_that_is_not_there(self, site):
        site.publish("/a", [scene("first", starts=DUE)])
        site.freeze(DUE - timedelta(microseconds=1))
        assert status(site, "/a") == 404
        site.freeze(DUE)
        assert status(site, "/a") == 200

    def test_by_the_real_clock_a_page_appears_when_its_instant_comes(self, site):
        begins = datetime.now(UTC) + timedelta(seconds=0.6)
        site.publish("/a", [scene("first", starts=begins)])
        seen = []
        while datetime.now(UTC) < begins + timedelta(seconds=0.2):
            before = datetime.now(UTC)
            seen.append((before, status(site, "/a"), datetime.now(UTC)))
        assert {code for _, code, after in seen if after < begins} == {404}
        assert {code for before, code, _ in seen if before > begins} == {200}

    def test_headers_content_type_and_bytes_are_served_as_written(self, site):
        pdf = practice_pages.pdf_file(TITLE)
        site.publish("/a.pdf", [scene(pdf, content_type=practice_pages.PDF, headers={"ETag": '"1"'})])
        code, headers, body = ask(site, "/a.pdf")
        assert (code, headers["content-type"], headers["etag"], body) == (200, "application/pdf", '"1"', pdf)
        assert headers["content-length"] == str(len(pdf))

    def test_a_redirect_is_a_status_and_a_header(self, site):
        site.publish("/old", [scene(status=302, headers={"Location": "/new"})])
        code, headers, _ = ask(site, "/old")
        assert (code, headers["location"]) == (302, "/new")

    @pytest.mark.slow
    def test_a_delay_holds_one_answer_up_and_not_the_others(self, site):
        site.publish("/slow", [scene("slow", delay_seconds=1)])
        site.publish("/quick", [scene("quick")])
        slow = subprocess.Popen([sys.executable, "-c", f"import urllib.request as r; r.urlopen('{site.url('/slow')}')"])
        time.sleep(0.4)
        begun = time.monotonic()
        assert status(site, "/quick") == 200
        assert time.monotonic() - begun < 0.3
        assert slow.wait(timeout=10) == 0

    def test_a_query_changes_nothing_about_the_page(self, site):
        site.publish("/a", [scene("first")])
        assert status(site, "/a?again=1") == 200

    def test_only_reading_is_possible(self, site):
        site.publish("/a", [scene("first")])
        assert ask(site, "/a", method="POST", body=b"x")[0] == 405
        assert ask(site, "/a", method="HEAD")[::2] == (200, b"")

    def test_unknown_paths_are_a_proper_404(self, site):
        code, _, body = ask(site, "/nowhere")
        assert code == 404
        assert b"<h1>Page not found</h1>" in body


class TestControl:
    def test_pages_are_added_replaced_and_removed(self, site):
        site.publish("/a", [scene("a")])
        site.publish_all({"/b": [scene("b")], "/c": [scene("c")]})
        assert [status(site, path) for path in ("/a", "/b", "/c")] == [200, 200, 200]
        site.publish_all({"/b": None})
        assert [status(site, path) for path in ("/a", "/b", "/c")] == [200, 404, 200]
        site.publish_all({"/d": [scene("d")]}, replace=True)
        assert [status(site, path) for path in ("/a", "/c", "/d")] == [404, 404, 200]

    @pytest.mark.parametrize(
        ("path", "scenes", "sentence"),
        [
            ("a", [scene("x")], '"a" is not a valid path'),
            ("/_control/a", [scene("x")], "is not a valid path"),
            ("/a", [], "/a: a script is a list of at least one scene"),
            ("/a", "text", "/a: a script is a list"),
            ("/a", ["text"], "/a, scene 1: a scene is an object"),
            ("/a", [scene("x"), {"from": "yesterday"}], '/a, scene 2: "yesterday" is not an instant'),
            ("/a", [{"from": "2026-11-24T09:30:00"}], "lacks its offset"),
            ("/a", [scene("x"), scene("y")], "/a: two scenes begin at the same instant"),
            ("/a", [{"status": 99}], "the status must be"),
            ("/a", [{"status": "200"}], "the status must be"),
            ("/a", [{"delay_seconds": 61}], "delay_seconds must be"),
            ("/a", [{"body": 1}], "the body must be text"),
            ("/a", [{"base64": "%%"}], "not base64"),
            ("/a", [{"body": "x", "base64": "eA=="}], "not both"),
            ("/a", [{"headers": {"A": "b\r\nC: d"}}], 'the header "a" cannot be sent'),
            ("/a", [{"headers": []}], "headers are an object"),
            ("/a", [{"text": "x"}], "unknown: text"),
        ],
    )
    def test_a_bad_script_is_refused_with_a_sentence_and_changes_nothing(self, site, path, scenes, sentence):
        site.publish("/kept", [scene("kept")])
        with pytest.raises(RehearsalSiteError) as refusal:
            site.publish_all({"/good": [scene("good")], path: scenes}, replace=True)
        assert sentence in str(refusal.value)
        assert status(site, "/kept") == 200
        assert status(site, "/good") == 404

    @pytest.mark.parametrize("value", [{}, {"now": "soon"}, {"now": "2026-11-24T09:30:00"}, []])
    def test_a_bad_time_is_refused_and_changes_nothing(self, site, value):
        site.freeze(DUE)
        headers = {"x-rehearsal-token": "let me in"}
        told = ask(site, "/_control/clock", method="PUT", body=json.dumps(value), headers=headers)
        assert told[0] == 400
        assert json.loads(told[2])["error"]
        now = json.loads(ask(site, "/_control/clock", headers=headers)[2])
        assert now == {"now": "2020-06-30T08:30:00+00:00", "stands": True}

    @pytest.mark.parametrize("headers", [{}, {"x-rehearsal-token": "wrong"}, {"x-rehearsal-token": ""}])
    @pytest.mark.parametrize(
        ("method", "command"), [("PUT", "pages"), ("PUT", "clock"), ("GET", "log"), ("DELETE", "log")]
    )
    def test_without_the_token_nothing_is_told_and_nothing_changed(self, site, method, command, headers):
        site.publish("/a", [scene("a")])
        status(site, "/a")
        body = b'{"pages": {}, "replace": true, "now": null}'
        assert ask(site, f"/_control/{command}", method=method, body=body, headers=headers)[0] == 403
        assert status(site, "/a") == 200
        assert len(site.arrivals()) == 2

    def test_an_unknown_command_is_told(self, site):
        code, _, body = ask(site, "/_control/nonsense", headers={"x-rehearsal-token": "let me in"})
        assert (code, json.loads(body)) == (404, {"error": "There is no command GET /_control/nonsense."})

    def test_arrivals_are_listed_with_their_real_instants_until_forgotten(self, site):
        site.freeze(DUE)
        before = datetime.now(UTC)
        for path in ("/a", "/b?c=d", "/a"):
            status(site, path)
        arrivals = site.arrivals()
        assert [arrival.path for arrival in arrivals] == ["/a", "/b", "/a"]
        assert before <= arrivals[0].at <= arrivals[1].at <= arrivals[2].at <= datetime.now(UTC)
        site.forget_arrivals()
        assert site.arrivals() == []


@pytest.fixture(scope="module")
def running_with_place():
    with rehearsal_site() as site:
        yield site


@pytest.fixture
def open_site(running_with_place):
    remove_files(running_with_place)
    return running_with_place


def remove_files(site):
    """Send the form that removes all files of the open place."""
    body = b'--edge\r\nContent-Disposition: form-data; name="remove"\r\n\r\nyes\r\n--edge--\r\n'
    kind = {"content-type": "multipart/form-data; boundary=edge"}
    return ask(site, PLACE, method="POST", body=body, headers=kind)[0]


def upload(site, name, content, **headers):
    """Send a file as the form of the open place does."""
    part = f'Content-Disposition: form-data; name="file"; filename="{name}"'
    body = f"--edge\r\n{part}\r\nContent-Type: text/plain\r\n\r\n{content}\r\n--edge--\r\n".encode()
    kind = {"content-type": "multipart/form-data; boundary=edge"}
    return ask(site, PLACE, method="POST", body=body, headers=kind | headers)


class TestOpenPlace:
    def test_a_dummy_file_can_be_fetched_until_the_files_are_removed(self, open_site):
        assert "There is no file here." in ask(open_site, PLACE)[2].decode()
        answer, headers, _body = upload(open_site, "rail-abc.csv", "about,token\r\nDummy,1234\r\n")
        assert (answer, headers["location"]) == (303, PLACE)
        address = f"{PLACE}rail-abc.csv"
        assert f"{open_site.base_url}{address}" in ask(open_site, PLACE)[2].decode()
        answer, headers, body = ask(open_site, address)
        assert (answer, body.decode()) == (200, "about,token\r\nDummy,1234\r\n")
        assert (headers["content-type"], headers["x-content-type-options"]) == ("text/csv; charset=utf-8", "nosniff")
        assert PLACE in ask(open_site, "/")[2].decode()
        assert remove_files(open_site) == 303
        assert status(open_site, address) == 404

    @pytest.mark.parametrize("name", ["page.html", "../up.txt", "", ".txt", "two words.txt", "none"])
    def test_only_text_with_a_plain_name_is_accepted(self, open_site, name):
        assert upload(open_site, name, "x")[0] == 400
        assert "There is no file here." in ask(open_site, PLACE)[2].decode()

    def test_a_form_without_a_selected_file_says_to_select_one(self, open_site):
        assert "Select a file." in upload(open_site, "", "")[2].decode()

    def test_another_site_and_a_large_file_are_refused(self, open_site):
        assert upload(open_site, "a.txt", "x", origin="http://other.example")[0] == 400
        assert upload(open_site, "a.txt", "x" * MOST_BYTES)[0] == 400
        assert upload(open_site, "a.txt", "x", origin=open_site.base_url)[0] == 303

    def test_only_the_newest_files_are_held(self, open_site):
        for number in range(MOST_FILES + 1):
            upload(open_site, f"{number}.txt", "x")
        assert (status(open_site, f"{PLACE}0.txt"), status(open_site, f"{PLACE}{MOST_FILES}.txt")) == (404, 200)

    def test_a_site_with_a_token_has_no_such_place(self, running):
        assert status(running, PLACE) == 404
        assert upload(running, "a.txt", "x")[0] == 405
        assert PLACE not in ask(running, "/")[2].decode()


class TestProcess:
    def test_scripts_outlive_a_restart(self, tmp_path):
        state = tmp_path / "scripts.json"
        with rehearsal_site(state=state) as site:
            site.publish("/a", [scene(b"\x00\xff", content_type="application/octet-stream")])
        with rehearsal_site(state=state) as site:
            assert ask(site, "/a")[2] == b"\x00\xff"
        assert [file.name for file in tmp_path.iterdir()] == ["scripts.json"]

    def test_a_file_that_holds_no_scripts_refuses_to_start_and_is_left_alone(self, tmp_path):
        state = tmp_path / "scripts.json"
        state.write_text("[1]")
        told = start("--state", str(state))
        assert told.returncode != 0
        assert "must contain a JSON object that maps paths to scripts." in told.stderr
        assert state.read_text() == "[1]"

    @pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "::"])  # noqa: S104 (must be refused)
    def test_without_a_token_it_serves_loopback_alone(self, host):
        told = start("--host", host)
        assert told.returncode != 0
        assert "STATSOFFICE_REHEARSAL_TOKEN" in told.stderr

    def test_a_site_that_is_not_there_is_told(self):
        with pytest.raises(RehearsalSiteError, match="does not answer"):
            RehearsalSite("http://127.0.0.1:9").publish("/a", [scene("a")])

    def test_an_address_that_is_none_is_refused(self):
        with pytest.raises(ValueError, match="is not the address of a practice site"):
            RehearsalSite("127.0.0.1:8765")


class TestHomePage:
    def test_it_lists_what_each_page_shows_and_when_that_changes(self, site):
        soon = pages.coming_soon_page(TITLE, expected="9:30am on 30 June 2020")
        out = pages.release_page(TITLE, published="10:27am on 30 June 2020")
        site.publish("/statistics/a", [scene(soon), scene(out, starts=DUE + timedelta(minutes=57))])
        site.publish(
            "/files/a.pdf", [scene(practice_pages.pdf_file(TITLE), content_type=practice_pages.PDF, starts=DUE)]
        )
        site.publish("/broken", [scene(practice_pages.error_page(), status=503)])
        site.freeze(DUE - timedelta(minutes=1))
        before = ask(site, "/")[2].decode()
        assert f"<td>Release announcement: {TITLE}</td><td>30 Jun 2020, 10:27:00</td>" in before
        assert "<td>nothing (404)</td><td>30 Jun 2020, 09:30:00</td>" in before
        assert "<td>This site is out of order (503)</td><td>none</td>" in before
        site.freeze(DUE + timedelta(hours=1))
        after = ask(site, "/")[2].decode()
        assert f"<td>Official statistics: {TITLE}</td><td>none</td>" in after
        assert "<td>application/pdf</td><td>none</td>" in after

    def test_a_home_page_of_its_own_can_be_scripted(self, site):
        site.publish("/", [scene("my own")])
        assert ask(site, "/")[2] == b"my own"

    def test_what_a_script_says_is_never_markup_of_the_home_page(self, site):
        site.publish('/"><script>', [scene("<h1>&lt;script&gt;alert(1)&lt;/script&gt;</h1>")])
        page = ask(site, "/")[2].decode()
        assert "<script>" not in page


def start(*arguments):
    return subprocess.run(
        [sys.executable, "-m", "statsoffice.fake_publisher", "--port", "0", *arguments],
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
        env={"PATH": "/usr/bin:/bin"},
    )
