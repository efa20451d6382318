"""Interstitial pages, and messages of sites in trouble: these show neither presence nor absence."""

from releases.detection.finding import Reason
from releases.rules.response import Failure
from tests.corpus.case import Reply, Right, one
from tests.corpus.layouts import PROSE, bare, drupal, govuk, office, shell, wordpress

TITLE = "Road fuel prices, June 2026"
NOBODY = Right.NOBODY
_CHALLENGE = bare(
    "Just a moment...",
    '<div class="main-wrapper"><h1>stats.example.gov.uk</h1><h2>Checking if the site connection is secure</h2>'
    '<div id="challenge-stage"></div>'
    "<p>Ray ID: 7d2b41c09e8f2a31</p></div><script>window._cf_chl_opt={cRay:'7d2b41c09e8f2a31'}</script>",
)
_CONSENT = bare(
    "Before you continue",
    "<h1>Before you continue</h1><p>We and our partners use cookies to measure how this site is used, and to keep "
    "it safe. You can change your mind later.</p>"
    "<form><button>Accept all cookies</button><button>Reject all cookies</button></form>",
)
_BUSY = (
    "<h1>We are letting people in one by one</h1><p>Many people want to read our pages this "
    "morning. You will be let in in turn; leave this window open, and do not load it again, "
    "or you will lose your place.</p>"
)

CASES = (
    one("bot-challenge", "A check for robots, answered 200.", NOBODY, _CHALLENGE, reason=Reason.OBSTACLE),
    one(
        "bot-challenge-403",
        "The same with 403.",
        NOBODY,
        Reply(_CHALLENGE, status=403, headers=(("server", "edge"), ("cf-mitigated", "challenge"))),
    ),
    one(
        "incident-page",
        "A firewall in front of the site.",
        NOBODY,
        bare(
            "",
            (
                '<iframe src="/_Incapsula_Resource?x=1">Request unsuccessful. Incapsula incident ID: '
                "871000430-45</iframe><p>Request unsuccessful. Incident ID: 871000430-45</p>"
            ),
        ),
    ),
    one(
        "rejected-by-a-firewall",
        "Another firewall's words.",
        NOBODY,
        bare(
            "Request Rejected",
            (
                "The requested URL was rejected. Please consult with your administrator.<br>Your support "
                "ID is: 1234567890123456789"
            ),
        ),
    ),
    one(
        "geo-block",
        "Not for readers from where we look.",
        NOBODY,
        bare("Sorry", "<h1>This content is not available in your country</h1>"),
    ),
    one(
        "queue",
        "A waiting room before the site.",
        NOBODY,
        bare(
            "Waiting room",
            "<h1>You are now in line</h1><p>When it is your turn, you will have ten minutes to enter.</p>",
        ),
    ),
    one(
        "waiting-room-like-the-page-for-nothing",
        "In words that nobody knows, the same for every address: being like the page for nothing accuses nobody.",
        NOBODY,
        bare("One moment", _BUSY),
        not_found=Reply(bare("One moment", _BUSY)),
        reason=Reason.LIKE_NOT_FOUND,
    ),
    one("cookie-wall", "Nothing to read before one consents.", NOBODY, _CONSENT, reason=Reason.CONSENT),
    one(
        "cookie-wall-that-names-the-release",
        "It names the page to which its readers continue, and shows nothing of it.",
        NOBODY,
        bare(
            "Before you continue",
            f"<h1>Before you continue</h1><p>Accept all cookies to continue to {TITLE}.</p>"
            "<form><button>Accept all cookies</button></form>",
        ),
        reason=Reason.CONSENT,
    ),
    one(
        "cookie-wall-for-every-address",
        "The same for an address that cannot exist.",
        NOBODY,
        _CONSENT,
        not_found=Reply(_CONSENT),
    ),
    one(
        "script-shell",
        "Empty until a script has filled it.",
        NOBODY,
        shell("Office of Figures"),
        reason=Reason.SCRIPT_SHELL,
    ),
    one(
        "script-shell-for-every-address",
        "The same empty page for every address, live or not.",
        NOBODY,
        shell("Office of Figures"),
        not_found=Reply(shell("Office of Figures")),
    ),
    one(
        "script-shell-with-the-right-title",
        "The server knows the title; whether the release is there only the script knows.",
        NOBODY,
        shell(TITLE, head=f'<meta property="og:title" content="{TITLE}">'),
        reason=Reason.SCRIPT_SHELL,
    ),
    one(
        "script-shell-that-loads",
        "It says that it is loading.",
        NOBODY,
        shell("Office of Figures", visible="<p>Loading…</p>"),
    ),
    one(
        "maintenance",
        "Planned work on the site, answered 200.",
        NOBODY,
        drupal("Site under maintenance", "<p>We should be back shortly.</p>"),
        reason=Reason.FAULT_TEXT,
    ),
    one(
        "maintenance-503",
        "The same with 503.",
        NOBODY,
        Reply(
            drupal("Site under maintenance", "<p>We should be back shortly.</p>"),
            status=503,
            headers=(("retry-after", "120"),),
        ),
    ),
    one(
        "error-text-with-200",
        "A fault of the server, answered 200.",
        NOBODY,
        bare(
            "Runtime Error",
            "<h1>Server Error in '/' Application.</h1><p>An application error occurred on the server.</p>",
        ),
    ),
    one(
        "error-text-under-the-right-title",
        "The frame of the page came, its content did not.",
        NOBODY,
        govuk(TITLE, "<p>Sorry, there is a problem with the service. Try again later.</p>"),
        reason=Reason.FAULT_TEXT,
    ),
    one(
        "database-away",
        "WordPress without its database.",
        NOBODY,
        Reply(bare("Database Error", "<h1>Error establishing a database connection</h1>")),
    ),
    one(
        "drupal-away",
        "Drupal without its database.",
        NOBODY,
        Reply(
            b"The website encountered an unexpected error. Try again later.", content_type="text/html; charset=utf-8"
        ),
    ),
    one(
        "bad-gateway",
        "A content network cannot reach the site.",
        NOBODY,
        Reply(
            bare("502 Bad Gateway", "<center><h1>502 Bad Gateway</h1></center><hr><center>nginx</center>"), status=502
        ),
    ),
    one(
        "gateway-time-out",
        "The same, too slow.",
        NOBODY,
        Reply(bare("504 Gateway Time-out", "<h1>504 Gateway Time-out</h1>"), status=504),
    ),
    one(
        "edge-error",
        "A cache in front of the site without a copy.",
        NOBODY,
        Reply(
            bare(
                "503 Backend fetch failed",
                "<h1>Error 503 Backend fetch failed</h1><p>Guru Meditation: XID: 360491</p><p>Varnish cache server</p>",
            ),
            status=503,
        ),
    ),
    one(
        "edge-error-with-200",
        "The same, answered 200.",
        NOBODY,
        bare("Error", "<h1>Error 503 Backend fetch failed</h1><p>Guru Meditation: XID: 360491</p>"),
    ),
    one(
        "too-many-requests",
        "The site asks for fewer requests.",
        NOBODY,
        Reply(bare("429", "<h1>Too Many Requests</h1>"), status=429, headers=(("retry-after", "60"),)),
    ),
    one(
        "forbidden",
        "The site does not let us read it.",
        NOBODY,
        Reply(bare("403 Forbidden", "<h1>Forbidden</h1>"), status=403),
    ),
    one(
        "password-of-the-server",
        "401: the server itself asks for a password.",
        NOBODY,
        Reply(bare("401", "<h1>Unauthorized</h1>"), status=401),
    ),
    one("empty-page", "Nothing at all, answered 200.", NOBODY, b"", reason=Reason.EMPTY),
    one(
        "data-in-place-of-a-page",
        "JSON where a page was due.",
        NOBODY,
        Reply(b'{"title": "Road fuel prices, June 2026"}', content_type="application/json"),
    ),
    one(
        "file-in-place-of-a-page",
        "The page's address gives a PDF: a person must say.",
        NOBODY,
        Reply(b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF\n", content_type="application/pdf"),
        reason=Reason.FILE_FOR_PAGE,
    ),
    one(
        "source-in-place-of-a-page",
        "A page sent as plain text: browsers show its source.",
        NOBODY,
        Reply(govuk(TITLE, PROSE), content_type="text/plain"),
    ),
    one(
        "leads-on-by-itself",
        "A page that sends its readers to another address, which we do not follow.",
        NOBODY,
        bare(
            TITLE,
            "<p>You are being taken to the release.</p>",
            head='<meta http-equiv="refresh" content="0; url=/x/4711">',
        ),
        reason=Reason.LEADS_ON,
    ),
    one("slow", "The answer drips and does not end.", NOBODY, Reply(failure=Failure.TIMEOUT, wire="slow")),
    one("endless", "A body without an end.", NOBODY, Reply(failure=Failure.TOO_LARGE, wire="endless")),
    one("gzip-bomb", "Small when packed, huge when not.", NOBODY, Reply(failure=Failure.TOO_LARGE, wire="bomb")),
    one(
        "broken-compression",
        "It breaks off in the middle of its packed body.",
        NOBODY,
        Reply(failure=Failure.UNDECODABLE, wire="half"),
    ),
    one(
        "broken-off",
        "The connection breaks before the body is complete.",
        NOBODY,
        Reply(failure=Failure.BROKEN, wire="broken"),
    ),
    one(
        "redirect-loop",
        "From one address to the next without end.",
        NOBODY,
        Reply(failure=Failure.TOO_MANY_REDIRECTS, wire="loop"),
    ),
    one("nobody-answers", "No connection can be made.", NOBODY, Reply(failure=Failure.CONNECT, wire="closed")),
    one(
        "challenge-under-the-wordpress-frame",
        "A check for robots drawn inside the site's own frame.",
        NOBODY,
        wordpress("Are you a human?", "<p>Press and hold the button.</p>"),
    ),
    one(
        "outage-banner-above-the-page",
        "A banner tells of a fault elsewhere; the page is there.",
        Right.LIVE,
        office(TITLE, f'<p class="banner">Our search is temporarily unavailable.</p>{PROSE}'),
    ),
)
