"""Who may read the audit trail: one row of roles."""

from enum import StrEnum

from releases.rules.lifecycle import LEADS, Role


class Action(StrEnum):
    """What can be done with the audit trail of a producer."""

    READ = "read"


TABLE: dict[Action, frozenset[Role]] = {Action.READ: LEADS | {Role.AUDITOR}}
