"""Signs that a release is absent from its page, such as "coming soon" or a log-in form."""

import re
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from enum import IntEnum
from typing import NamedTuple

from releases.detection.characters import holds, words
from releases.detection.names import EDITION, SERIES, Names, names_series, periods
from releases.detection.page_text import Block, PageText, Place

_STATE = r"(?:withdrawn|cancell?ed|postponed|unpublished)"
_SPENT = r"(?:withdrawn|cancell?ed|unpublished)"
_OUT = r"(?:published|released|issued|available|live)"
_NOT = r"(?: not|n't)"
_IS = r"(?:(?:has|have)(?: now)? been|(?:is|are|was|were)(?: now| currently)?)"
_WEEKDAY = r"(?:mon|tues|wednes|thurs|fri|satur|sun)day"
_TIME_OF_DAY = "◷"
"""The placeholder for a time of day in statements of absence. A time such as "9:30am" is not a day."""
_DAY_FOLLOWS = rf"(?= (?:on )?(?:the )?(?:\d|{_WEEKDAY}))"
# The time zone belongs to the time, and so does a sign between the time and the day.
_CLOCK = re.compile(
    r"(?<= )(?:"
    rf"\d{{1,2}}(?:\.[0-5]\d| : [0-5]\d)?(?: : [0-5]\d)? (?:[ap]m|[ap] \. m(?: \.{_DAY_FOLLOWS})?)"
    r"|\d{1,2} o'clock"
    r"|(?:(?<= at )|(?<= from )|(?<= for ))(?:[01]?\d|2[0-3])(?:\.| : )[0-5]\d"
    r"|(?<= at )(?:[01]\d|2[0-3])[0-5]\d"
    r")"
    r"(?: (?:\( )?(?:bst|gmt|utc|(?:uk|local|london) time)(?: \))?)?"
    rf"(?: [(–]{_DAY_FOLLOWS})?(?= )"
)
_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    r"|nov(?:ember)?|dec(?:ember)?)"
)
_DAY = rf"(?:the )?(?:\d[^ ]*+(?: (?:st|nd|rd|th)(?= |$))?+|{_WEEKDAY})(?= |$)"
# The words after a number or a weekday that show that it is not one certain day, as in "6 weeks after the month" and
# "on the 15th of each month".
_NOT_ONE_DAY = re.compile(
    r" (?:working |calendar )?(?:minute|hour|day|week|month|quarter|year)s?(?= |$)"
    rf"|(?: (?:{_MONTH}|{_WEEKDAY}))?(?: at {_TIME_OF_DAY})?(?: (?:of|in))? (?:each|every) "
)
_RECURRING = re.compile(
    r" (?:(?:each|every)(?: (?:calendar|working|financial|reference|other|first|second|third|fourth|last|few|two|three"
    r"|four|five|six|ten|twelve|\d+))?"
    rf" (?:(?:day|week|fortnight|month|quarter|year|half|spring|summer|autumn|winter|edition|release|time)s?"
    rf"|{_WEEKDAY}|{_MONTH})"
    rf"|{_WEEKDAY}s|(?:once|twice|times) (?:an?|per)"
    # "Monthly" before a noun, as in "monthly tables", says nothing about the publication of this release.
    r"|(?:daily|weekly|fortnightly|monthly|quarterly|annually|yearly)"
    r"(?= $| (?:basis|on|at|from|in|by|and|until|,|\)) )"
    r")(?= )"
)
_ADJECTIVE = r"(?:official|accredited|national|experimental|new|statistical|statistics)"
_NOUN = rf"(?:{_ADJECTIVE} )*(?:page|publication|release|report|bulletin|statistics|document|edition|announcement|item)"
_THIS = rf"(?:{EDITION}|(?:this|these) (?:{_NOUN}|figures|data|content)|the {_NOUN})"
_NOT_AS_SUCH = r"(?! (?:as|from) (?:(?:an?|the) )?(?:list of )?(?:national|accredited|official|experimental) )"
"""Exclude phrases such as "withdrawn as National Statistics". A release that loses this status may still be
published."""
_NOT_IN_PART = (
    r"(?! (?:before(?:$| (?:,|at|in|by|for) )|previously|since |on paper|in print|at this level"
    r"|in (?:this|such) (?:form|way|detail)"
    r"|(?:in|for|by|at) (?:all|some|most|other|each|individual|smaller|local|regional|regions?|areas?|countr(?:y|ies)"
    r"|england|wales|scotland|northern ireland|great britain|english|welsh|gaelic|pdf|html|csv|excel)(?: |$)))"
)
"""Exclude phrases such as "not published before" and "not published in Welsh". They do not mean that the release is
absent."""
_REASONS = r"for (?:[^ ]+ )?reasons"
_NO_MORE = (
    r"(?=$| (?:until(?! (?:now|this))|and|but|,|because|due|owing|as (?:planned|scheduled|expected)"
    rf"|{_REASONS}|for {EDITION})(?= |$))"
)
"""The end of a sentence, or words that do not limit the statement to a part of the release."""
_UNPUBLISHED = (
    rf"(?:{_THIS} (?:(?:has|have)(?: still)?(?:{_NOT}(?: yet)? been| yet to be)"
    rf"|(?:is|are)(?: still)?(?:{_NOT} (?:yet|currently)| yet to be)) {_OUT}(?: to (?:download|view|read))?"
    rf"|we(?: have{_NOT}|'ve not)(?: yet)? (?:published|released|issued) {_THIS})(?: here| on this page)?(?: yet)?"
)
# Welsh for "this release", for words that limit a sentence, such as "monthly" and "in English", and for "withdrawn",
# "cancelled" or "postponed".
_THIS_IN_WELSH = rf"(?:'r| yr?)?(?: {EDITION}|(?: [^ ]+){{1,3}} h(?:wn|yn|on))"
_NOT_IN_PART_IN_WELSH = (
    r"(?! (?:bob|ar gyfer|ar bapur|yn (?:wythnosol|fisol|chwarterol|flynyddol|gymraeg|saesneg))(?: |$))"
)
_STATE_IN_WELSH = r"wedi(?:'i| ei|'u| eu) (?:[dt]h?ynnu yn ôl|(?:c|ch|g)anslo|g?ohirio)"

_LABEL = re.compile(
    rf"(?:(?:this |these |the )?{_NOUN} )?(?:(?:has|have) been |is |are |was |were )?(?:now )?{_STATE}(?: on .*)?"
    r"|coming (?:very )?soon|(?:not yet|yet to be) (?:published|available|released)"
    r"|not (?:published|available|released) yet|to be (?:published|released|announced)"
    r"|(?:content|details|data|figures|tables|text|bulletin|report|more)(?: is| are)? (?:to follow|to come)"
    r"|(?:release |publication )?(?:expected|due|scheduled)(?: for)?(?: release| publication)?"
    r"|awaiting publication|forthcoming|upcoming(?: , not yet (?:published|available|released))?"
    r"|(?:page )?under construction|watch this space|to follow|(?:content |text )?to be added|placeholder(?: text)?"
    r"|(?:error |http |gwall )?404(?: error)?(?: not found| page not found)?|(?:page )?not found"
    r"|(?:(?:official|accredited|national) )*(?:statistics )?(?:release )?announcement"
    # Welsh: page not found, not yet published, not yet available, coming soon, withdrawn, cancelled, postponed
    r"|tudalen heb ei chanfod|(?:ddim|heb ei|heb eu) (?:gyhoeddi|chyhoeddi|cyhoeddi)(?: eto)?|ddim ar gael eto"
    rf"|yn dod yn fuan|tynnwyd yn ôl|{_STATE_IN_WELSH}"
)


def _when(before: str) -> str:
    """Return a pattern for a day or a time of day, or both, after a preposition."""
    named = rf"(?:{_DAY}|(?:today|tomorrow|{EDITION})(?= |$))"
    return rf"{before}(?:{_DAY}|{_TIME_OF_DAY}(?:(?: here| on this page)?(?: ,)?(?: on)? {named})?)"


# Sentences that show with certainty that this release is absent (`Absence.CERTAIN`).
_STATEMENT = re.compile(
    rf"{_THIS} (?:"
    rf"{_IS} {_SPENT}{_NOT_AS_SUCH}"
    r"(?=$| (?:on|by|because|due|as|following|pending|until|and|since|,|while|at|in|after|from publication"
    rf"|{_REASONS})(?= |$))"
    rf"|(?:is|are)(?: still)?{_NOT} {_OUT}(?: yet)?(?=$| (?:until|and|but|,) )"
    r"|(?:is|are)(?: still)? (?:coming soon|forthcoming|upcoming|awaiting publication)"
    r"|(?:is|are) (?:due|scheduled|expected)(?: out| to be (?:published|released)| for (?:publication|release))?"
    rf" {_when('(?:on|at|for) ')}"
    r"|(?:is|are)(?: still| currently)? (?:under construction|being prepared)"
    rf"|will be (?:made )?{_OUT}(?: to (?:download|view|read))?(?: here| on this page)?"
    rf"(?:$| (?:soon|shortly|in due course){_NO_MORE}| {_when('(?:on |at |from )?')})"
    rf"|(?:will not|won't) be {_OUT}(?: here| on this page)? until {_when('(?:on )?')}"
    r")"
    rf"|{_UNPUBLISHED}{_NO_MORE}"
    rf"|we(?:'ll| will| shall| plan to| expect to| intend to|(?: are|'re) due to) (?:publish|release|issue) {_THIS}"
    rf"(?: here| on this page)?(?:$| (?:soon|shortly|in due course){_NO_MORE}| {_when('(?:on |at )?')})"
)
# After a day and a time, the words that limit a statement to a translation, as in "will be published on 21 July 2026 in
# Welsh". "In Welsh and English" does not limit it.
_IN_ANOTHER_LANGUAGE = re.compile(
    r"(?: (?:on this page|here|until|on|at|from|the|of|[,/-]|\d[^ ]*|st|nd|rd|th"
    rf"|{_MONTH}|{_WEEKDAY}|{_TIME_OF_DAY}|{EDITION}))*+"
    r" in (?:the )?(?:welsh|(?:scottish )?gaelic|irish|ulster scots)"
    r"(?=$| (?:language|only|and|,|because|until)(?: |$))(?!.* english(?: |$))"
)
_IN_WELSH = re.compile(r" in (?:the )?welsh(?: language)?(?= |$)")
_WITHDRAWN = re.compile(r" (?:withdrawn|unpublished|tynnwyd yn ôl|(?:tynnu|dynnu|thynnu) yn ôl) ")
_FORETELLING = re.compile(
    rf"the {_NOUN} (?:will be|is due|are due|is scheduled|are scheduled|is expected|are expected) "
)
_STILL_TO_COME = re.compile(
    rf" (?:\d{{4}}|{EDITION}) (?:, )?(?:at )?\d{{1,2}}(?:\.\d\d| : \d\d)? (?:am|pm) \( (?:confirmed|provisional) \) "
)
_LOST = r"(?:page|publication|document|content|resource|url)"
_NOT_FOUND = re.compile(
    r" (?:page|file) not found | no such (?:page|file) "
    rf"| {_LOST}(?: [^ ]+){{0,7}}? (?:(?:cannot|can't|could{_NOT}|was{_NOT}) be|was{_NOT}) found "
    rf"| (?:cannot|can not|can't|could{_NOT}|unable to) find (?:the|that|this|your) "
    r"(?:page|publication|document|content) "
    r"| (?:page|publication|document|content|file|key|object|blob)(?: [^ ]+){0,6}? "
    rf"(?:does{_NOT} exist|no longer exists) "
    r"| (?:(?:ni allwn ddod|ni ddaethpwyd|heb ddod) o hyd|ni chafwyd hyd) i(?:'r| y) (?:dudalen|ddogfen|cyhoeddiad) "
)
_CONDITION = re.compile(r" (?:if|when|where|unless|for which)(?: (?![.!?;|•·] )[^ ]+)*")
# Phrases that may mean that this release is absent (`Absence.POSSIBLE`). A person decides, unless another sign on the
# page shows the absence with certainty.
_UNSURE = re.compile(
    rf" coming soon |(?:{_NOT} (?:yet|been|yet been)| yet to be) {_OUT} |{_NOT} {_OUT} yet "
    rf"| (?:has|have) been {_STATE} "
    r"| will be (?:published|released) (?:on|at|soon|shortly) "
    r"| (?:next|forthcoming|upcoming|future) (?:release|edition|publication|update) "
    rf"| (?:ar gael|(?:g|ch?)yhoeddi) eto | {_STATE_IN_WELSH} "
)
_HELD = re.compile(
    rf"{_THIS} {_IS} (?:delayed|postponed|rescheduled"
    r"|put back|discontinued|suspended|superseded|moved|under review|unavailable"
    r"|an? (?:draft|preview|test|placeholder|dummy))(?! from )"
    rf"|{_THIS} (?:has|have)(?: now)? moved|this is (?:only )?an? (?:draft|preview|test|placeholder|dummy)"
    r"|(?:strictly )?(?:embargoed?|under embargo)(?= until | to | for |$)|(?:for|in) preview only|not for publication"
    # These may be about only a part of the release, or about another edition.
    rf"|{_THIS} {_IS} {_SPENT}{_NOT_AS_SUCH} (?:for|from) |{_UNPUBLISHED}{_NOT_IN_PART}"
    rf"|{_THIS} (?:will not|won't) be {_OUT}{_NOT_IN_PART}"
    # Welsh: will be published, is published on, is not published or available, has been cancelled
    rf"|(?:bydd{_THIS_IN_WELSH} (?:yn cael (?:ei|eu) (?:g|ch?)yhoeddi|ar gael)"
    rf"|caiff{_THIS_IN_WELSH} (?:ei|eu) (?:g|ch?)yhoeddi|cyhoeddir{_THIS_IN_WELSH} (?:ar|am) \d"
    rf"|nid yw{_THIS_IN_WELSH} (?:wedi(?:'i| ei|'u| eu) (?:g|ch?)yhoeddi|ar gael)"
    rf"|mae{_THIS_IN_WELSH} {_STATE_IN_WELSH}){_NOT_IN_PART_IN_WELSH}"
)
_WAITING = re.compile(
    r" (?:release date|expected (?:on |at |by )?(?:the )?\d{1,2}|due (?:on|at|out|for)|available (?:from|on|at)"
    r"|no (?:data|figures) (?:are )?(?:yet )?available|(?:data|figures) (?:are )?not (?:yet )?available"
    r"|delayed|rescheduled|to be confirmed) "
)
_IT_IS_NOT_OUT = re.compile(
    rf"it(?:'s| is| has)(?: still)?(?:{_NOT}(?: yet)?(?: been)?| yet to be) {_OUT}(?: here| on this page)?(?: yet)?"
    rf"{_NO_MORE}"
)
_THIS_BY_NAME = re.compile(rf"(?:this (?:page )?is (?:(?:about|for) )?(?:the )?)?(?:{EDITION}(?: {_NOUN})?|{_THIS})")
# What the words after the name of this release say if the next "it" may be another publication, or what this one uses.
_ANOTHER_SUBJECT = re.compile(
    r" (?:uses?|includes?|excludes?|reflects?|covers?|follows?|saw|(?:does|do|is|are) not|(?:delayed|affected) by"
    r"|pages?|publications?|releases?|reports?|bulletins?|statistics|documents?|editions?|announcement|items?"
    r"|versions?|translation|dashboard|tables?|data(?:sets?)?|figures|articles?|papers?|annex|guide|analysis|method(?:s|ology)?"
    r"|review|response|file|spreadsheet|summary|update|correction)(?= |$)"
)
_OF_FIGURES = re.compile(
    rf"(?:this|these) (?:figures|data) (?!(?:is|are|has|have)(?: still)?(?:{_NOT} yet| yet to be))"
)
_OF_ANOTHER_TIME = re.compile(
    r" (?:in|during|since|until)(?: [a-z]+)? (?:19|20)\d\d | last (?:year|month|week) | (?:pandemic|covid) "
)
_OF_THIS = re.compile(rf" (?:{EDITION}|(?:for|of) this (?:week|month|quarter|year|period|edition)) ")
_NOT_YET = re.compile(
    r"(?<= )(?:not|[a-z]+n't|yet to be) (?:yet )?(?:been )?(?:published|released|issued|available|out)"
    r"(?: yet)?(?! (?:for|in|from|by|at|on) )"
)
_DOUBTED = re.compile(r"(?:draft|preview|private|protected|test|do not publish|(?:strictly )?embargoed?(?: until .*)?)")
_PASSWORD = re.compile(r" password protected | enter (?:your|the) password | protected by a password ")
_RESTORED = re.compile(
    r" (?:republished|re - published|reissued|re - issued|reinstated|restored|resumed|replaced|corrected"
    r"|now available|now published) "
)
_LOG_IN = re.compile(
    r"(?:please )?(?:(?:sign|log)(?: -)? (?:in|on)|login|logon)(?=$| (?:to|with|required|page|or|for)(?: |$))"
)
_SEARCH = re.compile(r"(?:\d+ )?(?:site |your )?search(?: results?(?: for(?: .*)?)?)?|canlyniadau chwilio(?: .*)?")
_SENTENCE_ENDS = frozenset(".!?;:|()[]•·»–")
_FULL_STOPS = frozenset(".!?")
_WHOLE_SENTENCE_ENDS = _FULL_STOPS | frozenset(";|•·")
_PIECE_ENDS = _SENTENCE_ENDS | {"/", EDITION, SERIES}


def split_pieces(form: str) -> Iterator[str]:
    return _split(form, _PIECE_ENDS)


def is_label(piece: str) -> bool:
    return _LABEL.fullmatch(piece) is not None


def first_sentence(form: str) -> str:
    return next(_split(form, _FULL_STOPS), "")


def speaks_of_this(form: str) -> bool:
    """Return whether a sentence states that this page or release is gone or not published yet.

    Statements about the next release, such as "The next release will be published on ...", do not count, because every
    live page has them.
    """
    return any(_find_statements(form)) or bool(_STILL_TO_COME.search(form))


class _Statement(NamedTuple):
    """A statement that this release is absent.

    `phrase` is the part of `text` that states it. `is_general` is true if the sentence may be about every edition, or
    if it gives a time without a day. `is_of_translation` is true if the sentence is only about a translation. The
    release itself may then be there.
    """

    text: str
    phrase: str
    is_general: bool
    is_of_translation: bool


def _find_statements(form: str) -> Iterator[_Statement]:
    return (statement for statement in _find_all_statements(form) if not statement.is_of_translation)


def _find_all_statements(form: str) -> Iterator[_Statement]:
    # A colon ends a statement, so times such as "9:30am" are replaced first.
    for sentence in _split(_CLOCK.sub(_TIME_OF_DAY, form), _WHOLE_SENTENCE_ENDS):
        found = [match for part in _split(sentence, _SENTENCE_ENDS) if (match := _STATEMENT.match(part))]
        recurs = bool(found) and _RECURRING.search(f" {sentence} ") is not None
        for match in found:
            has_no_day = match[0].endswith(_TIME_OF_DAY) or _NOT_ONE_DAY.match(match.string, match.end()) is not None
            # A sentence about every edition that names no day of this one, such as "These statistics will be published
            # at 9:30am every quarter", says nothing about this edition.
            if not (recurs and has_no_day):
                is_of_translation = _IN_ANOTHER_LANGUAGE.match(match.string, match.end()) is not None
                yield _Statement(match.string, match[0], recurs or has_no_day, is_of_translation)


def speaks_vaguely(form: str) -> bool:
    """Return whether a statement that this release is absent may really be about something else.

    It may be about another release, another time, every edition, or only some of the figures. For example, "These data
    are not published." is a common note about figures that are omitted from a table.
    """
    statements = list(_find_statements(form))
    own = [each.text for each in statements if not each.is_general]
    vague = any(
        _FORETELLING.match(text) or _OF_FIGURES.match(text) or _OF_ANOTHER_TIME.search(f" {text} ") for text in own
    )
    # A general sentence does not make another statement in the same text less certain.
    only_general = bool(statements) and not own and not _STILL_TO_COME.search(form)
    return vague or only_general or bool(_RESTORED.search(form))


def speaks_of_the_release(form: str) -> bool:
    """Return whether every statement of absence begins with "the", and not with "this" or the name of the release."""
    statements = list(_find_statements(form))
    return bool(statements) and all(each.text.startswith("the ") for each in statements)


def speaks_of_withdrawal(form: str) -> bool:
    statements = [each.text for each in _find_statements(form)]
    statements += [piece for piece in split_pieces(form) if is_label(piece)]
    return any(_WITHDRAWN.search(f" {each} ") for each in statements)


def states_absence(form: str) -> bool:
    return _NOT_FOUND.search(form) is not None


def _is_about_an_old_edition(form: str, due_on: date | None) -> bool:
    days = [each.first for each in periods(form) if each.first == each.last]
    return bool(days) and due_on is not None and max(days) < due_on - _LONGEST_NOTICE


def may_be_held(form: str) -> bool:
    """Return whether a sentence states that this release was postponed, moved or withheld, or is only a draft.

    A sentence such as "The data for this month are not yet available" also counts. But if a preposition follows, as in
    "not yet available for Wales", the sentence does not count, because it is then about only a part of the data.
    """
    return any(_HELD.match(sentence) or _states_not_yet(f" {sentence} ") for sentence in _split(form, _SENTENCE_ENDS))


def _states_not_yet(sentence: str) -> bool:
    # Use two searches, because each stops at its first match. A single pattern for both would search the rest of the
    # sentence again at each mention of this edition.
    mention = _OF_THIS.search(sentence)
    return mention is not None and _NOT_YET.search(sentence, mention.end()) is not None


def says_it_is_not_out(form: str, *, is_below_heading: bool) -> bool:
    """Return whether a text says "it has not been published yet" and probably means this release.

    "It" may be any publication. So the sentence counts only in two cases: if it begins the text directly below the main
    heading, or if the sentence before it is about this release and mentions no other publication.
    """
    before = EDITION if is_below_heading else ""
    for sentence in _split(form, _WHOLE_SENTENCE_ENDS):
        found = _IT_IS_NOT_OUT.match(sentence)
        if found and (" yet" in found[0] or " still " in found[0]):
            named = _THIS_BY_NAME.match(before)
            if named and not _ANOTHER_SUBJECT.search(before, named.end()):
                return True
        before = sentence
    return False


def is_unsure(form: str) -> bool:
    return _UNSURE.search(form) is not None


def is_log_in(form: str) -> bool:
    return any(_LOG_IN.match(piece) for piece in split_pieces(form))


def _split(form: str, ends: frozenset[str]) -> Iterator[str]:
    piece: list[str] = []
    for word in (*form.split(), "."):
        if word not in ends and word != ".":
            piece.append(word)
        elif piece:
            yield " ".join(piece)
            piece = []


_WHOLE = r"page|publications?|releases?|reports?|bulletins?|statistics|documents?|editions?|results?|§|¤"
_PUBLISHED_LATER = (
    r"(?:published|released|issued|available|made available|added|posted|live|out|here|ready|announced|put|up"
    r"|on this page)"
)
_PART = r"figures|data|datasets?|tables?|content|summary|numbers"
_IS_TO_COME = (
    rf"(?: [^ .;]+){{0,8}}? (?:(?:will(?: not)?|won't) (?:be {_PUBLISHED_LATER}|go|appear|come|follow)"
    r"|(?:is|are) (?:due|out|expected|scheduled)"
    rf"|to be {_PUBLISHED_LATER}|due|scheduled|expected|go(?:es)? live|comes? out|available (?:from|at|on))"
)
_COME_AGAIN = r" (?:check|come|look|visit|return|try)(?: (?:back|again|here|this page|the page))+ "
_WHOLE_COMES = re.compile(rf" (?:{_WHOLE}){_IS_TO_COME} |{_COME_AGAIN}")
_COMES = re.compile(
    rf" (?:{_WHOLE}|{_PART}){_IS_TO_COME} |{_COME_AGAIN}"
    r"|^ (?:now )?(?:available (?:from|at|on)|publishing|releasing|due|expected|scheduled) "
    r"| to be (?:published|released|issued) "
)
_OF_ANOTHER = re.compile(
    r" (?:next|following|subsequent|future|further|other|revised|final|updated|monthly|quarterly|annual|every|each"
    r"|was|were|had been|unavailable|offline|closed|out of service) "
)
_TIME = re.compile(r" (?:\d{1,2}(?:\.\d\d| : \d\d)? (?:am|pm)|\d\d(?:\.| : )\d\d|noon|midday) ")
_SOON = re.compile(r" (?:soon|shortly|later today|later this morning|in due course) ")
_SENTENCE = re.compile(r"(?<= )[.!?;](?= )")


def states_wait(text: str, form: str, *, due_on: date | None, near_top: bool) -> bool:
    """Return whether a text announces that this release is still to come.

    :param form: the result of `Names.normalise` for the text.
    :param near_top: whether the text is near the top of the page. Elsewhere the text must name the due day, because
        many pages end with notes about their publisher's publication dates.
    """
    sentences = [
        sentence for sentence in _SENTENCE.split(form) if _COMES.search(sentence) and not _OF_ANOTHER.search(sentence)
    ]
    if not sentences:
        return False
    # Read the days from `text`. In `form`, the name of the release is replaced by a placeholder, and the name may
    # contain a month.
    days = [each.first for each in periods(words(text)) if each.first == each.last]
    if days or not near_top:
        return due_on in days
    # Many live pages say that a part of the release follows soon. So a sentence without a day counts only if it gives a
    # time, or if it says that the whole release comes "soon" or "here".
    return any(
        _TIME.search(sentence)
        or (_WHOLE_COMES.search(sentence) and (_SOON.search(sentence) or sentence.endswith(" here ")))
        for sentence in sentences
    )


_THIN = 600
"""A page with fewer characters of text than this is thin: it contains little more than a notice."""
_LONGEST_NOTICE = timedelta(days=366)
"""Publishers announce releases at most a year ahead. A cancellation on an earlier day is about another edition."""
_LEAD_BEFORE, _LEAD_AFTER, _NOTICES, _MENU_WORD = 5, 10, 3, 20


class Absence(IntEnum):
    NONE = 0
    POSSIBLE = 1
    CERTAIN = 2


class AbsenceSign(NamedTuple):
    """A sign that the release is absent.

    `text` is the text on the page that contains the sign. It may be empty unless `absence` is CERTAIN.
    """

    absence: Absence
    text: str


def find_absence(
    page: PageText,
    names: Names,
    *,
    marker_in_heading: bool,
    marker_in_text: bool = False,
    main_h1: str = "",
    due_on: date | None = None,
    is_translation: bool = False,
) -> AbsenceSign:
    """Return the most certain sign on a page that the release is absent.

    If several signs are equally certain, the first is returned.

    :param marker_in_heading: whether the edition's marker is in the title or an h1. If so, a sign counts only if it is
        clearly about this release, because the text may also mention other content that is withdrawn or still to come.
    :param marker_in_text: whether the text clearly mentions the edition. If so, a sentence about a missing page counts
        with certainty only if it names the edition too.
    :param main_h1: the h1 with the marker, if any, or else the h1 that names the series of a page whose title has the
        marker. If there is one, other h1s give at most a possible sign, because they are about other content of the
        page.
    """
    denied = next((one for one in _of_the_page(page, main_h1) if _denies(names.normalise(one), names)), None)
    if denied is not None:
        return AbsenceSign(Absence.CERTAIN, denied)
    if not marker_in_heading and (own := _find_own_marker(words(page.text), names)):
        return AbsenceSign(Absence.CERTAIN, own)

    def read(block: Block) -> str:
        form = names.normalise(block.text)
        # On a page in Welsh, "in Welsh" is about the page itself.
        return _IN_WELSH.sub("", form) if is_translation else form

    thin = page.own_length < _THIN
    above, below = _lead(page.blocks)
    near = above + below
    signs = [
        AbsenceSign(
            _sign(
                read(block),
                names,
                thin=thin,
                marker_in_heading=marker_in_heading,
                marker_in_text=marker_in_text,
                due_on=due_on,
            ),
            block.text,
        )
        for block in near
    ]
    for block in near if thin else below[:_NOTICES]:
        # A word above the heading may belong to a menu, such as "Upcoming" in "Latest, Upcoming, Archive". If the
        # marker is in a heading, a word from a menu is at most a possible sign.
        in_menu = block in above and any(len(other.text) <= _MENU_WORD for other in above if other is not block)
        form = read(block)
        notice = _notice(form, names, thin=thin and not (marker_in_heading and in_menu))
        if notice and _is_about_an_old_edition(form, due_on):
            notice = Absence.POSSIBLE
        signs.append(AbsenceSign(notice, block.text))
    is_not_out = any(says_it_is_not_out(read(block), is_below_heading=block is below[0]) for block in below)
    if is_not_out or _doubted_by_heading(page, names, thin=thin) or _finds_wait(page, near, names, due_on=due_on):
        signs.append(AbsenceSign(Absence.POSSIBLE, ""))
    return max(signs, key=lambda sign: sign.absence, default=AbsenceSign(Absence.NONE, ""))


def denied_by_heading(page: PageText, names: Names) -> bool:
    return any(_denies(names.normalise(heading), names) for heading in page.headings)


_AT_END = re.compile(rf" {_when('(?:(?:on|at|for|from) )?')}$")
_NOT_FOUND_END = re.compile(rf"(?:cannot|can't|could{_NOT}|was{_NOT}) (?:be )?found|does{_NOT} exist|no longer exists")
_BEFORE_SIGN = re.compile(r" (?=[,.;:!?)])|(?<=[(]) ")


def quote_absence(text: str, names: Names) -> str:
    """Return the phrase with which a text states that the release is absent, or "" if there is none.

    The phrase is in lower case. It contains only words that match the patterns in this module or the publisher's own
    phrases of absence. An ellipsis stands for omitted words.
    """
    return _BEFORE_SIGN.sub("", next(filter(None, _words_of_absence(names.normalise(text), names)), ""))


def _words_of_absence(form: str, names: Names) -> Iterator[str]:
    yield from (own.strip() for own in names.negative_markers if holds(form, own))
    for statement in sorted(_find_statements(form), key=lambda each: each.is_general):
        yield _AT_END.sub(" …", statement.phrase).strip(f"{EDITION} ").replace(EDITION, "…")
    if found := _NOT_FOUND.search(form):
        # Quote only the end of the match, because the match may also contain other words of the page.
        end = _NOT_FOUND_END.search(found[0])
        yield f"… {end[0]}" if end else found[0].strip()
    for piece in (*split_pieces(form), first_sentence(form)):
        if is_label(piece) and not names.covers(piece):
            state, is_cut, _day = piece.partition(" on ")
            yield f"{state} …" if is_cut else state
    yield from (phrase for phrase in ("coming soon", "lorem ipsum") if f" {phrase} " in form)


def was_withdrawn_since(page: PageText, names: Names, *, due_on: date | None) -> bool:
    """Return whether a page states that the release was withdrawn on its due day or later.

    A notice of withdrawal without a day also counts, because the release may have been withdrawn after it was due.
    """
    above, below = _lead(page.blocks)
    for text in (*page.headings, *(block.text for block in above + below)):
        if speaks_of_withdrawal(names.normalise(text)):
            days = [each.first for each in periods(words(text)) if each.first == each.last]
            return not days or due_on is None or max(days) >= due_on
    return False


def _of_the_page(page: PageText, main_h1: str) -> Sequence[str]:
    return (page.headings[0], main_h1) if main_h1 else page.headings


def _finds_wait(page: PageText, near: Sequence[Block], names: Names, *, due_on: date | None) -> bool:
    def waits(block: Block, *, near_top: bool) -> bool:
        return states_wait(block.text, names.normalise(block.text), due_on=due_on, near_top=near_top)

    year = str(due_on.year) if due_on else ""
    dated = (block for block in page.own_blocks if year and block.place is Place.BODY and year in block.text)
    return any(waits(block, near_top=True) for block in near) or any(waits(block, near_top=False) for block in dated)


def _doubted_by_heading(page: PageText, names: Names, *, thin: bool) -> bool:
    forms = [names.normalise(heading) for heading in page.headings]
    pieces = (piece for form in forms for piece in split_pieces(form))
    doubted = any(_DOUBTED.fullmatch(piece) and not names.covers(piece) for piece in pieces)
    return doubted or any(_denies(form, names) or (thin and is_log_in(form)) for form in forms)


def requires_login(
    page: PageText, names: Names, *, has_marker: bool, main_h1: str = "", marker_in_title: bool = False
) -> bool:
    """Return whether a page is a log-in page.

    A page is a log-in page if its title or heading says so, or if it has a password field and no marker. If a page has
    a password field and its text asks for a password, only its length decides: it is a log-in page if it is short.

    If the title has the marker, an h1 that says so counts only on a short page with a password field and no other h1.

    :param main_h1: the h1 that names the release or its series, if any. If there is one, other h1s are ignored, because
        the page may also have a log-in form for members under another h1.
    """
    if is_log_in_heading(page.headings[0], names) or (main_h1 and is_log_in_heading(main_h1, names)):
        return True
    said = [] if main_h1 else [is_log_in_heading(h1, names) for h1 in page.headings[1:]]
    is_form = page.has_password_field and page.own_length < _THIN and all(said)
    if any(said) and (is_form or not marker_in_title):
        return True
    if page.has_password_field and any(_PASSWORD.search(names.normalise(block.text)) for block in page.own_blocks):
        return page.own_length < _THIN
    return page.has_password_field and not has_marker


def _denies(form: str, names: Names) -> bool:
    labelled = any(is_label(piece) and not names.covers(piece) for piece in split_pieces(form))
    return (labelled or states_absence(form) or speaks_of_this(form) or " coming soon " in form) or _holds_own_marker(
        form, names
    )


def _holds_own_marker(form: str, names: Names) -> bool:
    return bool(_find_own_marker(form, names))


def _find_own_marker(form: str, names: Names) -> str:
    return next((own for own in names.negative_markers if holds(form, own)), "")


def _lead(blocks: Sequence[Block]) -> tuple[list[Block], list[Block]]:
    first = next((place for place, block in enumerate(blocks) if block.place is Place.HEADING), 0)
    above = [block for block in blocks[:first] if block.place is Place.BODY][-_LEAD_BEFORE:]
    below = [block for block in blocks[first:] if block.place is Place.BODY][:_LEAD_AFTER]
    return above, below


def _sign(
    form: str, names: Names, *, thin: bool, marker_in_heading: bool, marker_in_text: bool, due_on: date | None
) -> Absence:
    if _holds_own_marker(form, names):
        return Absence.CERTAIN
    if " lorem ipsum " in form:  # filler text that designers use before the real text is available
        return Absence.CERTAIN if thin else Absence.POSSIBLE
    if speaks_of_this(form):
        return _of_statement(form, thin=thin, marker_in_heading=marker_in_heading, due_on=due_on)
    if states_absence(form):
        return _of_missing_page(form, thin=thin, marker_in_heading=marker_in_heading, marker_in_text=marker_in_text)
    if may_be_held(form):
        return Absence.POSSIBLE
    unsure = thin and (is_unsure(form) or _WAITING.search(form) or any(_find_all_statements(form)))
    return Absence.POSSIBLE if unsure else Absence.NONE


def _of_missing_page(form: str, *, thin: bool, marker_in_heading: bool, marker_in_text: bool) -> Absence:
    # Many live pages have a help sentence such as "If you cannot find the publication, contact us".
    is_plain = states_absence(_CONDITION.sub("", form))
    if not thin:
        return Absence.POSSIBLE if is_plain and not marker_in_heading else Absence.NONE
    # If the page gives the figures of the edition, the sentence is probably about another page. But a page for missing
    # addresses may repeat the name of the edition.
    is_shown = marker_in_heading or (marker_in_text and EDITION not in form)
    return Absence.CERTAIN if is_plain and not is_shown else Absence.POSSIBLE


def _of_statement(form: str, *, thin: bool, marker_in_heading: bool, due_on: date | None) -> Absence:
    # In a long text, "The report was withdrawn ..." may be about any report. On a page with no other text, it is about
    # this report.
    if not thin and speaks_of_the_release(form):
        return Absence.NONE if marker_in_heading else Absence.POSSIBLE
    doubtful = speaks_vaguely(form) or _is_about_an_old_edition(form, due_on)
    return Absence.POSSIBLE if doubtful else Absence.CERTAIN


def _notice(form: str, names: Names, *, thin: bool) -> Absence:
    found = [piece for piece in split_pieces(form) if not names.covers(piece)]
    if found and all(map(is_label, found)):
        return Absence.CERTAIN if thin else Absence.POSSIBLE
    first = first_sentence(form)
    return Absence.CERTAIN if thin and is_label(first) and not names.covers(first) else Absence.NONE


def is_search_page(page: PageText, names: Names, *, main_h1: str = "", marker_in_title: bool = False) -> bool:
    """Return whether a page shows search results.

    The h1s of the page decide. If the page has no h1, the title decides. If the title has the marker, it must also say
    that the page shows search results.

    :param main_h1: the h1 that names the release or its series, if any. If there is one, other h1s are ignored, because
        the page may also have a search form under another h1.
    """
    title, *h1s = page.headings
    if main_h1:
        return is_search_heading(main_h1, names)
    found = any(is_search_heading(heading, names) for heading in h1s or [title])
    return found and (not marker_in_title or is_search_heading(title, names))


def is_search_heading(heading: str, names: Names) -> bool:
    pieces = split_pieces(names.normalise(heading))
    return any(_SEARCH.fullmatch(piece) and not names.covers(piece) for piece in pieces)


def is_log_in_heading(heading: str, names: Names) -> bool:
    return is_log_in(names.normalise(heading))


def find_series_h1(page: PageText, names: Names) -> str:
    """Return the first h1 that names the series, or an empty string.

    An h1 that also says that the release is absent, or that the page is a search or log-in page, is left out.
    """

    def is_left_out(h1: str) -> bool:
        return is_search_heading(h1, names) or is_log_in_heading(h1, names) or _denies(names.normalise(h1), names)

    return next((h1 for h1 in page.headings[1:] if names_series(h1, names) and not is_left_out(h1)), "")


def hints_at_absence(page: PageText, names: Names) -> bool:
    forms = [names.normalise(block.text) for block in page.own_blocks]
    return any(states_absence(form) or speaks_of_this(form) or is_unsure(form) for form in forms)
