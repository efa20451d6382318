"""The stored record of releases: people, calendar, checks, verdicts and events."""

from releases.models.anchor import Anchor, TimeStamp, TimeStampRequest
from releases.models.append_only import ChainHead
from releases.models.calendar_import import CalendarImport, ImportEvent, ImportRow
from releases.models.event import MonitoringRowRecord, ReleaseEvent, ReleaseRowRecord
from releases.models.observation import Body, Coverage, HostLease, KeptBody, NotFoundPage, Observation, Watch
from releases.models.pre_release import PreReleaseAccess, PreReleaseRequest
from releases.models.producer import Contact, Exemption, Membership, Producer, Series
from releases.models.release import (
    Address,
    Comparison,
    DateChange,
    DateChangeRequest,
    DelayNotice,
    PreflightRun,
    ReasonCorrection,
    Release,
    ReleaseTask,
)
from releases.models.verification import RollCall, Statement, Verification

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
