"""The models of the release calendar, people, checks, verdicts and events."""

from releases.models.anchor import Anchor, TimeStamp, TimeStampRequest
from releases.models.append_only import ChainHead
from releases.models.calendar_import import CalendarImport, ImportEvent, ImportRow
from releases.models.event import MonitoringRowRecord, ReleaseEvent, ReleaseRowRecord
from releases.models.observation import (
    Body,
    BodyObject,
    BodyUnavailable,
    CheckSchedule,
    Coverage,
    HostLease,
    NotFoundPage,
    Observation,
    Screenshot,
    StoredBody,
)
from releases.models.open_files import (
    DummyFile,
    HostAuthorisation,
    OpenFileCheck,
    OpenFileFinding,
    OpenFileRemedy,
)
from releases.models.pre_release import PreReleaseAccess, PreReleaseRequest
from releases.models.producer import (
    Contact,
    Cover,
    Exemption,
    IncidentContact,
    Membership,
    NonWorkingDay,
    Producer,
    RotaEntry,
    Series,
)
from releases.models.publication_statement import PublicationStatement
from releases.models.published_correction import PublishedCorrection
from releases.models.receipt import AccessLink, AccessReceipt, ListConfirmation, PhoneConfirmation
from releases.models.release import (
    Address,
    AgreementCorrection,
    Comparison,
    DateChange,
    DateChangeRequest,
    DelayNotice,
    Departure,
    PreflightRun,
    ReasonCorrection,
    Release,
    ReleaseTask,
)
from releases.models.training import Training
from releases.models.verification import MinuteBrief, RollCall, Statement, VerdictRequest, Verification
from releases.models.year_review import YearReview, YearReviewPage

__all__ = [
    "AccessLink",
    "AccessReceipt",
    "Address",
    "AgreementCorrection",
    "Anchor",
    "Body",
    "BodyObject",
    "BodyUnavailable",
    "CalendarImport",
    "ChainHead",
    "CheckSchedule",
    "Comparison",
    "Contact",
    "Cover",
    "Coverage",
    "DateChange",
    "DateChangeRequest",
    "DelayNotice",
    "Departure",
    "DummyFile",
    "Exemption",
    "HostAuthorisation",
    "HostLease",
    "ImportEvent",
    "ImportRow",
    "IncidentContact",
    "ListConfirmation",
    "Membership",
    "MinuteBrief",
    "MonitoringRowRecord",
    "NonWorkingDay",
    "NotFoundPage",
    "Observation",
    "OpenFileCheck",
    "OpenFileFinding",
    "OpenFileRemedy",
    "PhoneConfirmation",
    "PreReleaseAccess",
    "PreReleaseRequest",
    "PreflightRun",
    "Producer",
    "PublicationStatement",
    "PublishedCorrection",
    "ReasonCorrection",
    "Release",
    "ReleaseEvent",
    "ReleaseRowRecord",
    "ReleaseTask",
    "RollCall",
    "RotaEntry",
    "Screenshot",
    "Series",
    "Statement",
    "StoredBody",
    "TimeStamp",
    "TimeStampRequest",
    "Training",
    "VerdictRequest",
    "Verification",
    "YearReview",
    "YearReviewPage",
]
