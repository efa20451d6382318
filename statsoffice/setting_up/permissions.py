"""Who sets an office up."""

from releases.permissions import NotYours, Person

NEEDED = ("accounts.add_user", "releases.add_producer", "releases.add_membership")


def sets_up(person: Person) -> bool:
    """Tell whether a person is an administrator, who sets an office up: one of those whom the admin site lets in."""
    return person.is_active and person.is_staff and person.has_perms(NEEDED)


def check_sets_up(person: Person) -> None:
    """Require that a person is an administrator.

    :raises NotYours: if they are not.
    """
    if not sets_up(person):
        message = f"{person} sets no office up."
        raise NotYours(message)
