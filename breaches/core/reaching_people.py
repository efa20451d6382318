"""What reaches a person, recognised in free text: e-mail addresses and telephone numbers."""

import re

EMAIL_ADDRESS = re.compile(r"[^\s<>()\[\]\",;:@]+@[^\s<>()\[\]\",;:@]+\.[^\s<>()\[\]\",;:@.]+")
# From nine digits on, with what people put between them: dates, times and reference numbers have fewer in a row.
TELEPHONE_NUMBER = re.compile(r"(?<![\w/.])(?:\+|\(?0)(?:[\s().-]*\d){8,14}(?!\w)")
WEB_ADDRESS = re.compile(r"(?:https?://|www\.)[^\s<>\"]*[^\s<>\".,;:!?)\]’”]", re.IGNORECASE)


def reaching(text: str) -> str:
    """Name what in a text reaches a person: "an e-mail address and a telephone number", or nothing ("").

    Digits inside a web address are no telephone number.
    """
    found = (
        ("an e-mail address", EMAIL_ADDRESS.search(text)),
        ("a telephone number", TELEPHONE_NUMBER.search(WEB_ADDRESS.sub(" ", text))),
    )
    return " and ".join(name for name, where in found if where)
