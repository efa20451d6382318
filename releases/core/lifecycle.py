"""A lifecycle as a table: what may be done in which state, by which role, and what it needs."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from releases.core.roles import Role


class MoveRefused(Exception):
    """A move that the table does not allow; its message is one sentence for people."""


class WrongState(MoveRefused):
    """The thing is in a state from which this move does not start."""


class WrongRole(MoveRefused):
    """None of the person's roles may make this move."""


class SomebodyWasFaster(MoveRefused):
    """The thing is not as it was read: somebody else changed it or decided on it meanwhile, and nothing is done."""


class FieldRefused(MoveRefused):
    """What was given cannot be so; `field` names what is wrong with it."""

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(sentence)
        self.field = field


class SomethingMissing(FieldRefused):
    """The move needs something that was not given; `field` names it."""


@dataclass(frozen=True, slots=True)
class Move:
    """One row of a lifecycle: from a state to a state, by these roles, with these things given.

    A row without roles is made by the system alone, never by hand.
    """

    name: str
    source: str
    target: str
    roles: frozenset[Role]
    needs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Lifecycle:
    """A named table of moves and the state in which everything begins."""

    name: str
    initial: str
    moves: tuple[Move, ...]

    @property
    def states(self) -> tuple[str, ...]:
        """Every state, in the order in which the table first names it."""
        named = [self.initial, *(state for move in self.moves for state in (move.source, move.target))]
        return tuple(dict.fromkeys(named))

    @property
    def move_names(self) -> tuple[str, ...]:
        """Every kind of move, in the table's order."""
        return tuple(dict.fromkeys(move.name for move in self.moves))

    def find(self, name: str, *, source: str) -> Move:
        """Return the row for a move from a state.

        :raises WrongState: if the move does not start in this state.
        """
        for move in self.moves:
            if (move.name, move.source) == (name, source):
                return move
        sentence = f'"{spoken(name).capitalize()}" is not possible: this {self.name} is {spoken(source)}.'
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
        """Return the row for a move if this state, these roles and what was given allow it.

        :raises WrongState: if the move does not start in this state.
        :raises WrongRole: if none of the roles may make it (the system may make every move).
        :raises SomethingMissing: if something that the move needs was not given.
        """
        move = self.find(name, source=source)
        if not by_system and not move.roles.intersection(roles):
            allowed = " or ".join(sorted(spoken(role) for role in move.roles)) or "system"
            sentence = f'"{spoken(name).capitalize()}" of a {spoken(source)} {self.name} is for the {allowed} only.'
            raise WrongRole(sentence)
        for field in move.needs:
            if field not in set(given):
                sentence = f"Give the {spoken(field)}: it is needed to {spoken(name)} a {self.name}."
                raise SomethingMissing(field, sentence)
        return move

    def available(self, *, source: str, roles: Collection[Role]) -> tuple[str, ...]:
        """Return the names of the moves that these roles may make from a state, in the table's order."""
        return tuple(
            dict.fromkeys(move.name for move in self.moves if move.source == source and move.roles.intersection(roles))
        )

    def diagram(self) -> str:
        """Return the lifecycle as a Mermaid state diagram, for the documentation."""
        lines = ["stateDiagram-v2", f"    [*] --> {self.initial}"]
        for move in self.moves:
            who = ", ".join(sorted(spoken(role) for role in move.roles)) or "the system"
            lines.append(f"    {move.source} --> {move.target}: {spoken(move.name)} ({who})")
        return "\n".join(lines)


def spoken(code: str) -> str:
    """Turn a code of a table into words: "with_hop" becomes "with hop"."""
    return code.replace("_", " ")
