"""What people see of the morning through two web machines behind one proxy: on their dashboards, and as the public."""

import contextlib
import http.client
import json
import re
import threading
import time
import urllib.parse
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from breaches.models import Report
from breaches.rules.content import ReportSection
from breaches.rules.lifecycle import Cause
from releases.rules.lifecycle import Role
from statsoffice.accounts.models import User
from tests.integration.statsoffice.deploy.behind_nginx import INSIDE, NAME, TOKEN, Front
from tests.journeys.announced_release import ANNOUNCED
from tests.pages.statsoffice.test_public_leaks import VERDICTS
from tests.support.report_forms import filled_in, section_address

PASSWORD = "correct horse battery"
# As the proxy asks the machines behind it.
FROM_THE_PROXY = {"Host": NAME, "X-Forwarded-For": INSIDE, "X-Forwarded-Proto": "https"}
READERS = tuple(f"127.0.0.{n}" for n in (11, 12, 13))
OF_THE_CROWD = re.compile(rf"GET / for=(?:{'|'.join(map(re.escape, READERS))}) ")
# Most of the time the readers only have to be there; while a machine ends, some answer must be under way.
EACH_READER_WAITS_SECONDS, WHILE_A_MACHINE_ENDS_SECONDS = 3.0, 0.1
PATIENCE_SECONDS = 60
OF_RELEASE = f"/releases/{ANNOUNCED.slug}/"


@dataclass(frozen=True, slots=True)
class Page:
    """What someone got: who asked which machine (by its place) when in the story, and the answer."""

    moment: str
    who: str
    machine: int
    path: str
    status: int
    led_to: str
    content: bytes = field(repr=False)

    @property
    def text(self) -> str:
        return self.content.decode(errors="replace")


@dataclass(frozen=True, slots=True)
class Seen:
    """Everything that was seen at the web; of the crowd only what each answer was, and what it showed of suspicions."""

    report: str
    in_subjects: str
    pages: Sequence[Page]
    crowd: Mapping[tuple[str, str], int]
    answered_to_the_crowd: Sequence[int]
    after_one_machine_had_ended: int
    figures: tuple[Mapping[str, str], Mapping[str, str]]
    health: tuple[Mapping[str, bool], Mapping[str, bool]]

    def at(self, moment: str, who: str, path: str = "") -> Sequence[Page]:
        """Return what someone got at a moment of the story, from every machine, of one path or of all."""
        return [page for page in self.pages if (page.moment, page.who) == (moment, who) and path in {page.path, ""}]


class Web:
    """Two machines, two people with an account, and readers who have none."""

    def __init__(self, front: Front, people: Mapping[Role, User]) -> None:
        self.front, self.moment, self.report, self.in_subjects = front, "", "", ""
        self.pages: list[Page] = []
        self.crowd: list[tuple[str, str]] = []
        self.compared: list[tuple[Mapping[str, str], Mapping[str, str]]] = []
        self.after = 0
        self.pause = EACH_READER_WAITS_SECONDS
        self.cookies: dict[str, dict[str, str]] = {role: {} for role in people} | {"anybody": {}}
        self.emails = {role: user.email for role, user in people.items()}

    # The story, in its order.

    def before_it_is_due(self) -> None:
        """Let both people sign in, each at another machine, and read on at the other one; others read the calendar."""
        self.moment = "before"
        for place, role in enumerate(self.emails):
            page = self.get(role, place, "/accounts/login/")
            who = {"login": self.emails[role], "password": PASSWORD}
            self.post(role, place, "/accounts/login/", filled_in(page.text) | who)
            self.get(role, 1 - place, "/desk/")
        self.anybody_reads()

    def while_it_is_suspected(self, report: Report) -> None:
        """Let the staff and anyone read at both machines, and monitors too."""
        self.moment, self.report = "suspected", report.reference
        self.in_subjects = f"{report.number}, {report.producer}"
        for place in (0, 1):
            for path in ("/desk/", OF_RELEASE, "/reports/", f"/reports/{report.reference}/"):
                self.get(Role.STATISTICIAN, place, path)
        self.anybody_reads()
        self.compared = [_until_the_same(self.figures), _until_the_same(self.health)]

    def it_is_decided(self, report: Report) -> None:
        """Let the Head of Profession open the draft at one machine, and approve it at the other."""
        self.moment, head = "decided", Role.HEAD_OF_PROFESSION
        reports = f"/reports/{report.reference}"
        self.get(head, 0, f"{reports}/")
        for place, section, text in (
            (0, ReportSection.IMPACT, {"impact": "Two users asked."}),
            # Of the edition in force since November 2025 the record cites no practice: its wording is not confirmed.
            (1, ReportSection.CIRCUMSTANCES, {"other_practices": "The practice on the time of release."}),
            (0, ReportSection.CORRECTIVE_ACTIONS, {"corrective_actions": "Short-term: the scheduler was mended."}),
        ):
            address = section_address(report, section)
            self.send(head, place, address, text)
        self.send(head, 1, f"{reports}/cause/", {"cause": Cause.SCHEDULER_FAULT})
        page = self.get(head, 0, f"{reports}/approve/")
        self.post(head, 1, f"{reports}/approve/", filled_in(page.text))
        self.anybody_reads()

    def without_one_machine(self, report: Report) -> int:
        """End the machine at which it was approved while the crowd reads on, and go on at the other one.

        Return the exit code of the machine that ended.
        """
        self.moment, machine = "alone", self.front.machines[1]
        self.pause = WHILE_A_MACHINE_ENDS_SECONDS
        self._more_answers()
        machine.process.terminate()
        code = machine.process.wait(PATIENCE_SECONDS)
        self.after = self._more_answers()
        self.pause = EACH_READER_WAITS_SECONDS
        version = Report.objects.get(pk=report.pk).version
        for path in (f"/reports/{report.reference}/", f"/reports/{report.reference}/download/{version}.pdf"):
            self.get(Role.STATISTICIAN, 0, path)
        return code

    def _more_answers(self) -> int:
        """Wait until the crowd got twenty more answers, and return how many came."""
        before, until = len(self.crowd), time.monotonic() + PATIENCE_SECONDS
        while len(self.crowd) < before + 20 and time.monotonic() < until:
            time.sleep(0.1)
        return len(self.crowd) - before

    def seen(self) -> Seen:
        """Return everything that was seen."""
        figures, health = self.compared
        asked = [len(OF_THE_CROWD.findall(machine.log.read_text())) for machine in self.front.machines]
        return Seen(
            report=self.report,
            in_subjects=self.in_subjects,
            pages=tuple(self.pages),
            crowd=Counter(self.crowd),
            answered_to_the_crowd=asked,
            after_one_machine_had_ended=self.after,
            figures=figures,
            health=tuple({name: bool(well) for name, well in one.items()} for one in health),
        )

    # The acts of people.

    def anybody_reads(self) -> None:
        """Let someone without an account read everything about the release, and try the pages for the staff."""
        today = datetime.now(UTC)
        for path in (
            *("/", "/calendar/", f"/calendar/{today.year}/{today.month}/", "/calendar.ics", "/changes.atom"),
            *(OF_RELEASE, f"{OF_RELEASE}calendar.ics", "/api/v1/releases", f"/api/v1{OF_RELEASE}".rstrip("/")),
            *("/breaches/", "/desk/", "/reports/", "/metrics", "/health/live", "/health/ready"),
            *((f"/reports/{self.report}/",) if self.report else ()),
        ):
            for place in (0, 1):
                self.get("anybody", place, path)

    def get(self, who: str, place: int, path: str, **headers: str) -> Page:
        """Read a page at one machine, as the proxy would ask for it, and keep what came."""
        return self._ask(who, place, path, None, headers)

    def post(self, who: str, place: int, path: str, fields: Mapping[str, object]) -> Page:
        """Send a form to one machine, and read where that leads."""
        return self._ask(who, place, path, urllib.parse.urlencode(fields, doseq=True), {})

    def send(self, who: str, place: int, path: str, changes: Mapping[str, str]) -> Page:
        """Open a form at one machine, and send it, filled in, to the other one."""
        return self.post(who, 1 - place, path, filled_in(self.get(who, place, path).text) | changes)

    def _ask(self, who: str, place: int, path: str, body: str | None, headers: Mapping[str, str]) -> Page:
        status, led_to, told = self._answer(who, place, path, body, headers)
        if status in {302, 303} and who != "anybody":
            status, led_to, told = self._answer(who, place, led_to, None, headers)
        self.pages.append(Page(self.moment, who, place, path, status, led_to, told))
        return self.pages[-1]

    def _answer(
        self, who: str, place: int, path: str, body: str | None, headers: Mapping[str, str]
    ) -> tuple[int, str, bytes]:
        cookies = self.cookies[who]
        sent = {**FROM_THE_PROXY, **headers, "Referer": f"https://{NAME}/"}
        sent |= {"Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items())} if cookies else {}
        sent |= {"Content-Type": "application/x-www-form-urlencoded"} if body is not None else {}
        connection = http.client.HTTPConnection(INSIDE, self.front.machines[place].port, timeout=PATIENCE_SECONDS)
        with contextlib.closing(connection):
            connection.request("GET" if body is None else "POST", path, body=body, headers=sent)
            answer = connection.getresponse()
            content = answer.read()
        for written in answer.headers.get_all("Set-Cookie", []):
            name, _, value = written.partition(";")[0].partition("=")
            cookies[name] = value
        where = urllib.parse.urlsplit(answer.headers.get("Location", "")).path
        return answer.status, where or path, content

    def figures(self, place: int) -> Mapping[str, str]:
        """Read the figures of one machine, as Prometheus does."""
        page = self.get("anybody", place, "/metrics", Authorization=f"Bearer {TOKEN}")
        self.pages.pop()  # not what anyone can read
        return dict(line.rsplit(" ", 1) for line in page.text.splitlines() if not line.startswith("#"))

    def health(self, place: int) -> Mapping[str, str]:
        """Read from one machine which checks of its health pass."""
        page = self.get("anybody", place, "/health/ready")
        checks = json.loads(page.text)["checks"]
        return {name: "well" if check["well"] else "" for name, check in checks.items()}

    def read_on(self, reader: str, stop: threading.Event) -> None:
        """Read the calendar through the proxy, again and again, from an address of one's own."""
        while not stop.wait(self.pause):
            for path in ("/", "/calendar/", OF_RELEASE):
                try:
                    answer = self.front.ask(path, reader=reader)
                except (OSError, http.client.HTTPException) as fault:
                    self.crowd.append((f"no answer: {fault!r}", ""))
                else:
                    self.crowd.append((str(answer.status), " ".join(VERDICTS.findall(answer.text.lower()))))


def _until_the_same(ask: Callable[[int], Mapping[str, str]]) -> tuple[Mapping[str, str], Mapping[str, str]]:
    """Ask one machine, the other, and the first again, until the unchanged figures are the same at both.

    Figures grow while they are read. Return the last unchanged figures, of the first machine and of the other.
    """
    for _ in range(20):
        first, other, again = ask(0), ask(1), ask(0)
        still = {name: value for name, value in first.items() if again.get(name) == value}
        told = {name: other.get(name, "not told") for name in still}
        if told == still:
            break
    return still, told


@contextlib.contextmanager
def at_the_web(front: Front, people: Mapping[Role, User]) -> Iterator[Web]:
    """Let a crowd read for the time of a `with` block, and yield the web for all others."""
    web, stop = Web(front, people), threading.Event()
    crowd = [threading.Thread(target=web.read_on, args=(reader, stop)) for reader in READERS]
    for one in crowd:
        one.start()
    try:
        yield web
    finally:
        stop.set()
        for one in crowd:
            one.join()
