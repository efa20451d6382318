"""Parts of addresses that give access to the person who has them are left out of the log."""

import logging
import re

REDACTED = "[secret]"

# An invitation, a link for a new password, the page of a rehearsal. An address may lack its last slash, have further
# parts or be in a traceback, which also names the modules of statsoffice/canary/.
_SECRET = re.compile(
    r"""
    (
        (?: /accounts/+invited | /accounts/+password/+reset/+key | /accounts/+confirm-email
        | /canary (?! /+\w+\.(?:py|html)\b ) )
        /+
    )
    (?! \[secret\] ) [^\s/?\#"'<>\\),;]+
    """,
    flags=re.IGNORECASE | re.VERBOSE,
)


def redact(line: str) -> str:
    """Replace the secret part of each address in a line of the log with `[secret]`."""
    return _SECRET.sub(rf"\1{REDACTED}", line)


class PlainLines(logging.Formatter):
    """Lines for people. The whole line is redacted, with its traceback."""

    def format(self, record: logging.LogRecord) -> str:
        """Return one line, or several with a traceback."""
        return redact(super().format(record))
