"""What one look at an address shows: not live, live, or nothing that can be relied on."""

from enum import StrEnum


class LookResult(StrEnum):
    """What a look shows, in the order in which the possibilities are tried."""

    OBSERVER_FAULT = "observer_fault"
    UNREACHABLE = "unreachable"
    NOT_LIVE = "not_live"
    LIVE = "live"
    UNRECOGNISED = "unrecognised"


class AddressRole(StrEnum):
    """What an address of a release holds."""

    PAGE = "page"
    ATTACHMENT = "attachment"
