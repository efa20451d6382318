"""Short messages that come in place of a file: that there is none, that something failed, or nothing at all.

A table, a note or data may hold any such word as a figure of its own: "withdrawn" is a state of a licence, "cancelled"
one of a flight. So a word counts only where a message is all that there is.
"""

import json
import re
from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Any

from releases.core.judging.reading.characters import decode, words
from releases.core.judging.reading.file_type import FileType
from releases.core.judging.reading.phrases import first_sentence, is_label, says_not_found

_MOST_BYTES = 2_000
_START = 20_000
_TELLS_A_FAULT = frozenset({"error", "errors", "fault", "exception", "message", "detail", "reason"})
_FAILED = frozenset({"error", "fail", "failed", "failure"})
_STATUS = ("status", "code", "statuscode")
_ROOT = re.compile(
    r"(?:\s|<\?(?>.*?\?>)|<!--(?>.*?-->)|<!doctype[^>]*+>)*+<(?:[\w.-]++:)?+([\w.-]++)", re.IGNORECASE | re.DOTALL
)
_FAULT_ROOT = re.compile(r"error|fault|exception", re.IGNORECASE)
_TAG = re.compile(r"<[^>]{1,200}>")
_SORRY = re.compile(
    r" (?:sorry|try again|access denied|forbidden|unauthori[sz]ed|not authori[sz]ed|failed to (?:load|retrieve|open)"
    r"|(?:could not|cannot) be (?:retrieved|found|loaded|opened|generated)) "
)


class Message(StrEnum):
    """What stands in place of a file."""

    NO_FILE = "no_file"
    FAULT = "fault"
    NOTHING = "nothing"


def message_in(body: bytes, found: FileType) -> Message | None:
    """Return what a file of text says in place of what was due, or None where it is no message.

    :param found: the kind that its first bytes show.
    """
    match found:
        case FileType.JSON:
            return _in_json(body) if len(body) <= _MOST_BYTES else None
        case FileType.XML:
            return _in_xml(decode(body[:_START], charset=""))
        case FileType.TEXT:
            return _in_text(short_text(body))
    return None


def short_text(body: bytes) -> str:
    """Return a text that is short enough to be a message, or an empty one."""
    return decode(body, charset="") if len(body) <= _MOST_BYTES else ""


def breaks_off(body: bytes, found: FileType) -> bool:
    """Say whether data for machines end before their end; of long ones only their last sign is asked."""
    end = decode(body[-200:], charset="").rstrip()[-1:]
    if found is FileType.XML:
        return end != ">"
    if found is not FileType.JSON:
        return False
    if len(body) > _MOST_BYTES:
        return end not in {"}", "]"}
    try:
        _first_value(body)
    except (ValueError, RecursionError):
        return True
    return False


def _in_text(text: str) -> Message | None:
    line = words(text.strip().partition("\n")[0])
    if says_not_found(line) or is_label(first_sentence(line)):
        return Message.NO_FILE
    return Message.FAULT if _SORRY.search(line) else None


def _in_xml(text: str) -> Message | None:
    root = _ROOT.match(text)
    if root is None or not _FAULT_ROOT.search(root[1]):
        return None
    return Message.NO_FILE if _tells_of_none(words(_TAG.sub(" . ", text))) else Message.FAULT


def _in_json(body: bytes) -> Message | None:
    try:
        value = _first_value(body)
    except (ValueError, RecursionError):
        return None
    if _is_empty(value):
        return Message.NOTHING
    if not isinstance(value, dict) or not _is_a_message(value):
        return None
    known = {str(name).lower(): part for name, part in value.items()}
    said = " . ".join(_texts(value))
    none = _tells_of_none(words(said)) or any(str(known.get(name)) in {"404", "410"} for name in _STATUS)
    return Message.NO_FILE if none else Message.FAULT


def _first_value(body: bytes) -> Any:
    # Lines of JSON, one value each, are a form of data too; the first one tells.
    return json.JSONDecoder().raw_decode(decode(body, charset="").lstrip("\ufeff \t\r\n"))[0]


def _is_a_message(value: Mapping[str, Any]) -> bool:
    names = {str(name).lower() for name in value}
    data = [part for name, part in value.items() if str(name).lower() not in _TELLS_A_FAULT]
    fails = str(value.get("status", "")).lower() in _FAILED
    return bool(names & _TELLS_A_FAULT or fails) and not any(isinstance(part, list | dict) and part for part in data)


def _is_empty(value: Any) -> bool:
    if isinstance(value, list | dict):
        parts = list(value.values()) if isinstance(value, dict) else value
        holding = [part for part in parts if isinstance(part, list | dict)]
        return not parts or (bool(holding) and all(_is_empty(part) for part in holding) and isinstance(value, dict))
    return value is None or value == ""


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | dict):
        for part in value.values() if isinstance(value, dict) else value:
            yield from _texts(part)


def _tells_of_none(form: str) -> bool:
    return says_not_found(form) or any(is_label(piece.strip()) for piece in form.split(" . "))
