"""Bodies and pictures in a storage of objects: older ones move, sealed ones never, and retention removes them."""

from datetime import timedelta

import pytest

from releases.evidence import body_storage, embargo, store
from releases.evidence.body_storage import ObjectDiffers
from releases.evidence.screenshots import open_screenshot
from releases.models import Body, BodyObject, BodyUnavailable, Release, Screenshot, StoredBody
from releases.rules.canonical import sha256_hex
from releases.rules.lifecycle import Role, Status
from statsoffice import env
from statsoffice.templatetags.reports import picture_source
from tests.servers.object_storage import BUCKET, KEYS, client_of, object_storage
from tests.support.factories import SEED_DUE, ReleaseFactory, create_member
from tests.support.processes_role import take_rights_of_processes
from tests.support.screenshots import FULL, SMALL, add_screenshot
from tests.support.stored_checks import make_check, store_checks

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]

TWO_DAYS_LATER = SEED_DUE + timedelta(days=2)
KEPT_FOR = timedelta(days=365)
NOT_YET, LIVE = sha256_hex(b"not yet"), sha256_hex(b"live")


@pytest.fixture(scope="module")
def server():
    with object_storage() as address:
        client_of(address).create_bucket(
            Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": KEYS["AWS_DEFAULT_REGION"]}
        )
        yield address


@pytest.fixture
def bucket(server, settings, monkeypatch):
    """The bucket of an office that has a storage for bodies; it is empty."""
    for name, value in {
        **KEYS,
        "STATSOFFICE_BODIES_BUCKET": BUCKET,
        "STATSOFFICE_BODIES_ADDRESS": server,
    }.items():
        monkeypatch.setenv(name, value)
    settings.STORAGES = settings.STORAGES | storage_from_settings()
    client = client_of(server)
    for key in keys_in(client):
        client.delete_object(Bucket=BUCKET, Key=key)
    return client


def storage_from_settings():
    return env.body_storage("STATSOFFICE_BODIES_BUCKET", "STATSOFFICE_BODIES_ADDRESS")


def keys_in(client):
    return {one["Key"] for one in client.list_objects_v2(Bucket=BUCKET).get("Contents", [])}


@pytest.fixture
def release():
    release = ReleaseFactory(confirmed=True)
    address = release.addresses.get()
    store_checks(make_check(address, "not_live", b"not yet", at=-5), make_check(address, "live", b"live", at=0))
    return release


def test_older_bodies_move_and_read_as_before(release, bucket):
    assert body_storage.move_bodies(now=TWO_DAYS_LATER) == 2
    assert keys_in(bucket) == {NOT_YET, LIVE}
    assert {bytes(body.compressed) for body in Body.objects.all()} == {b""}
    assert Body.objects.get(pk=LIVE).content == b"live"
    assert store.check_bodies() == (2, None)
    assert StoredBody.objects.filter(body=LIVE, state="stored").exists()
    assert body_storage.move_bodies(now=TWO_DAYS_LATER) == 0


def test_a_process_that_read_a_body_before_another_moved_it_leaves_the_object(release, bucket):
    stale = Body.objects.get(pk=LIVE)
    body_storage.move_bodies(now=TWO_DAYS_LATER)
    bucket.put_object(Bucket=BUCKET, Key=LIVE, Body=b"the object of the other process")
    body_storage._move(stale, now=TWO_DAYS_LATER)
    assert bucket.get_object(Bucket=BUCKET, Key=LIVE)["Body"].read() == b"the object of the other process"


def test_without_a_storage_no_body_moves(release):
    assert body_storage.move_bodies(now=TWO_DAYS_LATER) == 0
    assert body_storage.remove_objects(now=TWO_DAYS_LATER) == 0
    assert Body.objects.get(pk=LIVE).content == b"live"


def test_bodies_of_the_last_day_stay_in_the_database(release, bucket):
    assert body_storage.move_bodies(now=SEED_DUE + timedelta(hours=23)) == 0
    assert keys_in(bucket) == set()


def test_a_body_under_embargo_never_leaves_the_database(bucket):
    release = ReleaseFactory(confirmed=True)
    store_checks(make_check(release.addresses.get(), "live", b"too early", at=-60))
    early = sha256_hex(b"too early")
    assert embargo.seals_on([early], now=TWO_DAYS_LATER).keys() == {early}
    assert body_storage.move_bodies(now=TWO_DAYS_LATER) == 0
    assert keys_in(bucket) == set()


@pytest.fixture
def pictured(release):
    """The screenshot of a release that went live on time."""
    Release.objects.filter(pk=release.pk).update(status=Status.PUBLISHED)
    release.refresh_from_db()
    return add_screenshot(release)


def test_older_pictures_move_and_are_opened_as_before(release, pictured, bucket):
    lead = create_member(Role.HEAD_OF_PROFESSION, release.series.producer)
    assert body_storage.move_bodies(now=TWO_DAYS_LATER) == 4
    assert keys_in(bucket) == {NOT_YET, LIVE, pictured.sha256, pictured.small_sha256}
    assert {bytes(body.compressed) for body in Body.objects.all()} == {b""}
    for small, content in ((False, FULL), (True, SMALL)):
        assert open_screenshot(release, pictured.pk, by=lead, at=TWO_DAYS_LATER, small=small) == content
    assert store.check_bodies() == (4, None)
    assert body_storage.move_bodies(now=TWO_DAYS_LATER) == 0


def test_pictures_of_the_last_day_stay_in_the_database(release, pictured, bucket):
    body_storage.move_bodies(now=SEED_DUE + timedelta(hours=23))
    assert keys_in(bucket) == set()


@pytest.mark.parametrize(
    "sealed_by",
    [
        pytest.param({"requested_at": SEED_DUE - timedelta(seconds=1)}, id="requested-before-the-due-time"),
        pytest.param({"schedule_version": 0}, id="of-a-date-that-was-moved"),
    ],
)
def test_a_sealed_picture_never_leaves_the_database(release, bucket, sealed_by):
    add_screenshot(release)
    Screenshot.objects.update(**sealed_by)
    assert body_storage.move_bodies(now=TWO_DAYS_LATER) == 2  # what the checks received
    assert keys_in(bucket) == {NOT_YET, LIVE}


def test_no_picture_of_a_release_that_was_live_too_early_leaves_the_database(release, bucket):
    add_screenshot(release)
    store_checks(make_check(release.addresses.get(), "live", b"too early", at=-60))
    body_storage.move_bodies(now=TWO_DAYS_LATER)
    assert keys_in(bucket) == {NOT_YET, LIVE}


def test_a_picture_that_is_not_sealed_elsewhere_stays_while_one_release_seals_it(release, pictured, bucket):
    """Two releases may have the same page, for example a “coming soon” page."""
    other = add_screenshot(ReleaseFactory(reference="schools-april-2020", confirmed=True))
    Screenshot.objects.filter(pk=other.pk).update(requested_at=SEED_DUE - timedelta(seconds=1))
    body_storage.move_bodies(now=TWO_DAYS_LATER)
    assert pictured.sha256 not in keys_in(bucket)


def test_the_end_of_retention_removes_the_objects_of_pictures(release, pictured, bucket):
    take_rights_of_processes()
    body_storage.move_bodies(now=TWO_DAYS_LATER)
    over = SEED_DUE + KEPT_FOR + timedelta(days=1)
    store.prune_bodies(now=over, retention=KEPT_FOR, needed=lambda asked: ())
    assert body_storage.remove_objects(now=over) == 4
    assert keys_in(bucket) == set()


def test_no_document_is_printed_without_a_picture_that_the_storage_does_not_return(pictured, bucket):
    body_storage.move_bodies(now=TWO_DAYS_LATER)
    assert picture_source(pictured.sha256, printed=True).startswith("data:image/png;base64,")
    bucket.delete_object(Bucket=BUCKET, Key=pictured.sha256)
    with pytest.raises(BodyUnavailable):
        picture_source(pictured.sha256, printed=True)
    assert picture_source(pictured.sha256) == ""


def test_the_end_of_retention_removes_the_objects(release, bucket):
    take_rights_of_processes()
    body_storage.move_bodies(now=TWO_DAYS_LATER)
    assert body_storage.remove_objects(now=SEED_DUE + KEPT_FOR) == 0
    over = SEED_DUE + KEPT_FOR + timedelta(days=1)
    assert store.prune_bodies(now=over, retention=KEPT_FOR, needed=lambda asked: ()).bodies == 4
    assert body_storage.remove_objects(now=over) == 2
    assert keys_in(bucket) == set()
    assert not BodyObject.objects.exists()


def test_an_object_is_not_removed_while_another_process_may_be_writing_it(release, bucket):
    BodyObject.objects.create(pk="0" * 64, begun_at=TWO_DAYS_LATER)
    assert body_storage.remove_objects(now=TWO_DAYS_LATER + timedelta(minutes=59)) == 0
    assert body_storage.remove_objects(now=TWO_DAYS_LATER + timedelta(minutes=61)) == 1


def test_a_move_that_was_interrupted_is_repeated(release, bucket):
    BodyObject.objects.create(pk=LIVE, begun_at=TWO_DAYS_LATER)
    bucket.put_object(Bucket=BUCKET, Key=LIVE, Body=b"half of")
    assert body_storage.move_bodies(now=TWO_DAYS_LATER) == 2
    assert Body.objects.get(pk=LIVE).content == b"live"


def test_a_body_stays_in_the_database_if_the_storage_returns_other_bytes(release, bucket, monkeypatch):
    monkeypatch.setattr(Body, "read_object", lambda body: b"other bytes")
    with pytest.raises(ObjectDiffers):
        body_storage.move_bodies(now=TWO_DAYS_LATER)
    assert {body.content for body in Body.objects.all()} == {b"not yet", b"live"}


def test_an_object_that_was_changed_is_named(release, bucket):
    body_storage.move_bodies(now=TWO_DAYS_LATER)
    bucket.put_object(Bucket=BUCKET, Key=LIVE, Body=b"changed")
    assert LIVE in store.check_bodies()[1]


def test_a_missing_object_is_named(release, bucket):
    body_storage.move_bodies(now=TWO_DAYS_LATER)
    bucket.delete_object(Bucket=BUCKET, Key=LIVE)
    with pytest.raises(BodyUnavailable, match=LIVE):
        _ = Body.objects.get(pk=LIVE).content
    assert LIVE in store.check_bodies()[1]


def test_checks_are_stored_while_the_storage_is_unavailable(release, bucket, settings, monkeypatch):
    body_storage.move_bodies(now=TWO_DAYS_LATER)
    monkeypatch.setenv("STATSOFFICE_BODIES_ADDRESS", "http://127.0.0.1:1")
    settings.STORAGES = settings.STORAGES | storage_from_settings()
    store_checks(make_check(release.addresses.get(), "live", b"a later page", at=300))
    assert release.observations.count() == 3
