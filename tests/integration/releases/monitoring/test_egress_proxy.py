"""An office that lets everything out through one proxy: a real one, in front of a real site."""

from urllib.parse import urlsplit

import pytest

from releases.models import Observation, PreflightRun
from releases.monitoring.adhoc_checks import AdhocMeans
from releases.probe.probe import probe_from_settings
from statsoffice.fake_publisher.scenes import scene
from tests.support.fetching import fetch
from tests.support.forward_proxy import forward_proxy
from tests.support.preflight import DAY_BEFORE, PAGE, a_sound_release, check, means_with
from tests.support.publishers import always, once, publisher, response, self_signed, tls_with

HOST = "www.example.gov.uk"


def test_a_plain_page_is_fetched_through_the_proxy_with_its_own_status_and_headers():
    with (
        publisher(once(response(200, b"page", ETag='"1"'))) as site,
        forward_proxy({HOST: site.port}) as proxy,
    ):
        answer = fetch(
            f"http://{HOST}/a?b=c", opened=[], allowed=[HOST], proxy=f"http://{proxy.entry}", vantage="office"
        )
        assert site.requests[0].startswith("GET /a?b=c HTTP/1.1")
    assert (answer.failure, answer.status, answer.body, answer.header("etag")) == (None, 200, b"page", '"1"')
    assert answer.vantage == f"office through proxy {proxy.entry}"
    assert proxy.asked == [f"GET http://{HOST}/a?b=c HTTP/1.1"]


def test_a_secure_page_is_fetched_through_a_tunnel_and_its_certificate_is_the_sites_own(tmp_path):
    pem = self_signed(tmp_path, name=HOST)
    with (
        publisher(always(response(200, b"secret page")), tls=tls_with(pem)) as site,
        forward_proxy({HOST: site.port}) as proxy,
    ):
        answer = fetch(
            f"https://{HOST}/", opened=[], allowed=[HOST], proxy=f"http://{proxy.entry}", authorities=str(pem)
        )
    assert (answer.failure, answer.body) == (None, b"secret page")
    assert len(answer.certificate_sha256) == 64
    assert proxy.asked == [f"CONNECT {HOST}:443 HTTP/1.1"]


def test_a_proxy_that_wants_a_name_gets_it_and_the_site_does_not():
    with (
        publisher(once(response(200, b"page"))) as site,
        forward_proxy({HOST: site.port}, user="office:secret") as proxy,
    ):
        answer = fetch(f"http://{HOST}/", opened=[], allowed=[HOST], proxy=f"http://office:secret@{proxy.entry}")
        assert "secret" not in "".join(site.requests)
    assert answer.body == b"page"
    assert "secret" not in answer.vantage


@pytest.mark.django_db
def test_every_kept_check_says_that_it_went_through_the_proxy(site, settings):
    port = urlsplit(site.base_url).port
    settings.PROBE_ALLOW_PRIVATE = frozenset()
    settings.PROBE_VANTAGE = "watcher.example.gov.uk"
    release = a_sound_release(site)
    for address in release.addresses.all():
        address.url = address.url.replace(site.base_url, f"http://{HOST}")
        address.save()
    site.publish(PAGE, [scene("page", status=404)])
    with forward_proxy({HOST: port}) as proxy:
        settings.PROBE_PROXY = f"http://{proxy.entry}"
        with probe_from_settings(now=lambda: DAY_BEFORE, adhoc=True) as probe:
            means: AdhocMeans = means_with(probe)
            assert check(release, means) == set()
    said = f"watcher.example.gov.uk through proxy {proxy.entry}"
    assert set(Observation.objects.values_list("vantage", flat=True)) == {said}
    assert PreflightRun.objects.get().vantage == said
    assert len(proxy.asked) == 3
