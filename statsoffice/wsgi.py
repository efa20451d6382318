"""The entry point for a web server."""

import gc
import os

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "statsoffice.settings")
application = get_wsgi_application()

# Import the code of all pages before the first request. It stays for the life of the process, so the garbage collector
# need not search it: a full collection in the middle of a request took a tenth of a second.
_ = get_resolver().url_patterns
gc.collect()
gc.freeze()
