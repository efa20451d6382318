"""Pages that change before their time, and pages whose text never changes: what "unchanged" can prove."""

from releases.detection.finding import Reason
from tests.corpus.case import Reply, Right, one, several
from tests.corpus.layouts import PROSE, bare, govuk, govuk_release, office

TITLE = "Road fuel prices, June 2026"
LIVE, NOT_LIVE, NOBODY = Right.LIVE, Right.NOT_LIVE, Right.NOBODY
_FIXED = "/statistics/road-fuel-prices"
_GONE = Reply(govuk("Page not found", "<p>Check the address.</p>"), status=404)
_SOON = office(TITLE, "<p>This release is not yet published.</p>")
_RENAMED = govuk_release("Road fuel prices: summer edition")
_MAY = office("Road fuel prices", f"<p>Prices in May fell.</p>{PROSE}")
_MAY_AGAIN = office("Road fuel prices", f"<p>Prices in May fell. Ask us for more.</p>{PROSE}")
_MAY_WITH_A_NOTICE = office(
    "Road fuel prices", f"<p>We consulted users of these prices in June 2026.</p><p>Prices in May fell.</p>{PROSE}"
)
_DASHBOARD = bare(
    "Road fuel prices",
    f"<main><h1>Road fuel prices</h1>{PROSE}<iframe src='https://charts.example.org/fuel' width=900></iframe></main>",
)
_COUNTED = bare(
    "Road fuel prices",
    f"<main><h1>Road fuel prices</h1>{PROSE}<iframe src='https://count.example.org/x' width=1 height=1></iframe></main>"
    "<aside><iframe src='https://charts.example.org/news'></iframe></aside>",
)
_CONSENT = bare(
    "Road fuel prices",
    "<h1>Your data, your choice</h1><p>"
    + "We store small files on your device so that pages load faster, and so that we learn which of them are read. " * 8
    + "</p><button>I agree</button>",
)
_SUBJECTS = (
    "Trade Housing Crime Health Schools Farming Roads Rail Water Energy Waste Births Deaths Marriage Tax Courts "
    "Prisons Police Tourism Culture Sport Charity"
)
_MENU = "".join(f"<div><a>{subject}: figures and reports of the office</a></div>" for subject in _SUBJECTS.split())

CASES = (
    several(
        "renamed-and-seconds-early",
        "The release came eight seconds early under a title that nobody expected: unchanged since is not absent.",
        (-60, _GONE, NOT_LIVE),
        (-0.13, _RENAMED, NOBODY),
        (1, _RENAMED, NOBODY),
    ),
    several(
        "renamed-after-a-placeholder",
        "The same where a placeholder stood before.",
        (-60, _SOON, NOT_LIVE),
        (-0.13, _RENAMED, NOBODY),
        (1, _RENAMED, NOBODY),
    ),
    several(
        "edited-the-evening-before",
        "The last edition was edited in the evening, or was it the new one? The text says nothing.",
        (-1_200, _MAY, NOBODY),
        (-720, _MAY, NOT_LIVE),
        (-700, _MAY_AGAIN, NOBODY),
        (1, _MAY_AGAIN, NOBODY),
        path=_FIXED,
    ),
    several(
        "notice-on-the-last-edition",
        "A sentence that names the month is added to the last edition in the evening; the new one comes later.",
        (-1_200, _MAY, NOBODY),
        (-720, _MAY, NOT_LIVE),
        (-700, _MAY_WITH_A_NOTICE, NOBODY),
        (-60, _MAY_WITH_A_NOTICE, NOBODY),
        (1, _MAY_WITH_A_NOTICE, NOBODY),
        (2, office("Road fuel prices", f"<h2>June 2026</h2>{PROSE}"), LIVE),
        path=_FIXED,
    ),
    several(
        "two-copies-of-the-last-edition",
        "Two servers have two copies, which come in turns: both stood there all along.",
        (-60, _MAY, NOBODY),
        (-45, _MAY_AGAIN, NOBODY),
        (-30, _MAY, NOT_LIVE),
        (1, _MAY_AGAIN, NOT_LIVE),
        path=_FIXED,
    ),
    several(
        "challenge-before-the-last-edition",
        "A check for robots came first and says nothing of what stands behind it.",
        (-60, bare("Just a moment...", "<h1>Just a moment...</h1>"), NOBODY),
        (-45, _MAY, NOBODY),
        (1, _MAY, NOT_LIVE),
        path=_FIXED,
    ),
    several(
        "dashboard-in-a-frame",
        "What is new is in the frame; the page around it never changes.",
        (-60, _DASHBOARD, NOBODY),
        (1, _DASHBOARD, NOBODY),
        path=_FIXED,
    ),
    several(
        "frames-beside-the-page",
        "A counter of readers that nobody sees, and news beside the page, hold no figures.",
        (-60, _COUNTED, NOBODY),
        (1, _COUNTED, NOT_LIVE),
        path=_FIXED,
    ),
    several(
        "long-consent-under-the-right-title",
        "The window's title is the page's, the text is a request for consent in words of its own.",
        (-60, _CONSENT, NOBODY),
        (1, _CONSENT, NOBODY),
        path=_FIXED,
    ),
    several(
        "redirect-to-the-last-edition",
        "The address leads to the latest edition that there is.",
        *(
            (
                minutes,
                Reply(
                    govuk_release("Road fuel prices, May 2026", published="9 June 2026"),
                    by_way_of=((302, "/statistics/road-fuel-prices-may-2026"),),
                ),
                NOT_LIVE,
            )
            for minutes in (-1, 1)
        ),
    ),
    several(
        "redirect-to-an-edition-named-after-its-figures",
        "After the time the announcement leads to a page that names the month of its figures, not of its release.",
        (-60, _SOON, NOT_LIVE),
        (
            1,
            Reply(
                govuk_release("Road fuel prices, May 2026", published="14 July 2026"),
                by_way_of=((302, "/statistics/road-fuel-prices-7-26"),),
            ),
            NOBODY,
        ),
    ),
    one(
        "short-page-in-a-long-frame",
        "The release under a new title, short, in a frame that the page for nothing has too.",
        NOBODY,
        bare(
            "Road fuel prices: summer",
            f"{_MENU}<div><h1>Road fuel prices: summer</h1></div><div>Prices rose. <a>Tables</a></div>",
        ),
        not_found=Reply(
            bare("Oops", f"{_MENU}<div><h1>Oops</h1></div><div>Nothing to see here, sorry about that.</div>"),
            status=404,
        ),
        reason=Reason.LIKE_NOT_FOUND,
    ),
)
