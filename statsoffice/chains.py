"""All chains of the record: of events, of checks, of digests of rows, and of anchors."""

from breaches.models import RegisterEvent, ReportEvent, ReportRowRecord
from releases.models import (
    Anchor,
    MonitoringRowRecord,
    Observation,
    ReleaseEvent,
    ReleaseRowRecord,
    TimeStamp,
)
from releases.models.append_only import ChainedRow
from releases.models.row_record import RowRecord
from statsoffice.accounts.models import AccountRowRecord
from statsoffice.audit.models import AccountEvent
from statsoffice.notifications.models import MessageRowRecord

ROW_RECORDS: tuple[type[RowRecord], ...] = (
    ReleaseRowRecord,
    MonitoringRowRecord,
    ReportRowRecord,
    AccountRowRecord,
    MessageRowRecord,
)
CHAINS: tuple[type[ChainedRow], ...] = (
    ReleaseEvent,
    Observation,
    ReportEvent,
    RegisterEvent,
    AccountEvent,
    *ROW_RECORDS,
    Anchor,
    TimeStamp,
)
