"""A client of the API for an office's own systems. It needs Python 3.12 or newer and no other package."""

from statsoffice_client.client import Client
from statsoffice_client.transport import RequestRefused

__all__ = ["Client", "RequestRefused"]
