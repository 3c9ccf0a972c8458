"""The check of a name server, by dnspython."""

import time

import dns.asyncresolver
import dns.exception
import dns.resolver

from agent.address import HostPort
from agent.services.model import CheckFailed, DnsEntry, Finding, ServiceState


class DnsCheck:
    """Puts one question to one server, or to the system's. Inert; the system's servers are looked up at every asking."""

    tls_place = None

    def __init__(self, entry: DnsEntry, server: HostPort | None) -> None:
        self._entry = entry
        self._server = server

    async def ask(self) -> Finding:
        """Ask once; `CheckFailed` when there is no answer or another one than expected."""
        entry = self._entry
        began_s = time.perf_counter()
        try:
            resolver = self._resolver()
            answer = await resolver.resolve(entry.question, entry.type.value, lifetime=entry.timeout_s, search=False)
        except dns.resolver.NXDOMAIN as error:
            raise CheckFailed(ServiceState.NAME_NOT_FOUND, f"there is no name {entry.question}") from error
        except dns.resolver.NoAnswer as error:
            raise CheckFailed(ServiceState.WRONG_ANSWER, f"{entry.question} has no {entry.type} record") from error
        except dns.resolver.NoNameservers as error:
            raise CheckFailed(ServiceState.WRONG_ANSWER, f"no server answers rightly: {_rcodes(error)}") from error
        except dns.exception.Timeout as error:
            raise CheckFailed(ServiceState.TIMEOUT, "no name server answered in time") from error
        except dns.resolver.NoResolverConfiguration as error:
            raise CheckFailed(ServiceState.UNREACHABLE, "this machine knows no name server") from error
        except dns.exception.DNSException as error:
            raise CheckFailed(ServiceState.WRONG_ANSWER, f"not an answer: {type(error).__name__}") from error
        took_ms = round((time.perf_counter() - began_s) * 1000, 1)
        told = {_plain(record.to_text()) for record in answer}
        missing = [each for each in entry.answers if _plain(each) not in told]
        if missing:
            raise CheckFailed(
                ServiceState.WRONG_ANSWER, f"{entry.question} is {', '.join(sorted(told))[:200]} and not {missing[0]}"
            )
        return Finding(ServiceState.UP, response_ms=took_ms)

    def _resolver(self) -> dns.asyncresolver.Resolver:
        resolver = dns.asyncresolver.Resolver(configure=self._server is None)
        if self._server is not None:
            resolver.nameservers = [self._server.host]
            resolver.port = self._server.port
        return resolver


def _plain(text: str) -> str:
    """A record as people write it: without case, quotes, and the dot that ends a whole name."""
    return text.strip('"').rstrip(".").lower()


def _rcodes(error: dns.resolver.NoNameservers) -> str:
    """What each server said, such as SERVFAIL."""
    told = [each[3] for each in error.kwargs.get("errors", ()) if len(each) > 3]
    return ", ".join(str(each) for each in told)[:200] or "none"
