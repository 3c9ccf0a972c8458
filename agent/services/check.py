"""One check from beginning to end: its time limited, every outcome a finding, and a finding as samples."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Protocol

from agent.address import HostPort
from agent.services.dial import days_left_of_a_bad_one
from agent.services.model import CheckFailed, Finding, ServiceState
from campus.ids import DeviceId, Instance, MetricId
from campus.samples import Sample, SeriesKey

_BAD_CERTIFICATE = frozenset(
    {
        ServiceState.CERTIFICATE_EXPIRED,
        ServiceState.CERTIFICATE_NOT_YET_VALID,
        ServiceState.CERTIFICATE_SELF_SIGNED,
        ServiceState.CERTIFICATE_UNTRUSTED,
        ServiceState.CERTIFICATE_WRONG_NAME,
    }
)


class Check(Protocol):
    """How one kind of service is asked. `ask` is called by one task at a time."""

    @property
    def tls_place(self) -> tuple[HostPort, str] | None:
        """Where its certificate is and of which name it must be; None where there is none."""

    async def ask(self) -> Finding:
        """Ask once. `CheckFailed` when the service is of no use; nothing of the other side raises anything else."""


@dataclass(frozen=True)
class Service:
    """A service to be watched, resolved."""

    id: str
    every_s: float
    timeout_s: float
    slow_ms: float
    check: Check


async def found(service: Service) -> Finding:
    """Ask once, within the service's time."""
    try:
        async with asyncio.timeout(service.timeout_s):
            finding = await service.check.ask()
    except TimeoutError:
        return Finding(ServiceState.TIMEOUT, f"no answer within {service.timeout_s:g} s")
    except CheckFailed as failure:
        return Finding(failure.state, failure.detail, tls_days_left=await _days_left(service, failure.state))
    if finding.state is ServiceState.UP and (finding.response_ms or 0.0) > service.slow_ms:
        return replace(finding, state=ServiceState.SLOW, detail=f"took {finding.response_ms:g} ms")
    return finding


def samples_of(device: DeviceId, service: str, finding: Finding, measured_at: int) -> list[Sample]:
    """What the agent `device` says of a service: the service is the instance, for it belongs to no school."""
    return [
        Sample(SeriesKey(device, MetricId(metric), Instance(service)), measured_at, value)
        for metric, value in _values(finding)
    ]


def _values(finding: Finding) -> Iterator[tuple[str, float]]:
    yield "service_state", float(finding.state)
    for metric, value in (
        ("service_response_ms", finding.response_ms),
        ("service_first_byte_ms", finding.first_byte_ms),
        ("tls_days_left", finding.tls_days_left),
        ("service_clock_offset_s", finding.clock_offset_s),
    ):
        if value is not None:
            yield metric, value


async def _days_left(service: Service, state: ServiceState) -> float | None:
    if state not in _BAD_CERTIFICATE or service.check.tls_place is None:
        return None
    try:
        async with asyncio.timeout(service.timeout_s):
            return await days_left_of_a_bad_one(*service.check.tls_place)
    except TimeoutError:
        return None
