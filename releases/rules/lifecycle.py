"""Roles, and the lifecycle of a release as one table of moves between statuses."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Role(StrEnum):
    STATISTICIAN = "statistician"
    HEAD_OF_PROFESSION = "head_of_profession"
    DEPUTY = "deputy"
    CALENDAR_MANAGER = "calendar_manager"
    PUBLISHING_TEAM = "publishing_team"
    AUDITOR = "auditor"


# The names of roles in sentences, if these differ from the stored values.
ROLE_WORDS = {Role.HEAD_OF_PROFESSION: "Head of Profession"}
LEADS = frozenset({Role.HEAD_OF_PROFESSION, Role.DEPUTY})
EVERY_ROLE = frozenset(Role)

# If a person holds several roles, the record names the highest one.
BY_WEIGHT = (
    Role.HEAD_OF_PROFESSION,
    Role.DEPUTY,
    Role.STATISTICIAN,
    Role.AUDITOR,
    Role.PUBLISHING_TEAM,
    Role.CALENDAR_MANAGER,
)


class MoveRefused(Exception):
    """A move that the table does not allow; its message is one sentence for people."""


class WrongState(MoveRefused):
    """The move does not start from the object's present state."""


class WrongRole(MoveRefused):
    """None of the person's roles may make this move."""


class ChangedMeanwhile(MoveRefused):
    """Another person changed the object or decided on it since it was read. Nothing is changed."""


class FieldRefused(MoveRefused):
    """The given values cannot be accepted; `field` names the invalid field."""

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(sentence)
        self.field = field


class MissingFields(FieldRefused):
    """A required value is missing; `field` names it."""


@dataclass(frozen=True, slots=True)
class Move:
    """One row of a lifecycle: a move between two states, the roles that may make it, and the required values.

    A move without roles is made only by the system.
    """

    name: str
    source: str
    target: str
    roles: frozenset[Role]
    needs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Lifecycle:
    name: str
    initial: str
    moves: tuple[Move, ...]
    state_words: Mapping[str, str] = field(default_factory=dict, hash=False)
    """The names of states on pages, if these differ from the stored values."""

    @property
    def states(self) -> tuple[str, ...]:
        named = [self.initial, *(state for move in self.moves for state in (move.source, move.target))]
        return tuple(dict.fromkeys(named))

    @property
    def move_names(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(move.name for move in self.moves))

    def find(self, name: str, *, source: str) -> Move:
        """Return the row for a move from a state.

        :raises WrongState: if the move does not start in this state.
        """
        for move in self.moves:
            if (move.name, move.source) == (name, source):
                return move
        sentence = f"You cannot do this, because this {self.name} is {self.describe(source)}."
        raise WrongState(sentence)

    def check(
        self,
        name: str,
        *,
        source: str,
        roles: Collection[Role],
        given: Iterable[str] = (),
        by_system: bool = False,
    ) -> Move:
        """Return the row for a move if this state, these roles and the given values allow it.

        :raises WrongState: if the move does not start in this state.
        :raises WrongRole: if none of the roles may make it (the system may make every move).
        :raises MissingFields: if a required value is missing.
        """
        move = self.find(name, source=source)
        if not by_system and not move.roles.intersection(roles):
            role_words = sorted(ROLE_WORDS.get(role, to_words(role)) for role in move.roles)
            allowed = f"a {' or '.join(role_words)}" if role_words else "the system"
            sentence = f"Only {allowed} can do this while the {self.name} is {self.describe(source)}."
            raise WrongRole(sentence)
        for needed in move.needs:
            if needed not in set(given):
                sentence = f"Enter the {to_words(needed)}."
                raise MissingFields(needed, sentence)
        return move

    def describe(self, state: str) -> str:
        return self.state_words.get(state, to_words(state))

    def available(self, *, source: str, roles: Collection[Role]) -> tuple[str, ...]:
        return tuple(
            dict.fromkeys(move.name for move in self.moves if move.source == source and move.roles.intersection(roles))
        )


def to_words(code: str) -> str:
    """Replace underscores in a code with spaces: "with_hop" becomes "with hop"."""
    return code.replace("_", " ")


class Status(StrEnum):
    PROVISIONAL = "provisional"
    CONFIRMED = "confirmed"
    PUBLISHED = "published"
    CANCELLED = "cancelled"


# The statuses of releases that are neither published nor cancelled.
TO_COME = (Status.PROVISIONAL, Status.CONFIRMED)

ANNOUNCE = "announce"
CONFIRM = "confirm"
CHANGE_DATE = "change_date"
CANCEL = "cancel"
CANCEL_ONCE_DUE = "cancel_once_due"
PUBLISH = "publish"

KEEPERS = LEADS | {Role.CALENDAR_MANAGER}

# A confirmed release never becomes provisional again. Code of Practice, edition 2.1, T3.2 (3.0: 3.2): the Head of
# Profession agrees to a change of a confirmed date, and it is announced promptly with its reason.
RELEASE = Lifecycle(
    name="release",
    initial=Status.PROVISIONAL,
    moves=(
        Move(ANNOUNCE, Status.PROVISIONAL, Status.PROVISIONAL, KEEPERS),
        Move(ANNOUNCE, Status.CONFIRMED, Status.CONFIRMED, KEEPERS),
        Move(CONFIRM, Status.PROVISIONAL, Status.CONFIRMED, KEEPERS, needs=("exact_date",)),
        Move(CHANGE_DATE, Status.PROVISIONAL, Status.PROVISIONAL, KEEPERS),
        Move(CHANGE_DATE, Status.CONFIRMED, Status.CONFIRMED, LEADS, needs=("exact_date", "reason")),
        Move(CANCEL, Status.PROVISIONAL, Status.CANCELLED, KEEPERS, needs=("reason",)),
        Move(CANCEL, Status.CONFIRMED, Status.CANCELLED, KEEPERS, needs=("reason",)),
        # A due release was promised, so only the Head of Profession decides that it will not be published.
        Move(CANCEL_ONCE_DUE, Status.CONFIRMED, Status.CANCELLED, LEADS, needs=("reason",)),
        Move(PUBLISH, Status.CONFIRMED, Status.PUBLISHED, LEADS | {Role.STATISTICIAN}),
    ),
)
