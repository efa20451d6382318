"""Two checks as they are written in an afternoon, to hold ours against: a bare status, and a word in the source."""

from releases.detection.finding import AddressRole
from tests.corpus.case import Case, Reply, Right


def bare_status(case: Case, reply: Reply) -> Right:
    """Take every answer with status 200 for the release."""
    return Right.LIVE if reply.failure is None and reply.status == 200 else Right.NOT_LIVE


def keyword(case: Case, reply: Reply) -> Right:
    """Take every page with status 200 for the release if its source has the marker anywhere; a file by its status."""
    there = bare_status(case, reply)
    if there is Right.NOT_LIVE or case.role is AddressRole.ATTACHMENT:
        return there
    return Right.LIVE if case.marker.lower() in reply.body.decode(errors="replace").lower() else Right.NOT_LIVE
