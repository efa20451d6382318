"""The stored record of releases: who, what, when, and what was seen."""

from releases.models.anchor import Anchor, TimeStamp, TimeStampRequest
from releases.models.append_only import ChainHead
from releases.models.body import Body, KeptBody
from releases.models.calendar_import import CalendarImport, ImportEvent, ImportRow
from releases.models.comparison import Comparison
from releases.models.date_change import DateChange
from releases.models.date_request import DateChangeRequest
from releases.models.delay_notice import DelayNotice
from releases.models.event import ReleaseEvent
from releases.models.exemption import Exemption
from releases.models.observation import Observation
from releases.models.pre_release import PreReleaseAccess, PreReleaseRequest
from releases.models.preflight import PreflightRun
from releases.models.producer import Contact, Membership, Producer
from releases.models.reason_correction import ReasonCorrection
from releases.models.release import Address, Release
from releases.models.release_rows import MonitoringRowRecord, ReleaseRowRecord
from releases.models.roll_call import RollCall
from releases.models.series import Series
from releases.models.task import ReleaseTask
from releases.models.verification import Statement, Verification
from releases.models.watching import Coverage, HostLease, NotFoundPage, Watch

__all__ = [
    "Address",
    "Anchor",
    "Body",
    "CalendarImport",
    "ChainHead",
    "Comparison",
    "Contact",
    "Coverage",
    "DateChange",
    "DateChangeRequest",
    "DelayNotice",
    "Exemption",
    "HostLease",
    "ImportEvent",
    "ImportRow",
    "KeptBody",
    "Membership",
    "MonitoringRowRecord",
    "NotFoundPage",
    "Observation",
    "PreReleaseAccess",
    "PreReleaseRequest",
    "PreflightRun",
    "Producer",
    "ReasonCorrection",
    "Release",
    "ReleaseEvent",
    "ReleaseRowRecord",
    "ReleaseTask",
    "RollCall",
    "Series",
    "Statement",
    "TimeStamp",
    "TimeStampRequest",
    "Verification",
    "Watch",
]
