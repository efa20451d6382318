"""The engine of lifecycles, and the release's own table over every state, move and role (C2, C8)."""

from itertools import product

import pytest

from releases.rules.lifecycle import (
    ANNOUNCE,
    CANCEL,
    CANCEL_ONCE_DUE,
    CHANGE_DATE,
    CONFIRM,
    PUBLISH,
    RELEASE,
    Lifecycle,
    MissingFields,
    Move,
    Role,
    Status,
    WrongRole,
    WrongState,
)

HEADS = {Role.HEAD_OF_PROFESSION, Role.DEPUTY}
KEEPERS = HEADS | {Role.CALENDAR_MANAGER}

# Written out apart from the table, so that a slip in the table shows: who may, where it leads, what it needs.
ALLOWED = {
    (Status.PROVISIONAL, ANNOUNCE): (KEEPERS, Status.PROVISIONAL, set()),
    (Status.PROVISIONAL, CONFIRM): (KEEPERS, Status.CONFIRMED, {"exact_date"}),
    (Status.PROVISIONAL, CHANGE_DATE): (KEEPERS, Status.PROVISIONAL, set()),
    (Status.PROVISIONAL, CANCEL): (KEEPERS, Status.CANCELLED, {"reason"}),
    (Status.CONFIRMED, ANNOUNCE): (KEEPERS, Status.CONFIRMED, set()),
    (Status.CONFIRMED, CHANGE_DATE): (HEADS, Status.CONFIRMED, {"exact_date", "reason"}),
    (Status.CONFIRMED, CANCEL): (KEEPERS, Status.CANCELLED, {"reason"}),
    (Status.CONFIRMED, CANCEL_ONCE_DUE): (HEADS, Status.CANCELLED, {"reason"}),
    (Status.CONFIRMED, PUBLISH): (HEADS | {Role.STATISTICIAN}, Status.PUBLISHED, set()),
}
EVERYTHING = {"exact_date", "reason"}
PAIRS = list(product(Status, (ANNOUNCE, CONFIRM, CHANGE_DATE, CANCEL, CANCEL_ONCE_DUE, PUBLISH)))


def test_the_table_has_these_rows_and_no_others():
    assert {(move.source, move.name) for move in RELEASE.moves} == set(ALLOWED)
    assert set(RELEASE.states) == set(Status)
    assert len(RELEASE.moves) == len(ALLOWED)


def test_a_move_succeeds_only_from_its_state_and_by_its_roles():
    for (state, move), role in product(PAIRS, Role):
        roles, target, _ = ALLOWED.get((state, move), (None, None, None))
        if roles is None:
            with pytest.raises(WrongState):
                RELEASE.check(move, source=state, roles=set(Role), given=EVERYTHING, by_system=True)
        elif role not in roles:
            with pytest.raises(WrongRole):
                RELEASE.check(move, source=state, roles={role}, given=EVERYTHING)
        else:
            assert RELEASE.check(move, source=state, roles={role}, given=EVERYTHING).target == target


@pytest.mark.parametrize(("state", "move"), sorted(ALLOWED), ids=lambda part: str(part))
def test_a_move_without_what_it_needs_is_refused_and_names_it(state, move):
    roles, _, needs = ALLOWED[state, move]
    for missing in needs:
        with pytest.raises(MissingFields) as refusal:
            RELEASE.check(move, source=state, roles=roles, given=EVERYTHING - {missing})
        assert refusal.value.field == missing
    assert RELEASE.check(move, source=state, roles=roles, given=needs)


@pytest.mark.parametrize(("state", "role"), list(product(Status, Role)), ids=lambda part: str(part))
def test_what_is_offered_is_what_is_allowed(state, role):
    offered = RELEASE.available(source=state, roles={role})
    assert set(offered) == {
        move for (source, move), (roles, _, _) in ALLOWED.items() if source == state and role in roles
    }


def test_no_one_without_a_role_makes_any_move():
    for state, move in ALLOWED:
        with pytest.raises(WrongRole):
            RELEASE.check(move, source=state, roles=(), given=EVERYTHING)
        assert RELEASE.available(source=state, roles=()) == ()


def test_nothing_leads_back_to_provisional_or_out_of_an_end():
    back = [move for move in RELEASE.moves if move.target == Status.PROVISIONAL != move.source]
    out = [move for move in RELEASE.moves if move.source in {Status.CANCELLED, Status.PUBLISHED}]
    assert (back, out) == ([], [])


def test_a_refusal_says_in_one_sentence_what_and_why():
    with pytest.raises(WrongState, match=r"^You cannot do this, because this release is cancelled\.$"):
        RELEASE.check(CHANGE_DATE, source=Status.CANCELLED, roles=HEADS)
    with pytest.raises(
        WrongRole, match=r"^Only a Head of Profession or deputy can do this while the release is confirmed\.$"
    ):
        RELEASE.check(CHANGE_DATE, source=Status.CONFIRMED, roles={Role.CALENDAR_MANAGER})


def test_a_row_without_roles_is_for_the_system_alone():
    door = Lifecycle(name="door", initial="open", moves=(Move("slam", "open", "shut", frozenset()),))
    assert door.check("slam", source="open", roles=(), by_system=True).target == "shut"
    assert door.available(source="open", roles=set(Role)) == ()
    with pytest.raises(WrongRole, match="Only the system"):
        door.check("slam", source="open", roles=set(Role))
