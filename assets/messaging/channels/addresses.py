"""Where messages of a channel go, read from one address as an environment variable holds it. Opens nothing.

FREDNING_EMAIL_VIA and FREDNING_SMS_VIA, each one of:

    file                                                files of whole batches, the default (FREDNING_FILES_TO)
    smtp://user:password@host:587                       mails; smtps:// for TLS from the first byte
    https://:secret@host/path                           signed HTTP, a JSON request for several messages
    ses://eu-north-1                                    Amazon SES; credentials by the SDK's own chain
    twilio://account:token@api.twilio.com               SMS by Twilio's interface
    kannel://user:password@host:13013                   SMS by a Kannel gateway

with options after a question mark. All: `rate` (messages a second), `threads`. smtp: `tls` (starttls, none),
`return_path` (may hold {id}), `log` (the log of a Postfix of one's own: evidence after a crash), `settle` (seconds
that it may lag). https: `max_batch`, `idempotency` (seconds). ses: `configuration_set`. kannel: `tls`, `log` (its
access log), `admin_port`, `status_password`, `settle`. User names and passwords are percent-encoded.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, unquote, urlsplit

EVERYWHERE = frozenset({"rate", "threads"})
# scheme → (channels it serves, its own options).
ONE_BY_ONE: dict[str, tuple[frozenset[str], frozenset[str]]] = {
    "smtp": (frozenset({"email"}), frozenset({"tls", "return_path", "log", "settle"})),
    "smtps": (frozenset({"email"}), frozenset({"return_path", "log", "settle"})),
    "https": (frozenset({"email", "sms"}), frozenset({"max_batch", "idempotency"})),
    "http": (frozenset({"email", "sms"}), frozenset({"max_batch", "idempotency"})),
    "ses": (frozenset({"email"}), frozenset({"configuration_set"})),
    "twilio": (frozenset({"sms"}), frozenset({"tls"})),
    "kannel": (frozenset({"sms"}), frozenset({"tls", "log", "admin_port", "status_password", "settle"})),
}
_NUMBERS = frozenset({"rate", "threads", "settle", "max_batch", "idempotency", "admin_port"})
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


class AddressError(ValueError):
    """An address that cannot be used; the message says why and never repeats it, as it may hold a password."""


@dataclass(frozen=True, slots=True)
class Address:
    """A parsed address. Secrets are kept out of its repr."""

    scheme: str
    host: str = ""
    port: int | None = None
    path: str = ""
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    options: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def is_one_by_one(self) -> bool:
        """Whether messages leave one by one at their instant, not as files of a whole batch."""
        return self.scheme in ONE_BY_ONE

    def number(self, name: str) -> float | None:
        return float(self.options[name]) if name in self.options else None


def parse(channel: str, text: str) -> Address:
    """The address of `email` or `sms`. Raises `AddressError`."""
    if text == "file":
        return Address("file")
    try:
        parts = urlsplit(text)
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise AddressError("is no address like smtp://host:25") from error
    if not parts.scheme or "://" not in text:
        raise AddressError("is neither `file` nor an address like smtp://host:25")
    if parts.scheme not in ONE_BY_ONE:
        raise AddressError(f"{parts.scheme}:// is none of {', '.join(ONE_BY_ONE)}")
    serves, known = ONE_BY_ONE[parts.scheme]
    if channel not in serves:
        raise AddressError(f"{parts.scheme} cannot carry {channel}")
    options = dict(parse_qsl(parts.query, keep_blank_values=True))
    if unknown := sorted(set(options) - known - EVERYWHERE):
        raise AddressError(f"{parts.scheme} knows no option {', '.join(unknown)}")
    for name in _NUMBERS & set(options):
        if not options[name].replace(".", "", 1).isdigit() or not float(options[name]) > 0:
            raise AddressError(f"option {name} must be a number above 0")
    if not host:
        raise AddressError("names no host")
    _check_secrecy(parts.scheme, host, options)
    secrets = [unquote(word) if word else None for word in (parts.username, parts.password)]
    return Address(parts.scheme, host, port, parts.path, secrets[0], secrets[1], options)


def _check_secrecy(scheme: str, host: str, options: Mapping[str, str]) -> None:
    """Addresses of customers and passwords do not travel in the clear, except inside this machine."""
    in_the_clear = scheme == "http" or (scheme in ("smtp", "twilio") and options.get("tls") == "none")
    if in_the_clear and host not in _LOOPBACK:
        raise AddressError("without TLS only a server on this machine may be used")
