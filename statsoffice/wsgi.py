"""The entry point for a web server."""

import gc
import os
from importlib import import_module

from django.conf import settings
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "statsoffice.settings")
application = get_wsgi_application()

# Import the code of all pages before the first request, and exclude it from garbage collection. The code stays in
# memory as long as the process runs, so the garbage collector does not need to examine it during a request.
import_module(settings.ROOT_URLCONF)
gc.collect()
gc.freeze()
