"""Evidence of an attachment: whether the file that is due is there."""

from dataclasses import replace

from releases.answer import Answer
from releases.canonical import sha256_hex
from releases.reading.file_type import FileType, declared_type, found_type, is_page, is_right_type, promised_type
from releases.reading.finding import Expectation, Finding, LookResult, Reason, told_by_person
from releases.reading.page_evidence import examine_page


def examine_file(answer: Answer, expectation: Expectation) -> Finding:
    """Say what a successful answer shows of the attachment that is expected at its address."""
    promised, found = promised_type(expectation.url), found_type(answer.body)
    declared = declared_type(answer.content_type)
    if not answer.body.strip():
        return Finding(LookResult.UNRECOGNISED, (Reason.EMPTY,))
    if is_page(answer.body, declared=declared):
        return _examine_page_in_place_of_file(answer, expectation, promised)
    digest = sha256_hex(answer.body)
    if told := told_by_person(digest, "", expectation):
        return told
    if is_right_type(promised=promised, declared=declared, found=found):
        return Finding(LookResult.LIVE, (Reason.RIGHT_TYPE,), digest)
    return Finding(LookResult.UNRECOGNISED, (Reason.WRONG_TYPE,), digest)


def _examine_page_in_place_of_file(answer: Answer, expectation: Expectation, promised: FileType | None) -> Finding:
    # An address that names no kind of file may be an attachment in HTML, so it is judged as any page is.
    shown = examine_page(answer, expectation)
    settled = shown.result is LookResult.NOT_LIVE or Reason.CONFIRMED_BY_PERSON in shown.reasons
    if promised is None or settled or {Reason.OBSTACLE, Reason.NEGATIVE_MARKER} & set(shown.reasons):
        return shown
    if promised is FileType.HTML:
        return replace(shown, result=LookResult.LIVE, reasons=(Reason.RIGHT_TYPE,))
    return replace(shown, result=LookResult.NOT_LIVE, reasons=(Reason.WRONG_TYPE,))
