"""The entry point for a web server."""

import gc
import os
from importlib import import_module

from django.conf import settings
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "statsoffice.settings")
application = get_wsgi_application()

# Import the code of all pages before the first request. It stays for the life of the process, so the garbage collector
# need not search it in the middle of a request.
import_module(settings.ROOT_URLCONF)
gc.collect()
gc.freeze()
