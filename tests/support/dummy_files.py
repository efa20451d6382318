"""Dummy files of an invented office on the practice site, and their checks through the real client."""

from datetime import date, timedelta

from releases import open_files
from releases.detection.open_files import Target
from releases.models import DummyFile, HostAuthorisation, OpenFileFinding, Producer
from releases.monitoring.adhoc_checks import AdhocMeans
from releases.open_files import Authorisation, DummyFileRecord
from releases.rules.web_address import place_of
from statsoffice.fake_publisher.client import RehearsalSite
from statsoffice.fake_publisher.scenes import scene
from tests.support.factories import SeriesFactory
from tests.support.people import Office
from tests.support.preflight import DAY_BEFORE

PAGE = "/preview/4711"
LOG_IN_PAGE = (
    "<title>Sign in</title><h1>Sign in</h1><form method=post><label>Email <input name=email></label>"
    "<label>Password <input type=password name=password></label></form>"
)
NOW = DAY_BEFORE


def authorisation(host: str, **fields: object) -> Authorisation:
    given = {
        "host": host,
        "owner_name": "Ottoline Crabtree",
        "owner_post": "Service owner",
        "reference": "Letter 12",
        "authorised_on": date(2026, 6, 1),
    }
    return Authorisation(**(given | fields))  # type: ignore[arg-type]


def authorise(producer: Producer, host: str, *, by: object, at=NOW, **fields: object) -> HostAuthorisation:
    return open_files.authorise_host(producer, authorisation(host, **fields), by=by, at=at)  # type: ignore[arg-type]


def make_file(office: Office, *, at=NOW, by: object = None) -> DummyFile:
    series = SeriesFactory(producer=office.producer, title=f"Series {at.isoformat()}")
    return open_files.make_dummy_file(series, by=by or office.head, at=at)


def authorised_file(office: Office, site: RehearsalSite) -> DummyFile:
    """A dummy file of an office for which the host of the practice site is authorised."""
    authorise(office.producer, place_of(site.base_url), by=office.head)
    return make_file(office)


def path_of(dummy_file: DummyFile) -> str:
    return f"/files/{dummy_file.name}.csv"


def put(site: RehearsalSite, dummy_file: DummyFile, *, path: str = "") -> str:
    """Put a dummy file on the site where anyone can fetch it, and return its address."""
    content = open_files.write_dummy_file(dummy_file, "csv")
    return site.publish(path or path_of(dummy_file), [scene(content, content_type="text/csv")])


def ask(dummy_file: DummyFile, site: RehearsalSite, *, page: str = "", by: object, at=NOW):
    return open_files.request_check(
        dummy_file,
        file_url=site.url(path_of(dummy_file)),
        page_url=site.url(page) if page else "",
        by=by,  # type: ignore[arg-type]
        at=at,
    )


def run(means: AdhocMeans, *, at=NOW) -> int:
    return open_files.run_requested_checks(means=means, now=at)


def check(
    dummy_file: DummyFile, site: RehearsalSite, means: AdhocMeans, *, page: str = "", by: object, at=NOW
) -> dict[str, OpenFileFinding]:
    """Request a check of a dummy file and make it; return the results by target."""
    request = ask(dummy_file, site, page=page, by=by, at=at)
    run(means, at=at + timedelta(seconds=5))
    return {Target(finding.target): finding for finding in request.findings.all()}


def record_of(dummy_file: DummyFile, person: object) -> DummyFileRecord:
    known = open_files.files_known_to(person).filter(pk=dummy_file.pk)  # type: ignore[arg-type]
    (record,) = open_files.read_records(known)
    return record
