"""Roles, and the lifecycle of a release as one table of moves between statuses."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum


class Role(StrEnum):
    STATISTICIAN = "statistician"
    HEAD_OF_PROFESSION = "head_of_profession"
    DEPUTY = "deputy"
    CALENDAR_MANAGER = "calendar_manager"
    PUBLISHING_TEAM = "publishing_team"
    AUDITOR = "auditor"


# Maps a role to its name in sentences, if the name differs from the stored value.
ROLE_WORDS = {Role.HEAD_OF_PROFESSION: "Head of Profession"}
LEADS = frozenset({Role.HEAD_OF_PROFESSION, Role.DEPUTY})
EVERY_ROLE = frozenset(Role)

# The roles from highest to lowest. If a person has several roles, records name the highest one.
BY_WEIGHT = (
    Role.HEAD_OF_PROFESSION,
    Role.DEPUTY,
    Role.STATISTICIAN,
    Role.AUDITOR,
    Role.PUBLISHING_TEAM,
    Role.CALENDAR_MANAGER,
)


class MoveRefused(Exception):
    """The move is not allowed. The message can be shown to people."""


class WrongState(MoveRefused):
    """The move is not possible from the present state of the object."""


class WrongRole(MoveRefused):
    """None of the person's roles may make this move."""


class ChangedMeanwhile(MoveRefused):
    """Another person has changed the object, or decided on it, since it was read. The move is not made."""


class FieldRefused(MoveRefused):
    """The given values cannot be accepted; `field` names the invalid field.

    `others` are the refusals of other fields that were found at the same time.
    """

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(sentence)
        self.field = field
        self.others: tuple[FieldRefused, ...] = ()


class MissingFields(FieldRefused):
    """A required value is missing; `field` names it."""


def raise_first(refusals: Collection[FieldRefused]) -> None:
    """:raises FieldRefused: the first refusal, with those of the other fields as its `others`, if there are any."""
    if refusals:
        first, *others = refusals
        first.others = tuple(others)
        raise first


class RefusalCollector:
    """Collects the refusals of several checks, so that a person can correct all fields at once."""

    def __init__(self) -> None:
        self._found: dict[str, FieldRefused] = {}

    @contextmanager
    def collect(self) -> Iterator[None]:
        """Collect a refusal that the block raises. Only the first refusal of each field counts."""
        try:
            yield
        except FieldRefused as refusal:
            for each in (refusal, *refusal.others):
                self._found.setdefault(each.field, each)

    def raise_found(self) -> None:
        """:raises FieldRefused: if a refusal was collected. See `raise_first`."""
        raise_first(self._found.values())


@dataclass(frozen=True, slots=True)
class Move:
    """One row of a lifecycle: a move between two states, the roles that may make it, and the required values.

    If `roles` is empty, only the system may make the move.
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
    """Maps a state to its name on pages, if the name differs from the stored value."""

    @property
    def states(self) -> tuple[str, ...]:
        named = [self.initial, *(state for move in self.moves for state in (move.source, move.target))]
        return tuple(dict.fromkeys(named))

    @property
    def move_names(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(move.name for move in self.moves))

    def find(self, name: str, *, source: str) -> Move:
        """Return the named move from a state.

        :raises WrongState: if the move is not possible from this state.
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
        """Return the named move if the state, the roles and the given values allow it.

        :raises WrongState: if the move is not possible from this state.
        :raises WrongRole: if none of the roles may make the move. The system may make every move.
        :raises MissingFields: if a required value is missing.
        """
        move = self.find(name, source=source)
        if not by_system and not move.roles.intersection(roles):
            role_words = sorted(ROLE_WORDS.get(role, to_words(role)) for role in move.roles)
            allowed = f"a {' or '.join(role_words)}" if role_words else "the system"
            sentence = f"Only {allowed} can do this while the {self.name} is {self.describe(source)}."
            raise WrongRole(sentence)
        known = set(given)
        missing = [MissingFields(field, f"Enter the {to_words(field)}.") for field in move.needs if field not in known]
        raise_first(missing)
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
# Profession must agree to a change of a confirmed date, and the change is announced promptly with its reason.
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
        # The release is due, and its publication on time was promised. So only the Head of Profession or a deputy may
        # cancel it.
        Move(CANCEL_ONCE_DUE, Status.CONFIRMED, Status.CANCELLED, LEADS, needs=("reason",)),
        Move(PUBLISH, Status.CONFIRMED, Status.PUBLISHED, LEADS | {Role.STATISTICIAN}),
    ),
)
