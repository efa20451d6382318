"""Messages in place of a file, and files that only resemble them."""

from releases.detection.finding import AddressRole, Reason
from tests.corpus.case import Reply, Right, one
from tests.corpus.files import at
from tests.corpus.layouts import bare, shell

LIVE, NOT_LIVE, NOBODY = Right.LIVE, Right.NOT_LIVE, Right.NOBODY
_XML = b'<?xml version="1.0" encoding="UTF-8"?>\n'
_BUSY = bare(
    "One moment",
    "<h1>We are letting people in one by one</h1><p>Many people want to read our pages this morning. You will be let "
    "in in turn; leave this window open, and do not load it again, or you will lose your place.</p>",
)

CASES = (
    at(
        "cancelled-in-the-data",
        "Cancelled is what the figures count.",
        LIVE,
        "services.json",
        b'{"services": [{"status": "cancelled", "count": 12}, {"status": "operated", "count": 900}]}',
        "application/json",
    ),
    at(
        "withdrawn-in-the-data",
        "So is withdrawn, in data of another form.",
        LIVE,
        "licences.xml",
        _XML + b'<licences period="2026-06"><state n="12">Withdrawn</state><state n="900">In force</state></licences>',
        "application/xml",
    ),
    at(
        "notes-on-withdrawn-tables",
        "Notes that tell of a table that was withdrawn.",
        LIVE,
        "notes.txt",
        b"Road fuel prices, June 2026: notes.\nTable 3: withdrawn. Table 4: revised.\n",
        "text/plain",
    ),
    at(
        "table-below-a-title",
        "A title and a blank line stand above the headings.",
        LIVE,
        "tables.csv",
        b"Road fuel prices, June 2026\n\nMonth,Price\n2026-05,140.1\n2026-06,142.3\n",
        "text/csv",
    ),
    at(
        "one-value-a-line",
        "JSON with a value on each line.",
        LIVE,
        "prices.json",
        b'{"month": "2026-05", "price": 140.1}\n{"month": "2026-06", "price": 142.3}\n',
        "application/json",
    ),
    at("no-data-at-all", "Without a value.", NOBODY, "prices.json", b"{}", "application/json", reason=Reason.EMPTY),
    at(
        "no-data-in-the-frame",
        "A frame without figures.",
        NOBODY,
        "prices.json",
        b'{"period": "2026-06", "prices": []}',
        "application/json",
        reason=Reason.EMPTY,
    ),
    at(
        "forbidden-in-json",
        "A refusal, answered 200.",
        NOBODY,
        "prices.json",
        b'{"message": "Forbidden"}',
        "application/json",
    ),
    at(
        "failure-by-its-status",
        "A failure that says so by its status.",
        NOBODY,
        "prices.json",
        b'{"status": "error", "result": null}',
        "application/json",
    ),
    at(
        "problem-details",
        "A problem in the standard form, answered 200.",
        NOT_LIVE,
        "prices.json",
        b'{"type": "about:blank", "title": "Not Found", "status": 404, "detail": "No dataset under this name."}',
        "application/problem+json",
    ),
    at(
        "data-broken-off",
        "Data that end in the middle.",
        NOBODY,
        "prices.json",
        b'{"period": "2026-06", "prices": [142.3, 15',
        "application/json",
        reason=Reason.INCOMPLETE,
    ),
    at(
        "exception-of-a-service",
        "A map server tells of a fault of its own.",
        NOBODY,
        "stations.xml",
        _XML + b"<ServiceExceptionReport><ServiceException>it failed</ServiceException></ServiceExceptionReport>",
        "application/xml",
    ),
    at(
        "excuse-under-the-name-of-a-table",
        "An excuse whose commas make it look like a table.",
        NOBODY,
        "tables.csv",
        b"Sorry, the file could not be retrieved.\nReference: 18.2, please quote it\n",
        "text/csv",
    ),
    at("shell-for-an-annex", "An application's empty page for an annex.", NOBODY, "annex.html", shell(""), "text/html"),
    *(
        one(
            f"waiting-room-for-{name}",
            "In words that nobody knows, the same for every address.",
            NOBODY,
            Reply(_BUSY),
            path=f"/media/{file}",
            role=AddressRole.ATTACHMENT,
            not_found=Reply(_BUSY),
            reason=Reason.LIKE_NOT_FOUND,
        )
        for name, file in (("an-annex", "annex.html"), ("a-file", "bulletin.pdf"))
    ),
)
