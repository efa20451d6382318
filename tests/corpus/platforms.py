"""Releases on the sites of five publishers, from before the release until after it; all are read as pages.

The shapes are those of public code: NHS-digital-website/hippo (publication.ftl, publicationHeader.ftl) for NHS England
Digital, scottishgovernment/gov-scot (publication/page.ftl, metadata.ftl) for gov.scot, govwales/component-library for
gov.wales, and dof-dss/nicsdru_origins_theme for NISRA. Public Health Scotland publishes no templates, so its shape is
that of its stored public pages. Not confirmed: how gov.wales, NISRA and Public Health Scotland announce a release at
the address at which it is published.
"""

from releases.detection.finding import Reason
from statsoffice.fake_publisher.platforms import WELSH_SITE
from tests.corpus.case import Case, Reply, Right, one, several
from tests.corpus.layouts import PROSE, shaped

LIVE, NOT_LIVE, NOBODY = Right.LIVE, Right.NOT_LIVE, Right.NOBODY
JUNE, MAY = "Road fuel prices, June 2026", "Road fuel prices, May 2026"
_FIXED = "/publications/road-fuel-prices"


def _nhs(title: str, main: str, *, published: str = "14 Jul 2026", details: str = "") -> bytes:
    return shaped("nhs", title, main=main, published=published, details=details, series="Road fuel prices")


def _nhs_release(title: str, dates: str, published: str) -> bytes:
    details = (
        f'<dl class="detail-list"><dt>Geographic Coverage</dt><dd>England</dd></dl><dl class="detail-list"><dt>Date '
        f"Range</dt><dd>{dates}</dd></dl>"
    )
    main = f'<div id="summary"><h2>Summary</h2>{PROSE}</div><div id="key-facts"><h2>Key facts</h2><p>Up.</p></div>'
    return _nhs(title, main, published=published, details=details)


_NHS_UPCOMING = _nhs(JUNE, '<p class="strong" itemprop="description">(Upcoming, not yet published)</p>')
_NHS_JUNE = _nhs_release(JUNE, "01 Jun 2026 to 30 Jun 2026", "14 Jul 2026")
_NHS_MAY = _nhs_release(MAY, "01 May 2026 to 31 May 2026", "9 Jun 2026")


def _nhs_series(upcoming: str) -> bytes:
    return _nhs(
        "Road fuel prices",
        f"<p>Prices, each month.</p>{PROSE}<h2>Latest statistics</h2><ul><li>{MAY}</li></ul>{upcoming}",
    )


_NHS_SERIES = _nhs_series(f"<h2>Upcoming publications</h2><ul><li><a>{JUNE}</a><span>14 Jul 2026</span></li></ul>")


def _govscot(
    title: str,
    main: str,
    *,
    label: str = "Publication - Statistics",
    published: str = "14 July 2026",
    updated: str = "",
) -> bytes:
    def item(key: str, value: str) -> str:
        return f'<div class="ds_metadata__item"><dt>{key}</dt><dd>{value}</dd></div>'

    date = item("Last updated", f"<strong>{updated}</strong> - see all updates") if updated else ""
    metadata = (date or item("Published", f"<strong>{published}</strong>")) + item("Topic", "Transport")
    return shaped("govscot", title, main=main, label="Publication - Statistics", metadata=metadata)


def _govscot_release(title: str, **dates: str) -> bytes:
    main = (
        f'<p class="ds_leader">Monthly prices at filling stations.</p>{PROSE}<div class="ds_file-download"><a>'
        "Road fuel prices: tables</a><dl><dt>File type</dt><dd>Excel document</dd></dl></div><h2>Contact</h2>"
    )
    return _govscot(title, main, **dates)


_FIRST = {"en": "First published:", "cy": "Cyhoeddwyd gyntaf:"}
_UPDATED = {"en": "Last updated:", "cy": "Diweddarwyd ddiwethaf:"}
_WELSH = "<p>Cododd pris petrol di-blwm ddwy geiniog yr litr dros y mis, a gostyngodd pris disel.</p>" * 8
_MEHEFIN, _MAI = "Prisiau tanwydd ffyrdd: Mehefin 2026", "Prisiau tanwydd ffyrdd: Mai 2026"
_IN_WELSH = {"marker": "Mehefin 2026", "title": _MEHEFIN, "series": "Prisiau tanwydd ffyrdd"}


def _govwales(title: str, main: str, *, lang: str = "en") -> bytes:
    return shaped("govwales", title, main=main, lang=lang, **WELSH_SITE[lang])


def _govwales_release(title: str, published: str, *, lang: str = "en", text: str = "") -> bytes:
    dates = f"<dt>{_FIRST[lang]}</dt><dd>{published}</dd><dt>{_UPDATED[lang]}</dt><dd>{published}</dd>"
    files = {"en": "<h2>Main points</h2>", "cy": "<h2>Prif bwyntiau</h2>"}[lang]
    prose = {"en": PROSE, "cy": _WELSH}[lang]
    return _govwales(title, f'<dl class="gw-metadata">{dates}</dl>{files}{text}{prose}', lang=lang)


_NOT_FOUND_IN_WELSH = _govwales("Tudalen heb ei chanfod", "<p>Ni allwn ddod o hyd i’r dudalen.</p>", lang="cy")


def _nisra(title: str, main: str) -> bytes:
    return shaped("nicsdru", title, main=main)


def _nisra_release(title: str, published: str) -> bytes:
    return _nisra(
        title,
        f'<p class="published">Date published: {published}</p><p>Topics: Transport</p>{PROSE}<h2>Documents</h2><ul><li>'
        "Road fuel prices tables (XLSX, 40 KB)</li></ul>",
    )


def _phs(edition: str, main: str, *, heading: str = "Road fuel prices") -> bytes:
    title = f"{heading} - {edition}" if edition else heading
    return shaped("phs", title, heading=heading, edition=edition, main=main)


def _phs_release(edition: str, following: str) -> bytes:
    return _phs(
        edition,
        f"<h2>About this release</h2><p>This release is a monthly update of prices at filling stations.</p><h2>Next "
        f"release</h2><p>The next release of this publication will be {following}.</p><h2>Main points</h2>{PROSE}",
    )


_MISSING = "<p>Check the address, or use the search.</p>"

CASES: tuple[Case, ...] = (
    several(
        "nhs-publication",
        "The address holds the title and a note that it is upcoming, then the publication.",
        (-60, _NHS_UPCOMING, NOT_LIVE),
        (0, _NHS_UPCOMING, NOT_LIVE),
        (1, _NHS_JUNE, LIVE),
    ),
    one("nhs-soft-404", "The site's page for what it does not have.", NOT_LIVE, _nhs("Page not found", _MISSING)),
    several(
        "nhs-earlier-publication",
        "The earlier publication is at the address, and does not change.",
        (-60, _NHS_MAY, NOBODY),
        (1, _NHS_MAY, NOT_LIVE),
        (2, _NHS_JUNE, LIVE),
        path=_FIXED,
    ),
    several(
        "nhs-series-page",
        "The page of the series lists the publication under the upcoming ones, with its day.",
        (-60, _NHS_SERIES, NOBODY),
        (1, _NHS_SERIES, NOT_LIVE),
        path=_FIXED,
    ),
    several(
        "govscot-publication",
        "There is nothing at the address before the publication; updates replace the date of publication.",
        (-60, Reply(_govscot("Page not found", _MISSING), status=404), NOT_LIVE),
        (1, _govscot_release(JUNE), LIVE),
        (90, _govscot_release(JUNE, updated="14 July 2026"), LIVE),
    ),
    one("govscot-soft-404", "The same page with a status of success.", NOT_LIVE, _govscot("Page not found", _MISSING)),
    several(
        "govscot-earlier-publication",
        "The page of the earlier publication, which was last updated in the month of the marker.",
        (-60, _govscot_release(MAY, updated="9 June 2026"), NOBODY),
        (1, _govscot_release(MAY, updated="9 June 2026"), NOT_LIVE),
        (2, _govscot_release(JUNE), LIVE),
        path=_FIXED,
    ),
    one(
        "govscot-listed-as-forthcoming",
        "The calendar of publications lists it with its day.",
        NOBODY,
        _govscot(
            "Forthcoming publications",
            f"<h2>July 2026</h2><ul><li>House sales - 9 July 2026</li><li>{JUNE} - 14 July 2026 9:30am</li></ul>",
        ),
        reason=Reason.OTHER_SUBJECT,
    ),
    several(
        "govwales-release",
        "There is nothing at the address before the release.",
        (-60, Reply(_govwales("Page not found", _MISSING), status=404), NOT_LIVE),
        (1, _govwales_release("Road fuel prices: June 2026", "14 July 2026"), LIVE),
    ),
    several(
        "govwales-release-in-welsh",
        "The same in Welsh, with the names of months and the labels of dates in Welsh.",
        (-60, Reply(_NOT_FOUND_IN_WELSH, status=404), NOT_LIVE),
        (1, _govwales_release(_MEHEFIN, "14 Gorffennaf 2026", lang="cy"), LIVE),
    ),
    one("govwales-soft-404", "The page with a status of success.", NOT_LIVE, _govwales("Page not found", _MISSING)),
    one("govwales-soft-404-in-welsh", "The same in Welsh.", NOT_LIVE, _NOT_FOUND_IN_WELSH),
    one(
        "govwales-announced",
        "An announcement of the release at its address.",
        NOT_LIVE,
        _govwales("Road fuel prices: June 2026", "<p>Release date: 14 July 2026 9:30am</p><p>Not yet published.</p>"),
    ),
    one(
        "govwales-announced-in-welsh",
        "The same in Welsh.",
        NOT_LIVE,
        _govwales(_MEHEFIN, "<p>Dyddiad cyhoeddi: 14 Gorffennaf 2026 9:30am</p><p>Heb ei gyhoeddi eto.</p>", lang="cy"),
    ),
    several(
        "govwales-earlier-release",
        "The earlier release, first published in the month of the marker.",
        (-60, _govwales_release("Road fuel prices: May 2026", "9 June 2026"), NOBODY),
        (1, _govwales_release("Road fuel prices: May 2026", "9 June 2026"), NOT_LIVE),
        (2, _govwales_release("Road fuel prices: June 2026", "14 July 2026"), LIVE),
        path=_FIXED,
    ),
    several(
        "govwales-earlier-release-in-welsh",
        "The same in Welsh, with the title of the series in Welsh.",
        (-60, _govwales_release(_MAI, "9 Mehefin 2026", lang="cy"), NOBODY),
        (1, _govwales_release(_MAI, "9 Mehefin 2026", lang="cy"), NOT_LIVE),
        (2, _govwales_release(_MEHEFIN, "14 Gorffennaf 2026", lang="cy"), LIVE),
        path=_FIXED,
        **_IN_WELSH,
    ),
    several(
        "govwales-welsh-page-of-an-english-release",
        "Nothing on the earlier Welsh page names the series in English, so a person is asked; the release is found.",
        (-60, _govwales_release(_MAI, "9 Mehefin 2026", lang="cy"), NOBODY),
        (1, _govwales_release(_MAI, "9 Mehefin 2026", lang="cy"), NOBODY),
        (2, _govwales_release(_MEHEFIN, "14 Gorffennaf 2026", lang="cy"), LIVE),
        path=_FIXED,
        absent_before=True,
    ),
    one(
        "govwales-quarter-in-welsh",
        "Ebrill i Fehefin 2026 is April to June 2026.",
        LIVE,
        _govwales_release("Teithiau bws: Ebrill i Fehefin 2026", "14 Gorffennaf 2026", lang="cy"),
        marker="April to June 2026",
        title="Bus journeys: April to June 2026",
        series="Bus journeys",
    ),
    one(
        "govwales-month-in-the-welsh-text",
        "The title names no edition; the text does, with a mutated name of the month.",
        LIVE,
        _govwales_release(
            "Prisiau tanwydd ffyrdd",
            "14 Gorffennaf 2026",
            lang="cy",
            text="<h3>Prisiau ym Mehefin 2026</h3><p>O Fai 2026 i Fehefin 2026 cododd prisiau.</p>",
        ),
        **_IN_WELSH,
    ),
    several(
        "nisra-publication",
        "There is nothing at the address before the publication.",
        (-60, Reply(_nisra("Page not found", _MISSING), status=404), NOT_LIVE),
        (1, _nisra_release(JUNE, "14 July 2026"), LIVE),
    ),
    one("nisra-soft-404", "The page with a status of success.", NOT_LIVE, _nisra("Page not found", _MISSING)),
    several(
        "nisra-placeholder",
        "A page made ahead says when the publication will be there.",
        (-60, _nisra(JUNE, "<p>This publication will be available at 9.30am on 14 July 2026.</p>"), NOT_LIVE),
        (1, _nisra_release(JUNE, "14 July 2026"), LIVE),
    ),
    several(
        "nisra-earlier-publication",
        "The earlier publication, published in the month of the marker.",
        (-60, _nisra_release(MAY, "9 June 2026"), NOBODY),
        (1, _nisra_release(MAY, "9 June 2026"), NOT_LIVE),
        (2, _nisra_release(JUNE, "14 July 2026"), LIVE),
        path=_FIXED,
    ),
    several(
        "phs-release",
        "The heading is that of the series; the edition is in the heading below.",
        (-60, Reply(_phs("", _MISSING, heading="Page not found"), status=404), NOT_LIVE),
        (1, _phs_release("Figures for June 2026", "11 August 2026"), LIVE),
    ),
    one("phs-soft-404", "Success for a missing page.", NOT_LIVE, _phs("", _MISSING, heading="Page not found")),
    several(
        "phs-earlier-release",
        "The earlier release names the day of the next one.",
        (-60, _phs_release("Figures for May 2026", "14 July 2026"), NOBODY),
        (1, _phs_release("Figures for May 2026", "14 July 2026"), NOT_LIVE),
        (2, _phs_release("Figures for June 2026", "11 August 2026"), LIVE),
        path=_FIXED,
    ),
    one(
        "phs-forthcoming",
        "The list of forthcoming publications names it.",
        NOBODY,
        _phs(
            "",
            f"<p>All outputs will be published at 9:30am.</p><ul><li>{JUNE}<p>14 July 2026</p></li></ul>",
            heading="Forthcoming publications",
        ),
    ),
    one(
        "phs-year-of-the-marker-elsewhere",
        "The release of a week in June is another series.",
        NOBODY,
        _phs("Week ending 14 June 2026", f"<h2>Main points</h2>{PROSE}", heading="Road fuel prices weekly"),
        reason=Reason.OTHER_PERIOD,
    ),
)
