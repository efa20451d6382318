"""Evidence of an attachment: whether the file that is due is there."""

from dataclasses import replace

from releases.core.canonical import sha256_hex
from releases.core.judging.reading import file_content, file_message
from releases.core.judging.reading.barriers import barrier_in
from releases.core.judging.reading.characters import words
from releases.core.judging.reading.file_message import Message
from releases.core.judging.reading.file_type import (
    FileType,
    declared_type,
    found_type,
    is_page,
    is_right_type,
    promised_type,
)
from releases.core.judging.reading.finding import Expectation, Finding, LookResult, Reason, told_by_person
from releases.core.judging.reading.page_evidence import examine_page
from releases.core.looks.answer import Answer

_SAY_NOTHING_OF_THE_FILE = frozenset({
    Reason.OBSTACLE, Reason.CONSENT, Reason.FAULT_TEXT, Reason.NEGATIVE_MARKER, Reason.LIKE_NOT_FOUND, Reason.LEADS_ON,
})  # fmt: skip
_NO_PAGE = frozenset({Reason.SCRIPT_SHELL, Reason.EMPTY})
"""What an attachment that is a page cannot be; where a file was due, a reader gets none of it."""
_SAID: dict[Message, tuple[Reason, ...]] = {
    Message.NO_FILE: (Reason.NEGATIVE_MARKER,),
    Message.FAULT: (Reason.FAULT_TEXT,),
    Message.NOTHING: (Reason.EMPTY,),
}
Shown = tuple[LookResult, tuple[Reason, ...]]


def examine_file(answer: Answer, expectation: Expectation) -> Finding:
    """Say what a successful answer shows of the attachment that is expected at its address."""
    promised, declared = promised_type(expectation.url), declared_type(answer.content_type)
    if not answer.body.strip():
        return Finding(LookResult.UNRECOGNISED, (Reason.EMPTY,))
    if is_page(answer.body, declared=declared):
        return _examine_page_in_place_of_file(answer, expectation, promised)
    digest = sha256_hex(answer.body)
    if told := told_by_person(digest, "", expectation):
        return told
    found = found_type(answer.body)
    message = file_message.message_in(answer.body, found)
    fault = (
        _in_place_of_file(answer.body, found, message)
        or _wrong(answer, expectation.url, found)
        or (None if message is None else (LookResult.UNRECOGNISED, _SAID[message]))
    )
    return Finding(*(fault or (LookResult.LIVE, (Reason.RIGHT_TYPE,))), digest)


def _in_place_of_file(body: bytes, found: FileType, message: Message | None) -> Shown | None:
    """Return what a message shows that came in place of a file; what is a table as well says nothing surely."""
    if found is FileType.TEXT and file_content.is_table(body):
        return None
    if message is Message.NO_FILE:
        return LookResult.NOT_LIVE, _SAID[message]
    barrier = barrier_in(words(file_message.short_text(body))) if found is FileType.TEXT else None
    return (LookResult.UNRECOGNISED, (barrier,)) if barrier else None


def _wrong(answer: Answer, url: str, found: FileType) -> Shown | None:
    """Return what is wrong with a file, or None if it is what was promised."""
    ending, declared = file_content.ending_of(url), declared_type(answer.content_type)
    if not is_right_type(promised=promised_type(url), declared=declared, found=found):
        return LookResult.UNRECOGNISED, (Reason.WRONG_TYPE,)
    if file_content.breaks_off(answer.body, found) or file_message.breaks_off(answer.body, found):
        return LookResult.UNRECOGNISED, (Reason.INCOMPLETE,)
    if found is FileType.ZIP and not file_content.is_of_ending(answer.body, ending):
        return LookResult.UNRECOGNISED, (Reason.WRONG_TYPE,)
    if file_content.is_promised_table(ending, answer.content_type) and not file_content.is_table(answer.body):
        return LookResult.UNRECOGNISED, (Reason.WRONG_TYPE,)
    return None


def _examine_page_in_place_of_file(answer: Answer, expectation: Expectation, promised: FileType | None) -> Finding:
    # An address that names no kind of file may be an attachment in HTML, so it is judged as any page is.
    shown = examine_page(answer, expectation)
    settled = shown.result in {LookResult.NOT_LIVE, LookResult.UNREACHABLE}
    settled = settled or Reason.CONFIRMED_BY_PERSON in shown.reasons
    if promised is None or settled or _SAY_NOTHING_OF_THE_FILE & set(shown.reasons):
        return shown
    if promised is FileType.HTML:
        if _NO_PAGE & set(shown.reasons):
            return shown
        return replace(shown, result=LookResult.LIVE, reasons=(Reason.RIGHT_TYPE,))
    return replace(shown, result=LookResult.NOT_LIVE, reasons=(Reason.WRONG_TYPE,))
