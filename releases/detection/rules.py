"""Rules that decide whether a response shows that the expected release is live, not live, or neither.

`examine` applies all rules. `PAGE_RULES` lists the rules for pages, in the order in which they are tried. To add a
reason why a page is not live, add it to `Reason` in finding.py and return it from a rule here. Then write the text that
our webpages show for the reason in releases/text/release.py, and the text for reports in breaches/rules/annex_notes.py.
docs/development.md has the complete instructions.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from releases.detection.absence import (
    Absence,
    denied_by_heading,
    find_absence,
    find_series_h1,
    hints_at_absence,
    is_log_in_heading,
    is_search_heading,
    is_search_page,
    quote_absence,
    requires_login,
    was_withdrawn_since,
)
from releases.detection.characters import decode, holds, words
from releases.detection.files import FileType, declared_type, examine_file, found_type, is_page, promised_type
from releases.detection.finding import AddressRole, CheckOutcome, Expectation, Finding, Reason, Shown, apply_answer
from releases.detection.interstitials import (
    barrier_in_heading,
    barrier_in_text,
    is_elsewhere,
    is_like_not_found,
    is_page_above,
    is_script_shell,
    leads_to,
    leads_to_gateway,
    leads_to_other_site,
    own_text,
)
from releases.detection.marker import Marker, Mention, announces_a_list, marker_of
from releases.detection.markup import TooComplex
from releases.detection.names import (
    Names,
    find_series_blocks,
    is_about_series,
    is_headed_by_series,
    is_page_of_series,
    names_an_edition,
    names_of,
    shows_series,
)
from releases.detection.page_text import PageText, read_page, stable_text
from releases.rules.canonical import sha256_hex
from releases.rules.response import NO_ANSWER, Answer, Failure

_BY_STATUS = {
    404: (CheckOutcome.NOT_LIVE, Reason.NOT_FOUND),
    410: (CheckOutcome.NOT_LIVE, Reason.GONE),
    401: (CheckOutcome.UNREACHABLE, Reason.FORBIDDEN),
    403: (CheckOutcome.UNREACHABLE, Reason.FORBIDDEN),
    429: (CheckOutcome.UNREACHABLE, Reason.RATE_LIMITED),
}
_SAYS_SOMETHING = frozenset({200, 203, 404, 410})


def examine(answer: Answer, expectation: Expectation) -> Finding:
    """Examine one response, and return whether it shows the release that is expected at its address.

    The outcomes are tried roughly in the order in which `CheckOutcome` lists them. If a page has signs both for and
    against the release, the outcome is UNRECOGNISED. A person then decides. Until then, the page is not evidence of a
    breach.
    """
    if answer.failure is not None:
        reason = Reason(answer.failure.value)
        if answer.failure is Failure.BROWSER:
            return Finding(CheckOutcome.OBSERVER_FAULT, (reason,))
        if expectation.controls_fail and answer.failure in NO_ANSWER:
            return Finding(CheckOutcome.OBSERVER_FAULT, (reason, Reason.CONTROLS_FAIL))
        return Finding(CheckOutcome.UNREACHABLE, (reason,))
    if by_status := _by_status(answer):
        return by_status
    if answer.left_allowed_hosts and expectation.controls_fail:
        return Finding(CheckOutcome.OBSERVER_FAULT, (Reason.OTHER_HOST, Reason.CONTROLS_FAIL))
    if elsewhere := _ended_elsewhere(answer):
        return elsewhere
    if expectation.role is AddressRole.ATTACHMENT:
        return _examine_attachment(answer, expectation)
    return _examine_page(answer, expectation)


def _by_status(answer: Answer) -> Finding | None:
    status = answer.status
    if status is None:
        return Finding(CheckOutcome.UNREACHABLE, (Reason.BROKEN,))
    if status in _BY_STATUS:
        result, reason = _BY_STATUS[status]
        return Finding(result, (reason,))
    if status >= 500:
        return Finding(CheckOutcome.UNREACHABLE, (Reason.SERVER_ERROR,))
    if status >= 400:
        return Finding(CheckOutcome.UNREACHABLE, (Reason.CLIENT_ERROR,))
    if status < 200 or (status >= 300 and not answer.left_allowed_hosts):
        return Finding(CheckOutcome.UNREACHABLE, (Reason.UNEXPECTED_STATUS,))
    return None


def _ended_elsewhere(answer: Answer) -> Finding | None:
    final, requested = answer.final_url or answer.requested_url, answer.requested_url
    reason = is_elsewhere(final, requested=requested)
    if not answer.left_allowed_hosts:
        return Finding(CheckOutcome.NOT_LIVE, (reason,)) if reason else None
    # We are not allowed to send requests to the other host, and its address alone does not show what readers find
    # there.
    if reason is Reason.LOG_IN:
        return Finding(CheckOutcome.UNRECOGNISED, (Reason.OTHER_HOST, Reason.LOG_IN))
    if leads_to_gateway(final, requested=requested):
        return Finding(CheckOutcome.UNRECOGNISED, (Reason.OTHER_HOST, Reason.OBSTACLE))
    return Finding(CheckOutcome.UNRECOGNISED, (Reason.OTHER_HOST,))


def read_not_found_text(answer: Answer) -> str:
    """Return the folded text of a site's page for missing addresses, for `Expectation.not_found_text`.

    Return an empty string if the response is anything else: a failed request, a refusal, a server error, an error page,
    a file, an empty page that scripts fill, a bot challenge, a consent request, a log-in page, or another page to which
    the site redirected the request. The text has at most 20,000 characters.

    :param answer: the response of the site for an address that cannot exist.
    """
    if answer.failure is not None or answer.status not in _SAYS_SOMETHING or _ended_elsewhere(answer):
        return ""
    if found_type(answer.body) is not FileType.HTML:
        return ""
    try:
        page = read_page(decode(answer.body, charset=answer.charset))
    except TooComplex:
        return ""
    nobody = names_of(marker="", release_title="", series_title="")
    if is_script_shell(page) or page.leads_on_to or requires_login(page, nobody, has_marker=False):
        return ""
    is_barred = barrier_in_heading(page, nobody) or barrier_in_text(page, nobody)
    return "" if is_barred and not denied_by_heading(page, nobody) else own_text(page)


_SAY_NOTHING_OF_THE_FILE = frozenset({
    Reason.OBSTACLE, Reason.CONSENT, Reason.FAULT_TEXT, Reason.NEGATIVE_MARKER, Reason.LIKE_NOT_FOUND, Reason.LEADS_ON,
})  # fmt: skip
"""If the finding for a page at the address of a file has one of these reasons, the page does not show whether the file
is published."""
_NOT_THE_ATTACHMENT = frozenset({
    Reason.SCRIPT_SHELL, Reason.EMPTY, Reason.OTHER_EDITION, Reason.STILL_TO_COME, Reason.LOG_IN, Reason.SEARCH,
})  # fmt: skip
"""If the finding for an HTML attachment has one of these reasons, readers may not see the attachment, so it does not
count as live."""


def _examine_attachment(answer: Answer, expectation: Expectation) -> Finding:
    if not answer.body.strip():
        return Finding(CheckOutcome.UNRECOGNISED, (Reason.EMPTY,))
    if not is_page(answer.body, declared=declared_type(answer.content_type)):
        return examine_file(answer, expectation)
    # The response is a webpage, so examine it as one. If the address implies no file type, the attachment may be an
    # HTML page, so the result of the examination is final.
    promised = promised_type(expectation.url)
    signs = _read_signs(answer, expectation)
    shown = _examine_signs(signs) if isinstance(signs, PageSigns) else signs
    settled = shown.result in {CheckOutcome.NOT_LIVE, CheckOutcome.UNREACHABLE}
    settled = settled or Reason.CONFIRMED_BY_PERSON in shown.reasons
    if promised is None or settled or _SAY_NOTHING_OF_THE_FILE & set(shown.reasons):
        return shown
    if promised is not FileType.HTML:
        if _may_be_bot_challenge(shown, answer):
            return shown
        return replace(shown, result=CheckOutcome.NOT_LIVE, reasons=(Reason.WRONG_TYPE,))
    # An HTML attachment may name neither the edition nor the series, so a page at its address is live if nothing
    # contradicts it.
    if _NOT_THE_ATTACHMENT & set(shown.reasons):
        return shown
    says_absent = isinstance(signs, PageSigns) and signs.says_absent
    if against := Reason.NEGATIVE_MARKER if says_absent else _redirected_to(answer):
        reasons = tuple(dict.fromkeys((*shown.reasons, against)))
        return replace(shown, result=CheckOutcome.UNRECOGNISED, reasons=reasons)
    return replace(shown, result=CheckOutcome.LIVE, reasons=(Reason.RIGHT_TYPE,))


def _may_be_bot_challenge(shown: Finding, answer: Answer) -> bool:
    """Return whether a page that only a script fills may be a bot challenge instead of the site's own page.

    Bot challenges that are only a script have no title (AWS WAF, Imperva), and some have the status 202 (AWS WAF).
    """
    return Reason.SCRIPT_SHELL in shown.reasons and (answer.status != 200 or not shown.title)


def _redirected_to(answer: Answer) -> Reason | None:
    """Return the kind of page to which an HTML attachment redirected, or None if it did not redirect."""
    final, requested = answer.final_url or answer.requested_url, answer.requested_url
    if _normalise_path(final) == _normalise_path(requested):
        return None
    return Reason.PAGE_ABOVE if is_page_above(final, requested=requested) else Reason.OTHER_PAGE


_END_OF_PATH = re.compile(r"(?:/index)?\.html?$|/$")


def _normalise_path(url: str) -> str:
    """Return the path of an address without an ending that many sites remove by a redirect, such as ".html"."""
    return _END_OF_PATH.sub("", urlsplit(url).path.lower())


@dataclass(frozen=True, slots=True)
class PageSigns:
    """The features of a page that the rules use.

    `place` is where the marker was found, and `mention` is how clearly the page mentions the edition there. `own_h1` is
    the first h1 that clearly names the edition, and `series_h1` the first h1 that names the series. Their texts are
    folded. `says_absent` is how certainly the page says that the release is absent. `absent_text` is the text that says
    so. It may be empty unless `says_absent` is CERTAIN.
    """

    answer: Answer
    expectation: Expectation
    page: PageText
    digest: str
    names: Names
    marker: Marker
    place: Reason | None
    mention: Mention
    says_absent: Absence
    own_h1: str = ""
    series_h1: str = ""
    absent_text: str = ""

    @property
    def is_clear(self) -> bool:
        return self.mention is Mention.CLEAR

    @property
    def in_title(self) -> bool:
        return self.is_clear and self.place is Reason.MARKER_IN_TITLE

    @property
    def main_h1(self) -> str:
        return self.own_h1 or self.series_h1

    @property
    def in_heading(self) -> bool:
        return self.is_clear and self.place is not Reason.MARKER_IN_TEXT

    @property
    def place_alone(self) -> tuple[Reason, ...]:
        return (self.place,) if self.place else ()


def find_signs(page: PageText, digest: str, answer: Answer, expectation: Expectation) -> PageSigns:
    names = names_of(
        marker=expectation.marker,
        release_title=expectation.release_title,
        series_title=expectation.series_title,
        negative_markers=expectation.negative_markers,
    )
    marker = marker_of(names, release_title=expectation.release_title, due_on=expectation.due_on)
    place, mention = _find(marker, page)
    if (
        mention is Mention.CLEAR
        and place is Reason.MARKER_IN_TEXT
        and _is_in_passing(marker, page, digest, answer, expectation)
    ):
        mention = Mention.PASSING
    is_clear = mention is Mention.CLEAR
    own_h1 = next((h1 for h1 in page.headings[1:] if marker.in_heading(h1) is Mention.CLEAR), "")
    series_h1 = find_series_h1(page, names)
    absent = find_absence(
        page,
        names,
        marker_in_heading=is_clear and place is not Reason.MARKER_IN_TEXT,
        marker_in_text=is_clear and place is Reason.MARKER_IN_TEXT,
        main_h1=own_h1 or (series_h1 if is_clear and place is Reason.MARKER_IN_TITLE else ""),
        due_on=expectation.due_on,
        is_translation=expectation.is_translation,
    )
    return PageSigns(
        answer, expectation, page, digest, names, marker, place, mention, absent.absence, own_h1, series_h1, absent.text
    )


def _is_in_passing(marker: Marker, page: PageText, digest: str, answer: Answer, expectation: Expectation) -> bool:
    """Return whether a page may mention the edition without being the page of this edition.

    Before the due time, return True if only one block clearly mentions the edition, and this block is a passage of body
    text. Publishers may add such a sentence to the page of the previous edition. After the due time, return True if the
    page already had the same text before the due time.
    """
    if expectation.due_at is None or answer.completed_at >= expectation.due_at:
        return digest in expectation.texts_before
    return marker.in_passing(page.own_blocks)


def _find(marker: Marker, page: PageText) -> tuple[Reason | None, Mention]:
    title, *headings = page.headings
    in_title = marker.in_heading(title)
    in_headings = max(map(marker.in_heading, headings), default=Mention.NONE)
    in_text = marker.in_text(page.own_blocks)
    places = (
        (Reason.MARKER_IN_TITLE, in_title),
        (Reason.MARKER_IN_HEADING, in_headings),
        (Reason.MARKER_IN_TEXT, in_text),
    )
    place, mention = max(places, key=lambda each: each[1])
    return (place, mention) if mention else (None, mention)


_HEADING = 120
"""A text block is treated as a possible heading only if it has fewer characters than this."""


def find_doubt(signs: PageSigns) -> Reason | None:
    """Return a reason to doubt that a page with the marker is the page of the release, or None."""
    headings = signs.page.headings[1:]
    # If the title or an h1 has the marker, look for other editions only in the h1s. A site may change the title before
    # it publishes the page, but readers rely on the h1.
    checked = headings if signs.in_heading else signs.page.headings
    if not signs.own_h1 and signs.marker.others(
        heading for heading in checked if names_an_edition(heading, signs.names)
    ):
        return Reason.OTHER_EDITION
    if not headings and signs.in_heading and _shows_another_edition(signs):
        return Reason.OTHER_EDITION
    if not is_about_series(signs.page, signs.names) or _is_listing(signs):
        return Reason.OTHER_SUBJECT
    final, requested = signs.answer.final_url or signs.answer.requested_url, signs.answer.requested_url
    if is_page_above(final, requested=requested) and not signs.in_heading:
        return Reason.PAGE_ABOVE
    # The front page of another site may be the release's own site, or only announce the release.
    if leads_to_other_site(final, requested=requested):
        return Reason.HOME_PAGE
    return _headed_as_another_page(signs)


def _headed_as_another_page(signs: PageSigns) -> Reason | None:
    """Return a reason if an h1 of a page with the marker says that the page is a search or log-in page.

    Such an h1 may also be above a form next to the release. So it does not count if another h1 names the edition, or if
    the title names the edition and another h1 names the series. But a page with a password field may show its form
    instead of the release, so there only an h1 that names the edition is enough.
    """
    if signs.own_h1:
        return None
    title, *h1s = signs.page.headings
    is_headed = signs.in_title and bool(signs.series_h1)
    if any(is_log_in_heading(h1, signs.names) for h1 in h1s) and not (is_headed and not signs.page.has_password_field):
        return Reason.LOG_IN
    if any(is_search_heading(h1, signs.names) for h1 in h1s) and not (
        is_headed and not is_search_heading(title, signs.names)
    ):
        return Reason.SEARCH
    return None


def _shows_another_edition(signs: PageSigns) -> bool:
    if signs.marker.in_text(signs.page.own_blocks) is Mention.CLEAR:
        return False
    return bool(
        signs.marker.others(text for text in find_series_blocks(signs.page, signs.names) if len(text) < _HEADING)
    )


def _is_listing(signs: PageSigns) -> bool:
    """Return whether a page lists releases, as a monthly calendar or an archive does.

    A page that is headed by the series (see `is_headed_by_series`) is not a list. Other pages are lists in two cases:

    - An h1 announces a list, and neither the title nor an h1 has the marker.
    - The page names the series, and every text that names the series also names another period.
    """
    if is_headed_by_series(signs.page, signs.names):
        return False
    if not signs.in_heading and any(map(announces_a_list, signs.page.headings[1:])):
        return True
    naming = find_series_blocks(signs.page, signs.names)
    return bool(naming) and all(signs.marker.others([text]) for text in naming)


_SHOWN_AS_PAGES = frozenset({None, FileType.HTML})
_THIN = 600


def _examine_page(answer: Answer, expectation: Expectation) -> Finding:
    signs = _read_signs(answer, expectation)
    return _examine_signs(signs) if isinstance(signs, PageSigns) else signs


def _read_signs(answer: Answer, expectation: Expectation) -> PageSigns | Finding:
    """Return the features of a page, or a finding if they do not matter or the page cannot be read."""
    found, declared = found_type(answer.body), declared_type(answer.content_type)
    if found not in {FileType.HTML, FileType.TEXT} or (found is FileType.HTML and declared not in _SHOWN_AS_PAGES):
        digest = sha256_hex(answer.body)
        unread = Finding(CheckOutcome.UNRECOGNISED, (Reason.FILE_FOR_PAGE,), digest)
        return apply_answer(digest, "", expectation) or unread
    try:
        page = read_page(decode(answer.body, charset=answer.charset))
    except TooComplex:
        return Finding(CheckOutcome.UNREACHABLE, (Reason.TOO_DEEP,))
    text = stable_text(page)
    digest = sha256_hex(text.encode(errors="replace")) if text else ""
    if decided := apply_answer(digest, page.title, expectation):
        return decided
    return find_signs(page, digest, answer, expectation)


def _examine_signs(signs: PageSigns) -> Finding:
    answer, expectation, page = signs.answer, signs.expectation, signs.page
    result, reasons = next(shown for rule in PAGE_RULES if (shown := rule(signs)))
    if not page.styles_known and reasons != (Reason.MARKER_IN_TITLE,) and result is not CheckOutcome.UNRECOGNISED:
        result, reasons = CheckOutcome.UNRECOGNISED, (*reasons, Reason.STYLES_UNREAD)
    # Scripts may show a release that the response does not contain, so NOT_LIVE is not reliable after the due time.
    # Before the due time, NOT_LIVE is not changed, because it cannot make a release count as late. The page's text is
    # only compared with later texts.
    is_due = expectation.due_at is None or answer.completed_at >= expectation.due_at
    if expectation.needs_scripts and page.has_script and is_due and result is CheckOutcome.NOT_LIVE:
        result, reasons = CheckOutcome.UNRECOGNISED, (*reasons, Reason.CHANGED_BY_SCRIPT)
    is_absent = result is CheckOutcome.NOT_LIVE and Reason.NEGATIVE_MARKER in reasons
    said = quote_absence(signs.absent_text, names=signs.names) if is_absent else ""
    return Finding(result, reasons, signs.digest, page.title, words=said)


def _log_in_or_barrier(signs: PageSigns) -> Shown | None:
    page, names = signs.page, signs.names
    if requires_login(page, names, has_marker=signs.is_clear, main_h1=signs.main_h1, marker_in_title=signs.in_title):
        return CheckOutcome.NOT_LIVE, (Reason.LOG_IN,)
    if target := leads_to(page.leads_on_to, signs.answer):
        return _led_on(target, signs)
    barrier = None if signs.in_heading else barrier_in_heading(page, names)
    if barrier and not (barrier is Reason.CONSENT and _shows_more_than_consent(signs)):
        if denied_by_heading(page, names):
            return CheckOutcome.NOT_LIVE, (Reason.NEGATIVE_MARKER,)
        return CheckOutcome.UNRECOGNISED, (barrier,)
    return None


def _led_on(target: str, signs: PageSigns) -> Shown | None:
    requested = signs.answer.requested_url
    # If the target is on another host, its content is unknown, because we did not request it.
    is_same_host = urlsplit(target).hostname == urlsplit(requested).hostname
    if is_same_host and (reason := is_elsewhere(target, requested=requested)):
        return CheckOutcome.NOT_LIVE, (reason,)
    thin = signs.page.own_length < _THIN
    return (CheckOutcome.UNRECOGNISED, (Reason.LEADS_ON,)) if thin else None


def _absent(signs: PageSigns) -> Shown | None:
    if is_search_page(signs.page, signs.names, main_h1=signs.main_h1, marker_in_title=signs.in_title):
        return CheckOutcome.NOT_LIVE, (Reason.SEARCH,)
    if signs.says_absent is not Absence.CERTAIN:
        return None
    due_on = signs.expectation.due_on
    if signs.in_heading and due_on and was_withdrawn_since(signs.page, signs.names, due_on=due_on):
        return CheckOutcome.NOT_LIVE, (Reason.NEGATIVE_MARKER, Reason.WITHDRAWN)
    return CheckOutcome.NOT_LIVE, (Reason.NEGATIVE_MARKER,)


def _in_place_of_the_page(signs: PageSigns) -> Shown | None:
    if is_script_shell(signs.page):
        return CheckOutcome.UNRECOGNISED, (*(signs.place_alone or _declared(signs)), Reason.SCRIPT_SHELL)
    barrier = barrier_in_text(signs.page, signs.names)
    if barrier and not (barrier is Reason.CONSENT and _shows_more_than_consent(signs)):
        return CheckOutcome.UNRECOGNISED, (*signs.place_alone, barrier)
    return None


def _shows_more_than_consent(signs: PageSigns) -> bool:
    """Return whether a page with a request for consent also shows the edition.

    A short page may name the edition only as the page to which readers continue.
    """
    return signs.in_heading or (signs.is_clear and signs.page.own_length >= _THIN)


def _like_not_found(signs: PageSigns) -> Shown | None:
    """Recognise the site's own page for missing addresses.

    A script shell, a bot challenge or a page that asks readers to accept terms also looks the same at every address. So
    similarity alone does not show that the release is absent. In addition, either the page's text must say so, or the
    site must use the status 404 or 410 for missing addresses.
    """
    known = signs.expectation
    if not known.not_found_text or not is_like_not_found(own_text(signs.page), known.not_found_text, url=known.url):
        return None
    # A short page in a long template also resembles the page for missing addresses. So if the page names the series,
    # the site's status is not enough. The page's own text must say that the release is absent.
    certain = known.not_found_certain and not is_page_of_series(signs.page, signs.names)
    is_absent = certain or signs.says_absent or hints_at_absence(signs.page, signs.names)
    shown_for_any = signs.place is Reason.MARKER_IN_TEXT and holds(words(known.not_found_text), signs.names.marker)
    if is_absent and (shown_for_any or not signs.is_clear):
        return CheckOutcome.NOT_LIVE, (Reason.LIKE_NOT_FOUND,)
    return CheckOutcome.UNRECOGNISED, (*signs.place_alone, Reason.LIKE_NOT_FOUND)


def _there(signs: PageSigns) -> Shown | None:
    if not signs.is_clear or signs.place is None:
        return None
    if signs.says_absent:
        return CheckOutcome.UNRECOGNISED, (signs.place, Reason.NEGATIVE_MARKER)
    if against := find_doubt(signs):
        return CheckOutcome.UNRECOGNISED, (signs.place, against)
    return CheckOutcome.LIVE, (signs.place,)


def _not_there(signs: PageSigns) -> Shown:
    in_text_at_most = signs.place in {None, Reason.MARKER_IN_TEXT}
    # A script or an external style sheet may show the hidden marker to readers.
    if in_text_at_most and signs.marker.in_text(signs.page.hidden) is Mention.CLEAR:
        return CheckOutcome.UNRECOGNISED, (*signs.place_alone, Reason.MARKER_HIDDEN)
    known = signs.digest in signs.expectation.texts_not_live
    # If an unchanged text mentions the edition, the text may have been the release all along.
    named = signs.mention is Mention.PASSING
    if known and in_text_at_most and not named and shows_series(signs.page, signs.names):
        # The content of a frame may be new even if the page around the frame has not changed.
        if signs.page.has_frame:
            return CheckOutcome.UNRECOGNISED, (Reason.UNCHANGED, Reason.EMBEDDED)
        return CheckOutcome.NOT_LIVE, (Reason.UNCHANGED,)
    if in_text_at_most and _led_to_an_earlier_edition(signs):
        return CheckOutcome.NOT_LIVE, (Reason.OTHER_EDITION,)
    return CheckOutcome.UNRECOGNISED, _why_unrecognised(signs)


def _led_to_an_earlier_edition(signs: PageSigns) -> bool:
    """Return whether a check before the due time was redirected to a page of an earlier edition.

    After the due time, always return False. Some publishers name an edition after the month of its figures, so an
    earlier month in a heading may belong to this edition. So after the due time, a page is identified as an earlier
    edition only if it already had the same text before the due time.
    """
    due_at = signs.expectation.due_at
    if due_at is not None and signs.answer.completed_at >= due_at:
        return False
    final, requested = (urlsplit(url).path.rstrip("/") for url in (signs.answer.final_url, signs.answer.requested_url))
    others = signs.marker.others(signs.page.headings)
    return final != requested and bool(others) and all(each.last <= signs.marker.sought[0].first for each in others)


def _why_unrecognised(signs: PageSigns) -> tuple[Reason, ...]:
    why = {
        Mention.TO_COME: Reason.STILL_TO_COME,
        Mention.COMMON: Reason.COMMON_MARKER,
        Mention.PASSING: Reason.MENTIONED_ONCE,
        Mention.OTHER_PERIOD: Reason.OTHER_PERIOD,
    }
    if signs.mention in why:
        return (*signs.place_alone, why[signs.mention])
    return _declared(signs) or (Reason.NO_MARKER if signs.digest else Reason.EMPTY,)


def _declared(signs: PageSigns) -> tuple[Reason, ...]:
    """Return a reason for each kind of metadata in which a page clearly names the edition.

    Metadata alone proves nothing, so a person is asked.
    """
    places = (
        (Reason.MARKER_IN_META, signs.page.meta),
        (Reason.MARKER_IN_LINKED_DATA, signs.page.linked_data),
    )
    return tuple(
        reason for reason, texts in places if any(signs.marker.in_heading(text) is Mention.CLEAR for text in texts)
    )


PAGE_RULES: tuple[Callable[[PageSigns], Shown | None], ...] = (
    _log_in_or_barrier,
    _absent,
    _in_place_of_the_page,
    _like_not_found,
    _there,
    _not_there,
)
"""The rules for pages. They are tried in this order until one returns a result."""
