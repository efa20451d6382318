"""Requests to the API for an office's own systems, with the standard library alone."""

import json
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from email.message import Message
from typing import IO, Any

type Parameter = str | int | Sequence[str] | None


class RequestRefused(Exception):
    """The API refused a request; `sentence` says why.

    `retry_after` is the number of seconds after which to send it again, or None if the API did not say.
    """

    def __init__(self, status: int, sentence: str, *, retry_after: int | None = None) -> None:
        super().__init__(f"{status}: {sentence}")
        self.status, self.sentence, self.retry_after = status, sentence, retry_after


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """Follow no redirect, because urllib would send the token to the other host too."""

    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: Message, newurl: str
    ) -> None:
        return None


class Transport:
    """Sends requests with a token to the service at an address, such as https://calendar.example.gov.uk.

    :raises ValueError: if the address is not https, unless it is of this computer.
    """

    def __init__(self, address: str, token: str, *, timeout: float = 30) -> None:
        parts = urllib.parse.urlsplit(address)
        is_here = parts.scheme == "http" and parts.hostname in {"localhost", "127.0.0.1", "::1"}
        if not parts.hostname or not (parts.scheme == "https" or is_here):
            raise ValueError(f"{address} must begin with https://, because requests contain the token.")
        self._origin = f"{parts.scheme}://{parts.netloc}"
        self._token, self._timeout = token, timeout
        self._opener = urllib.request.build_opener(_NoRedirect)

    def send(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, Parameter] | None = None,
        body: Mapping[str, object] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Any:
        """Send a request and return the answer, read from JSON.

        :raises RequestRefused: if the API answers with an error or a redirect.
        :raises OSError: if there is no answer. Send a change again with the same key: it is carried out only once.
        """
        given = {name: value for name, value in (query or {}).items() if value is not None}
        address = path + (f"?{urllib.parse.urlencode(given, doseq=True)}" if given else "")
        data = None if body is None else json.dumps(body).encode()
        sent = {"Accept": "application/json"} | ({} if body is None else {"Content-Type": "application/json"})
        return json.loads(self._open(method, address, data=data, headers={**sent, **(headers or {})}))

    def download(self, path: str) -> bytes:
        """Return the content of a file.

        :raises RequestRefused: if the API answers with an error or a redirect.
        :raises OSError: if there is no answer.
        """
        return self._open("GET", path)

    def read_list(self, path: str, key: str, *, query: Mapping[str, Parameter]) -> Iterator[Any]:
        """Yield the entries of a list, which comes in parts; the next part is requested when it is needed."""
        answer = self.send("GET", path, query=query)
        yield from answer[key]
        while answer["next_url"]:
            # The service names itself by its public address. The token is sent only to the address given to us.
            following = urllib.parse.urlsplit(answer["next_url"]).query
            answer = self.send("GET", path, query=urllib.parse.parse_qs(following, keep_blank_values=True))
            yield from answer[key]

    def _open(
        self, method: str, address: str, *, data: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> bytes:
        request = urllib.request.Request(  # noqa: S310  # the scheme was checked
            f"{self._origin}{address}",
            method=method,
            data=data,
            headers={"Authorization": f"Bearer {self._token}", **(headers or {})},
        )
        try:
            with self._opener.open(request, timeout=self._timeout) as response:
                content: bytes = response.read()
                return content
        except urllib.error.HTTPError as error:
            with error:
                raise _read_refusal(error) from None


def _read_refusal(error: urllib.error.HTTPError) -> RequestRefused:
    try:
        sentence = str(json.load(error)["error"])
    except (ValueError, LookupError, TypeError):
        sentence = f"The service answered with status {error.code} and without a reason."
    retry_after = error.headers.get("Retry-After", "")
    return RequestRefused(error.code, sentence, retry_after=int(retry_after) if retry_after.isdecimal() else None)


def quote_part(value: str) -> str:
    """Write a value as one part of a path."""
    return urllib.parse.quote(value, safe="")
