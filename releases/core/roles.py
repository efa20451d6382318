"""The roles that a person may hold for a producer."""

from enum import StrEnum


class Role(StrEnum):
    """What somebody is to one producer; the tables of permissions speak in these words."""

    STATISTICIAN = "statistician"
    HEAD_OF_PROFESSION = "head_of_profession"
    DEPUTY = "deputy"
    CALENDAR_MANAGER = "calendar_manager"
    PUBLISHING_TEAM = "publishing_team"
    AUDITOR = "auditor"


LEADS = frozenset({Role.HEAD_OF_PROFESSION, Role.DEPUTY})
EVERY_ROLE = frozenset(Role)

# Where somebody holds several roles, the record names the one that weighs most.
BY_WEIGHT = (
    Role.HEAD_OF_PROFESSION,
    Role.DEPUTY,
    Role.STATISTICIAN,
    Role.AUDITOR,
    Role.PUBLISHING_TEAM,
    Role.CALENDAR_MANAGER,
)
