"""Addresses that lead somewhere else."""

from releases.detection.finding import Reason
from tests.corpus.case import Reply, Right, one
from tests.corpus.layouts import PROSE, bare, govuk, office, shell

TITLE = "Road fuel prices, June 2026"
NOT_LIVE = Right.NOT_LIVE
_HOME = office("Office of Figures", f"<h2>Latest releases</h2><ul><li>{TITLE}</li></ul>{PROSE}")

CASES = (
    one(
        "redirect-to-home",
        "The home page, which lists the release to come.",
        NOT_LIVE,
        Reply(_HOME, by_way_of=((302, "/"),)),
        reason=Reason.HOME_PAGE,
    ),
    one(
        "redirect-to-welsh-home",
        "The Welsh home page.",
        NOT_LIVE,
        Reply(_HOME, by_way_of=((302, "/cy"),)),
        reason=Reason.HOME_PAGE,
    ),
    one(
        "redirect-to-search",
        "A search for the words of the address.",
        NOT_LIVE,
        Reply(
            govuk("All content", f"<ol><li>{TITLE}</li></ol>"),
            by_way_of=((302, "/search/all?keywords=road+fuel"), (302, "/search?keywords=road+fuel")),
        ),
        reason=Reason.SEARCH,
    ),
    one(
        "redirect-to-log-in",
        "The log-in of the publishing system.",
        NOT_LIVE,
        Reply(bare("Welcome", "<h1>Welcome</h1>"), by_way_of=((302, "/user/login?destination=x"),)),
        reason=Reason.LOG_IN,
    ),
    one(
        "redirect-to-an-error-address",
        "An address for what is not there, answered 200.",
        NOT_LIVE,
        Reply(bare("Office", "<h1>Sorry</h1>"), by_way_of=((302, "/page-not-found?from=/x"),)),
    ),
    one(
        "redirect-to-another-host",
        "A host that is not on the producer's list: nothing was checked there.",
        Right.NOBODY,
        Reply(status=302, by_way_of=((302, "https://parked.example.com/x"),)),
        reason=Reason.OTHER_HOST,
    ),
    one(
        "redirect-to-a-waiting-room",
        "At its busiest the site sends all its readers to the waiting room of another host.",
        Right.NOBODY,
        Reply(status=302, by_way_of=((302, "https://office.queue-it.net/?c=office&e=morning"),)),
        reason=Reason.OBSTACLE,
    ),
    one(
        "redirect-to-the-same-page-elsewhere",
        "The site has moved to a host that nobody has allowed; the page may well be there.",
        Right.NOBODY,
        Reply(status=301, by_way_of=((301, "https://www.example.org/figures/Road-fuel-prices-June-2026/"),)),
        reason=Reason.OTHER_HOST,
    ),
    one(
        "redirect-to-a-log-in-elsewhere",
        "The log-in of another host. It may let readers through without a question.",
        Right.NOBODY,
        Reply(
            status=302, by_way_of=((302, "https://id.example.org/login?next=/statistics/road-fuel-prices-june-2026"),)
        ),
        reason=Reason.LOG_IN,
    ),
    one(
        "front-page-that-draws-the-release",
        "The address leads to an application that draws each page under its front page.",
        Right.NOBODY,
        Reply(shell("Office of Figures"), by_way_of=((302, "/#/statistics/road-fuel-prices-june-2026"),)),
        reason=Reason.SCRIPT_SHELL,
    ),
    one(
        "place-on-the-home-page",
        "The home page at the place where it lists what is new.",
        NOT_LIVE,
        Reply(_HOME, by_way_of=((302, "/#latest"),)),
        reason=Reason.HOME_PAGE,
    ),
    one(
        "leads-home-by-itself",
        "A page that sends its readers to the home page at once.",
        NOT_LIVE,
        bare(TITLE, "<p>Please wait.</p>", head='<meta http-equiv="refresh" content="0;URL=\'/\'">'),
        reason=Reason.HOME_PAGE,
    ),
    one(
        "redirect-to-the-front-page-of-another-host",
        "The site has moved as a whole to a host that nobody has allowed.",
        Right.NOBODY,
        Reply(status=301, by_way_of=((301, "https://www.example.org/"),)),
        reason=Reason.OTHER_HOST,
    ),
    one(
        "redirect-to-a-site-of-its-own",
        "The front page of another allowed host: the release's own dashboard, or a home page that names the release.",
        Right.NOBODY,
        Reply(govuk(TITLE, PROSE), by_way_of=((302, "https://fuel-dashboard.example.org/"),)),
        reason=Reason.HOME_PAGE,
    ),
    one(
        "leads-to-another-host-by-itself",
        "A page that sends its readers to the front page of another host at once, which we do not fetch.",
        Right.NOBODY,
        bare(TITLE, "<p>Please wait.</p>", head='<meta http-equiv="refresh" content="0;URL=https://www.example.org/">'),
        reason=Reason.LEADS_ON,
    ),
    one(
        "loads-itself-again",
        "A live page that loads itself again every five seconds.",
        Right.LIVE,
        govuk(TITLE, PROSE, head='<meta http-equiv="refresh" content="5">'),
    ),
)
