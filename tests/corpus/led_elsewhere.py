"""Addresses that lead somewhere else."""

from releases.evidence import Reason
from tests.corpus.case import Reply, Right, one
from tests.corpus.layouts import PROSE, bare, govuk, office

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
        "A host that is not on the producer's list.",
        NOT_LIVE,
        Reply(status=302, by_way_of=((302, "https://parked.example.com/x"),)),
        reason=Reason.OTHER_HOST,
    ),
    one(
        "leads-home-by-itself",
        "A page that sends its readers to the home page at once.",
        NOT_LIVE,
        bare(TITLE, "<p>Please wait.</p>", head='<meta http-equiv="refresh" content="0;URL=\'/\'">'),
        reason=Reason.HOME_PAGE,
    ),
    one(
        "loads-itself-again",
        "A live page that loads itself again every five seconds.",
        Right.LIVE,
        govuk(TITLE, PROSE, head='<meta http-equiv="refresh" content="5">'),
    ),
)
