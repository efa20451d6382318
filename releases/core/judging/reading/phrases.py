"""Phrases by which a page says of itself that what was looked for is not there, in the form that `words` gives."""

import re
from collections.abc import Iterator

from releases.core.judging.reading.names import EDITION, SERIES

_STATE = r"(?:withdrawn|cancell?ed|postponed|unpublished)"
_SPENT = r"(?:withdrawn|cancell?ed|unpublished)"
_OUT = r"(?:published|released|issued|available|live)"
_DAY = r"(?:the )?(?:\d|(?:mon|tues|wednes|thurs|fri|satur|sun)day)"
_ADJECTIVE = r"(?:official|accredited|national|experimental|new|statistical|statistics)"
_NOUN = rf"(?:{_ADJECTIVE} )*(?:page|publication|release|report|bulletin|statistics|document|edition|announcement|item)"
_THIS = rf"(?:{EDITION}|(?:this|these) (?:{_NOUN}|figures|data|content)|the {_NOUN})"
_NOT_AS_SUCH = r"(?! (?:as|from) (?:(?:an?|the) )?(?:list of )?(?:national|accredited|official|experimental) )"
"""Withdrawn as National Statistics, and published all the same."""
_NOT_LIKE_THIS = (
    r"(?! (?:before(?:$| (?:,|at|in|by|for) )|previously|since |on paper|in print"
    r"|in (?:this|such) (?:form|way|detail)|at this level))"
)
"""Not published before, on paper, at this level: and published all the same."""

_LABEL = re.compile(
    rf"(?:(?:this |these |the )?{_NOUN} )?(?:(?:has|have) been |is |are |was |were )?(?:now )?{_STATE}(?: on .*)?"
    r"|coming (?:very )?soon|(?:not yet|yet to be) (?:published|available|released)"
    r"|not (?:published|available|released) yet|to be (?:published|released|announced)"
    r"|(?:content|details|data|figures|tables|text|bulletin|report|more)(?: is| are)? (?:to follow|to come)"
    r"|(?:release |publication )?(?:expected|due|scheduled)(?: for)?(?: release| publication)?"
    r"|awaiting publication|forthcoming|upcoming(?: , not yet (?:published|available|released))?"
    r"|(?:page )?under construction|watch this space|to follow|(?:content |text )?to be added|placeholder(?: text)?"
    r"|(?:error |http )?404(?: error)?(?: not found| page not found)?|(?:page )?not found"
    r"|(?:(?:official|accredited|national) )*(?:statistics )?(?:release )?announcement"
    # Welsh: page not found, not yet published, coming soon, withdrawn, cancelled, postponed
    r"|tudalen heb ei chanfod|(?:ddim|heb ei|heb eu) (?:gyhoeddi|chyhoeddi|cyhoeddi)(?: eto)?|yn dod yn fuan"
    r"|tynnwyd yn ôl|wedi(?:'i| ei|'u| eu) (?:tynnu yn ôl|dynnu yn ôl|thynnu yn ôl|chanslo|ganslo|gohirio|ohirio)"
)
_STATEMENT = re.compile(
    rf"{_THIS} (?:"
    rf"(?:(?:has|have)(?: now)? been|(?:is|are|was|were)(?: now| currently)?) {_SPENT}{_NOT_AS_SUCH}"
    r"(?=$| (?:on|by|because|due|as|following|pending|until|and|since|,|for|while|at|in|from|after) )"
    rf"|(?:has|have) (?:not yet been|not been|yet to be) {_OUT}{_NOT_LIKE_THIS}"
    rf"|(?:is|are)(?: still)? (?:not yet|not currently|yet to be) {_OUT}(?! (?:in|as|for|by) )"
    rf"|(?:is|are) not {_OUT}(?: yet)?(?=$| (?:until|and|but|,) )"
    r"|(?:is|are)(?: still)? (?:coming soon|forthcoming|upcoming|awaiting publication)"
    r"|(?:is|are) (?:due|scheduled|expected)(?: out| to be (?:published|released)| for (?:publication|release))?"
    rf" (?:on|at|for) {_DAY}"
    r"|(?:is|are)(?: still| currently)? (?:under construction|being prepared)"
    rf"|will be (?:made )?{_OUT}(?: to (?:download|view|read))?(?: here| on this page)?"
    rf"(?:$| soon| shortly| in due course| (?:on |at |from )?{_DAY})"
    r")"
    rf"|we (?:will|shall|plan to|expect to|intend to|are due to) (?:publish|release|issue) {_THIS}"
    rf"(?: here| on this page)?(?:$| soon| shortly| in due course| (?:on |at )?{_DAY})"
)
_WITHDRAWN = re.compile(r" (?:withdrawn|unpublished|tynnwyd yn ôl|(?:tynnu|dynnu|thynnu) yn ôl) ")
_FORETELLING = re.compile(
    rf"the {_NOUN} (?:will be|is due|are due|is scheduled|are scheduled|is expected|are expected) "
)
_STILL_TO_COME = re.compile(
    rf" (?:\d{{4}}|{EDITION}) (?:, )?(?:at )?\d{{1,2}}(?:\.\d\d| : \d\d)? (?:am|pm) \( (?:confirmed|provisional) \) "
)
_NOT_FOUND = re.compile(
    r" (?:page|file) not found | no such (?:page|file) | ni allwn ddod o hyd i'r dudalen "
    r"| (?:page|publication|document|content|resource|url)(?: [^ ]+){0,7}? "
    r"(?:cannot|can't|could not|couldn't|was not|wasn't) be found "
    r"| (?:page|publication|document|content|resource|url)(?: [^ ]+){0,7}? (?:was not|wasn't) found "
    r"| (?:can't|cannot|can not|could not|couldn't|unable to) find (?:the|that|this|your) "
    r"(?:page|publication|document|content) "
    r"| (?:page|publication|document|content|file|key|object|blob)(?: [^ ]+){0,6}? "
    r"(?:does not exist|doesn't exist|no longer exists) "
)
_UNSURE = re.compile(
    rf" coming soon | not yet {_OUT} | (?:has|have) been {_STATE} "
    r"| will be (?:published|released) (?:on|at|soon|shortly) "
    r"| (?:next|forthcoming|upcoming|future) (?:release|edition|publication|update) "
)
_HELD = re.compile(
    rf"{_THIS} (?:(?:has|have)(?: now)? been|(?:is|are|was|were)(?: now| currently)?) (?:delayed|postponed|rescheduled"
    r"|put back|discontinued|suspended|superseded|moved|under review|unavailable"
    r"|an? (?:draft|preview|test|placeholder|dummy))(?! from )"
    rf"|{_THIS} (?:has|have)(?: now)? moved|this is (?:only )?an? (?:draft|preview|test|placeholder|dummy)"
    r"|(?:strictly )?(?:embargoed?|under embargo)(?= until | to | for |$)|(?:for|in) preview only|not for publication"
)
_WAITING = re.compile(
    r" (?:release date|expected (?:on |at |by )?(?:the )?\d{1,2}|due (?:on|at|out|for)|available (?:from|on|at)"
    r"|no (?:data|figures) (?:are )?(?:yet )?available|(?:data|figures) (?:are )?not (?:yet )?available"
    r"|delayed|rescheduled|to be confirmed) "
)
_OF_FIGURES = re.compile(
    r"(?:this|these) (?:figures|data) (?!(?:(?:is|are|has|have)(?: still)? )?(?:not yet|yet to be))"
)
_IN_THE_PAST = re.compile(r" (?:in|during|since)(?: [a-z]+)? (?:19|20)\d\d | last (?:year|month|week) ")
_OF_THIS = re.compile(rf" (?:{EDITION}|(?:for|of) this (?:week|month|quarter|year|period|edition)) ")
_NOT_YET = re.compile(
    r"(?<= )(?:not|yet to be) (?:yet )?(?:been )?(?:published|released|issued|available|out)"
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
_PIECE_ENDS = _SENTENCE_ENDS | {"/", EDITION, SERIES}


def pieces(form: str) -> Iterator[str]:
    """Split a heading or a notice at its signs, and around the names that stand in it."""
    return _split(form, _PIECE_ENDS)


def is_label(piece: str) -> bool:
    """Say whether a piece is nothing but a state, such as "withdrawn", "coming soon" or "page not found"."""
    return _LABEL.fullmatch(piece) is not None


def first_sentence(form: str) -> str:
    """Return a notice up to its first full stop, or question or exclamation mark."""
    return next(_split(form, _FULL_STOPS), "")


def speaks_of_this(form: str) -> bool:
    """Say whether a sentence tells that this very page or release is gone or not out yet.

    "The next release will be published on ..." does not: every live page says that.
    """
    return any(_STATEMENT.match(sentence) for sentence in _split(form, _SENTENCE_ENDS)) or bool(
        _STILL_TO_COME.search(form)
    )


def speaks_vaguely(form: str) -> bool:
    """Say whether a sentence that speaks of this release may well be about another one, another time, or some figures.

    "These data are not published." stands beside what is left out of many a table.
    """
    sentences = [sentence for sentence in _split(form, _SENTENCE_ENDS) if _STATEMENT.match(sentence)]
    vague = any(
        _FORETELLING.match(sentence) or _OF_FIGURES.match(sentence) or _IN_THE_PAST.search(f" {sentence} ")
        for sentence in sentences
    )
    return vague or bool(_RESTORED.search(form))


def speaks_of_the_release(form: str) -> bool:
    """Say whether what tells so calls the release just "the ..." and neither "this" nor by its name."""
    sentences = [sentence for sentence in _split(form, _SENTENCE_ENDS) if _STATEMENT.match(sentence)]
    return bool(sentences) and all(sentence.startswith("the ") for sentence in sentences)


def speaks_of_withdrawal(form: str) -> bool:
    """Say whether a label or a sentence tells that this very release, which had been there, is withdrawn."""
    told = [sentence for sentence in _split(form, _SENTENCE_ENDS) if _STATEMENT.match(sentence)]
    told += [piece for piece in pieces(form) if is_label(piece)]
    return any(_WITHDRAWN.search(f" {each} ") for each in told)


def says_not_found(form: str) -> bool:
    """Say whether a text tells that a page cannot be found."""
    return _NOT_FOUND.search(form) is not None


def is_filling(form: str) -> bool:
    """Say whether a text holds the Latin with which printers fill a page before its text is there."""
    return " lorem ipsum " in form


def may_be_held(form: str) -> bool:
    """Say whether a sentence tells that this very release was put off, moved or held back, or is only a draft.

    So does one that tells that something of this edition is not there yet, unless it says of what part.
    """
    return any(_HELD.match(sentence) or _tells_of_not_yet(f" {sentence} ") for sentence in _split(form, _SENTENCE_ENDS))


def _tells_of_not_yet(sentence: str) -> bool:
    # Whatever stands between the two, the first mention is enough. One pattern for both would search again from each.
    mention = _OF_THIS.search(sentence)
    return mention is not None and _NOT_YET.search(sentence, mention.end()) is not None


def speaks_of_waiting(form: str) -> bool:
    """Say whether a text holds words that a page with little else has before its release is out."""
    return _WAITING.search(form) is not None


def is_doubted(piece: str) -> bool:
    """Say whether a piece of a heading marks what follows as not yet meant for readers, such as "draft"."""
    return _DOUBTED.fullmatch(piece) is not None


def asks_for_password(form: str) -> bool:
    """Say whether a sentence asks for a password to read on."""
    return _PASSWORD.search(form) is not None


def is_unsure(form: str) -> bool:
    """Say whether a text holds words of absence that need not be about this release."""
    return _UNSURE.search(form) is not None


def is_log_in(form: str) -> bool:
    """Say whether a heading asks the reader to log in."""
    return any(_LOG_IN.match(piece) for piece in pieces(form))


def is_search(piece: str) -> bool:
    """Say whether a piece of a heading is that of a search."""
    return _SEARCH.fullmatch(piece) is not None


def _split(form: str, ends: frozenset[str]) -> Iterator[str]:
    piece: list[str] = []
    for word in (*form.split(), "."):
        if word not in ends and word != ".":
            piece.append(word)
        elif piece:
            yield " ".join(piece)
            piece = []
