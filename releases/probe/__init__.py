"""The HTTP client and the browser that make the checks, the adapters that read what they get, and webhook requests.

All of them use the address guard."""
