"""The first rows of an office: its producer, its Head of Profession, a series, and a rehearsed morning."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Model, Q, QuerySet
from django.utils.text import slugify
from django.utils.translation import gettext as _

from releases import scheduling
from releases.models import Contact, Membership, Producer, Release, Series
from releases.models.event import record_rows
from releases.permissions import Action, check_may
from releases.rules.calendar import Nation, slot_at
from releases.rules.lifecycle import Role
from releases.scheduling import PlannedAddress
from statsoffice.accounts.invitations import InvitationRefused, invite, refuse_own_role
from statsoffice.accounts.models import Invitation, User
from statsoffice.setting_up.permissions import check_sets_up

A_MINUTE = timedelta(minutes=1)


class RolesExist(Exception):
    """The installation is not empty, so that the person has to be given a role by somebody else."""


@transaction.atomic
def found_producer(*, name: str, nation: Nation, hosts: str, by: User) -> Producer:
    """Store the first producer of an installation, and let the set-up make its founder the calendar manager.

    Nobody else could give them the role: no one has any.

    :param hosts: one on each line.
    :raises NotYours: if the person is no administrator.
    :raises RolesExist: if anybody holds a role already, and can give one to them.
    """
    check_sets_up(by)
    if Membership.objects.exists():
        raise RolesExist(
            _(
                "This office has been set up already. Add the producer in the admin site, and ask a Head of Profession "
                "or another administrator to give you a role."
            )
        )
    producer = Producer.objects.create(name=name, slug=_free_slug(Producer, name), nation=nation, hosts=hosts)
    membership = Membership.objects.create(user=by, producer=producer, role=Role.CALENDAR_MANAGER)
    record_rows({Membership: [membership.pk]})
    return producer


@transaction.atomic
def name_head(
    producer: Producer, *, name: str, email: str, post: str, telephone: str, by: User, at: datetime
) -> tuple[Invitation, str] | None:
    """Store how the Head of Profession is reached, and give the role to their account; without one, invite them.

    :param at: the aware instant of naming, from which an invitation counts its week.
    :returns: the invitation with the secret of its link, which is kept nowhere; None where there is an account.
    :raises NotYours: if the person is no administrator, or does not keep the producer's calendar.
    :raises InvitationRefused: if they were invited already, their account is closed, or they would name themselves;
        nothing is stored then.
    """
    check_sets_up(by)
    check_may(by, Action.EDIT, producer)
    refuse_own_role(email, by=by)
    person = User.objects.filter(email__iexact=email).first()
    if person and not person.is_active:
        sentence = _("The account %(email)s is closed. Open it again first, or name somebody else.")
        raise InvitationRefused(sentence % {"email": person.email}, field="email")
    address = person.email if person else email.lower()
    told = {"name": name, "post": post, "telephone": telephone, "user": person}
    Contact.objects.update_or_create(producer=producer, email=address, defaults=told)
    if person is None:
        return invite(email=address, name=name, producer=producer, role=Role.HEAD_OF_PROFESSION, by=by, at=at)
    membership, created = Membership.objects.get_or_create(user=person, producer=producer, role=Role.HEAD_OF_PROFESSION)
    if created:
        record_rows({Membership: [membership.pk]})
    return None


@transaction.atomic
def begin_series(
    producer: Producer, *, title: str, designation: str, team: str, email: str, telephone: str, by: User
) -> Series:
    """Store a series with who answers for it, and with the Head of Profession whom the producer has.

    :raises NotYours: if the person does not keep the producer's calendar.
    """
    check_may(by, Action.EDIT, producer)
    told = {"name": team, "telephone": telephone}
    responsible, _made = Contact.objects.get_or_create(producer=producer, email=email, defaults=told)
    return Series.objects.create(
        producer=producer,
        title=title,
        slug=_free_slug(Series, title, producer=producer),
        designation=designation,
        responsible=responsible,
        head_of_profession=heads_of(producer).order_by("pk").first(),
    )


@transaction.atomic
def rehearse(series: Series, *, url: str, marker: str, minutes: int, by: User, at: datetime) -> Release:
    """Record and confirm a rehearsal that is due in some whole minutes; nobody outside sees it.

    :param url: a page of the office's own, to be published at that minute.
    :param marker: words that it shows once it is published, and not before.
    :param at: the aware instant of asking.
    :raises NotYours: if the person does not keep the calendar of the series.
    """
    check_may(by, Action.EDIT, series.producer)
    due_at = at.replace(second=0, microsecond=0) + A_MINUTE * (minutes + 1)
    release = scheduling.record_release(
        series,
        reference=f"rehearsal-{series.slug}-{due_at:%Y-%m-%d-%H%M}",
        title=_("Rehearsal: %(series)s") % {"series": series.title},
        slot=slot_at(due_at),
        at=at,
        by=by,
        rehearsal=True,
        addresses=[PlannedAddress(url=url, marker=marker)],
    )
    return scheduling.confirm(release, by=by, at=at)


def heads_of(producer: Producer) -> QuerySet[Contact]:
    """Return how the Heads of Profession of a producer are reached: of those who hold the role or are invited to it.

    Whose account is closed heads nothing.
    """
    held = Membership.objects.filter(producer=producer, role=Role.HEAD_OF_PROFESSION, user__is_active=True)
    # Whoever accepted holds the role, or has lost it since.
    invited = Invitation.objects.filter(
        producer=producer, role=Role.HEAD_OF_PROFESSION, accepted_at=None, withdrawn_at=None
    )
    return producer.contacts.filter(Q(user__in=held.values("user")) | Q(email__in=invited.values("email")))


def _free_slug(model: type[Model], words: str, **among: object) -> str:
    """Make a slug from words that no other row has, with a number behind it where the bare one is taken."""
    bare = slugify(words)[:80] or "office"
    taken = set(model._default_manager.filter(slug__startswith=bare, **among).values_list("slug", flat=True))
    numbered = (f"{bare}-{number}" for number in range(2, len(taken) + 3))
    return next(slug for slug in (bare, *numbered) if slug not in taken)
