"""A host's own page for what it does not have: asked once a day, and held against what stands where one is due."""

import secrets
from datetime import datetime, timedelta

from releases.core.looks.answer import Answer
from releases.core.looks.companions import address_that_cannot_exist
from releases.core.looks.errand import Errand
from releases.models import Address, NotFoundPage
from releases.watching.watch_list import Target
from releases.watching.watch_round import Round

STANDS_FOR = timedelta(days=1)
# A host whose answer said nothing is asked again sooner.
ASKED_AGAIN_AFTER = timedelta(minutes=15)
SAYS_ABSENT = frozenset({404, 410})
# Other adapters ask a publishing system, which says by itself what is not there.
ADAPTER = "page"


def ask(going: Round, *, now: datetime) -> None:
    """Read what is known of the hosts of a sweep, and ask those of which nothing is known, or not any more.

    :param now: the aware instant of asking.
    """
    new = {target.host: target for target in going.targets.values() if _tells(target)}
    new = {host: target for host, target in new.items() if host not in going.not_found_known}
    if not new:
        return
    known = {page.host: page for page in NotFoundPage.objects.filter(host__in=new)}
    for host, target in new.items():
        page = going.not_found_known[host] = known.get(host)
        if page is None or page.ask_again_at <= now:
            _ask(going, target, now=now)


def read(going: Round, errand: Errand, answer: Answer) -> None:
    """Have read what a host answered for an address that cannot exist."""
    text = going.look.begin_text_of(errand.key, answer)
    if text is None:
        going.not_found_reading[errand.key] = errand, answer
    else:
        take(going, errand, answer, text=text)


def take(going: Round, errand: Errand, answer: Answer, *, text: str) -> None:
    """Take in what such an answer says; the sweep stores it when it stores its looks."""
    host = going.not_found_asked.pop(errand.key)
    # An empty page is an answer too where its status says that there is nothing.
    says_something = text or (answer.failure is None and answer.status in SAYS_ABSENT)
    page = NotFoundPage(
        host=host,
        url=errand.url,
        status=answer.status if answer.failure is None else None,
        text=text,
        seen_at=answer.completed_at,
        ask_again_at=going.clock.now() + (STANDS_FOR if says_something else ASKED_AGAIN_AFTER),
    )
    going.not_found_known[host] = page
    going.not_found_unstored.append(page)


def _tells(target: Target) -> bool:
    return target.address.role == Address.Role.PAGE and target.address.adapter == ADAPTER


def _ask(going: Round, target: Target, *, now: datetime) -> None:
    url = address_that_cannot_exist(target.address.url, token=secrets.token_hex(8))
    key = ("not found", target.host)
    going.not_found_asked[key] = target.host
    going.look.start(Errand(key=key, url=url, allowed_hosts=target.allowed_hosts, planned_at=now))
