"""Evidence of an attachment: whether the file that is due is there."""

from dataclasses import replace

from releases.answer import Answer
from releases.canonical import sha256_hex
from releases.reading import file_content
from releases.reading.barriers import barrier_in
from releases.reading.file_type import FileType, declared_type, found_type, is_page, is_right_type, promised_type
from releases.reading.finding import Expectation, Finding, LookResult, Reason, told_by_person
from releases.reading.page_evidence import examine_page

_SAY_NOTHING_OF_THE_FILE = frozenset({Reason.OBSTACLE, Reason.CONSENT, Reason.FAULT_TEXT, Reason.NEGATIVE_MARKER})
_OF_TEXT = frozenset({FileType.TEXT, FileType.JSON, FileType.XML})


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
    fault = _message(answer, found) or _wrong(answer, expectation.url, found)
    return Finding(*(fault or (LookResult.LIVE, (Reason.RIGHT_TYPE,))), digest)


def _message(answer: Answer, found: FileType) -> tuple[LookResult, tuple[Reason, ...]] | None:
    """Return what a short text says that came in place of a file."""
    if found not in _OF_TEXT or (found is FileType.TEXT and file_content.is_table(answer.body)):
        return None
    message = file_content.message_of(answer.body)
    if file_content.tells_not_found(message):
        return LookResult.NOT_LIVE, (Reason.NEGATIVE_MARKER,)
    if barrier := barrier_in(message):
        return LookResult.UNRECOGNISED, (barrier,)
    return None


def _wrong(answer: Answer, url: str, found: FileType) -> tuple[LookResult, tuple[Reason, ...]] | None:
    """Return what is wrong with a file, or None if it is what was promised."""
    ending, declared = file_content.ending_of(url), declared_type(answer.content_type)
    if not is_right_type(promised=promised_type(url), declared=declared, found=found):
        return LookResult.UNRECOGNISED, (Reason.WRONG_TYPE,)
    if file_content.breaks_off(answer.body, found):
        return LookResult.UNRECOGNISED, (Reason.INCOMPLETE,)
    if found is FileType.ZIP and not file_content.is_of_ending(answer.body, ending):
        return LookResult.UNRECOGNISED, (Reason.WRONG_TYPE,)
    if file_content.is_promised_table(ending, answer.content_type) and not file_content.is_table(answer.body):
        return LookResult.UNRECOGNISED, (Reason.WRONG_TYPE,)
    if found in {FileType.JSON, FileType.XML} and file_content.tells_an_error(answer.body):
        return LookResult.UNRECOGNISED, (Reason.FAULT_TEXT,)
    return None


def _examine_page_in_place_of_file(answer: Answer, expectation: Expectation, promised: FileType | None) -> Finding:
    # An address that names no kind of file may be an attachment in HTML, so it is judged as any page is.
    shown = examine_page(answer, expectation)
    settled = shown.result is LookResult.NOT_LIVE or Reason.CONFIRMED_BY_PERSON in shown.reasons
    if promised is None or settled or _SAY_NOTHING_OF_THE_FILE & set(shown.reasons):
        return shown
    if promised is FileType.HTML:
        return replace(shown, result=LookResult.LIVE, reasons=(Reason.RIGHT_TYPE,))
    return replace(shown, result=LookResult.NOT_LIVE, reasons=(Reason.WRONG_TYPE,))
