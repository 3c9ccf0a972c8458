"""What went wrong with a Grafana, in words that say what to do: the seam where the library's errors end.

niquests is what grafana-client speaks HTTP with; errors of the connection come through as its own.
"""

import re
from typing import Final

from grafana_client.client import GrafanaException, GrafanaTimeoutError
from niquests.exceptions import (
    ConnectionError as NoConnection,
)
from niquests.exceptions import (
    InvalidJSONError,
    ProxyError,
    RequestException,
    SSLError,
    TooManyRedirects,
)

from campus.errors import CampusError, ConfigError, Transient
from dashboards.grafana.address import Address

ASKING_HEALTH: Final = "asking for its health"
_MAX_WORDS: Final = 300
_NEEDED: Final = re.compile(r"[Pp]ermissions? needed: (?P<names>[^\n]+)")
_NOT_GRAFANA: Final = (
    "does the address lead to a Grafana (with the path it is served under), "
    "or does a proxy or a sign-in page stand in front of it?"
)
_NOT_JSON: Final = f"answers with something that is not Grafana's JSON: {_NOT_GRAFANA}"


def trouble(error: GrafanaException | RequestException, address: Address, doing: str) -> CampusError:
    """The error to raise instead, while `doing` something: `ConfigError` where a person must act, else `Transient`."""
    if isinstance(error, GrafanaTimeoutError):
        return Transient(
            f"{address}: no answer in time while {doing}: is Grafana up, is the address right, is a firewall between?"
        )
    if isinstance(error, GrafanaException):
        return _refusal(error, address, doing)
    return _no_way_there(error, address, doing)


def not_json(address: Address, doing: str) -> ConfigError:
    """It answered, and it is no Grafana that answers."""
    return ConfigError(f"{address}: while {doing}: {_NOT_JSON}")


def _no_way_there(error: RequestException, address: Address, doing: str) -> CampusError:
    if isinstance(error, TooManyRedirects):
        return ConfigError(
            f"{address}: sends on to another address while {doing}: give the address it leads to (https instead of http, "
            "the path it is served under); a token is not carried along"
        )
    if isinstance(error, InvalidJSONError):
        return not_json(address, doing)
    if isinstance(error, ProxyError):
        return ConfigError(
            f"{address}: the proxy of this machine (https_proxy, http_proxy) does not lead there while {doing}: "
            "name the host in no_proxy, or mend the proxy"
        )
    if isinstance(error, SSLError):
        return ConfigError(
            f"{address}: TLS fails while {doing}: {_short(error)}. Give the authority that signed its certificate with "
            "--ca-file, and the name the certificate is for in --url"
        )
    if isinstance(error, NoConnection):
        return Transient(
            f"{address}: nothing answers there while {doing}: is Grafana up, are host and port right? "
            f"({_short(_reason(error))})"
        )
    return Transient(f"{address}: the connection broke off while {doing}: {_short(error)}")


def _refusal(error: GrafanaException, address: Address, doing: str) -> CampusError:
    status, said = int(error.status_code), _said(error)
    if said.startswith("<"):
        said = _NOT_JSON
    where = f"{address}: {status} while {doing}"
    if status == 401 and doing == ASKING_HEALTH:  # a Grafana tells anybody
        return ConfigError(f"{where} ({said}): {_NOT_GRAFANA}")
    if status == 401:
        return ConfigError(
            f"{where}: the token is not accepted ({said}). Make one in Grafana: Administration, Users and access, "
            "Service accounts (role Admin), Add token; and see that it has not expired"
        )
    if status == 403:
        return ConfigError(f"{where}: {_missing(said)}")
    if status == 404:
        return ConfigError(
            f"{where}: there is no such thing ({said}). Is this the address of a Grafana, with its path?"
        )
    if status == 407:
        return ConfigError(f"{where}: the proxy of this machine wants a password: name the host in no_proxy")
    if status in (409, 412):
        return Transient(
            f"{where}: somebody changed it at this very moment, or another has its name ({said}). "
            "Look at it in Grafana, then push again"
        )
    if status == 429 or status >= 500:
        return Transient(f"{where}: Grafana has trouble: {said}. Try again; its log tells more")
    return ConfigError(f"{where}: refused: {said}")


def _missing(said: str) -> str:
    found = _NEEDED.search(said)
    if found is None:
        return f"not permitted ({said}). The token's service account needs the role Admin"
    return f"the token's service account lacks the permission {found['names'].strip()}: give it that, or the role Admin"


def _reason(error: Exception) -> Exception:
    """What the system said of the connection: the libraries wrap it in errors that name their own objects."""
    wrapped = error.args[0] if error.args else error
    inner = getattr(wrapped, "reason", wrapped)
    cause = getattr(inner, "__cause__", None)
    return cause if isinstance(cause, Exception) else error


def _said(error: GrafanaException) -> str:
    """The server's own words."""
    answer = error.response
    if isinstance(answer, dict):
        answer = answer.get("message") or answer.get("error") or answer.get("detail") or answer
    return _short(answer)


def _short(words: object) -> str:
    text = " ".join(str(words).split())
    return text if len(text) <= _MAX_WORDS else f"{text[:_MAX_WORDS]}…"
