"""One camera or recorder as a `DeviceCollector`: recognised, asked, looked at, its stream knocked at.

It never raises for what the device does. Silence is ``reachable`` 0 and nothing else; a refused password is a state, an
event, and an hour without another try.
"""

import logging
import time
from dataclasses import dataclass

import msgspec

from agent.address import HostPort
from agent.collect.camera.http import DeviceHttp, tls_for
from agent.collect.camera.login import Login
from agent.collect.camera.onvif import OnvifDevice, Places
from agent.collect.camera.recognise import recognise
from agent.collect.camera.requests import Asker
from agent.collect.camera.rtsp import describe
from agent.collect.camera.watch import Watcher
from agent.collect.port import Cadence, Harvest
from agent.credentials import Credential
from agent.decode.snmp import merge
from agent.decode.value import settled
from agent.settings import AUTO_PROFILE, CameraEntry, TlsTrust
from campus.errors import Poison, Transient
from campus.ids import DeviceId, Instance, MetricId
from campus.metrics import catalogue as metric_catalogue
from campus.samples import DeviceFacts, DeviceKind, Event, Sample, SeriesKey, Severity
from firmware_profiles.catalogue import Catalogue

STREAM_OK, STREAM_BROKEN = 200, 500
"""RTSP's words: fine, and from there on the device's own fault. Between them it was asked wrongly, and nothing is known."""
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class CameraTarget:
    """What the agent's configuration says of a camera or recorder. `kind` None means what the device says."""

    id: DeviceId
    address: HostPort
    credential: Credential | None
    camera: CameraEntry
    name: str = ""
    room: str = ""
    kind: DeviceKind | None = None
    profile: str = AUTO_PROFILE


class CameraCollector:
    """Polls one device. Inert until `poll`; `close` drops the connection. `ConfigError` for a certificate that is none."""

    def __init__(self, target: CameraTarget, catalogue: Catalogue) -> None:
        self._target = target
        self._catalogue = catalogue
        self._login = Login(target.credential)
        self._http = DeviceHttp(target.address, self._login, tls_for(target.camera.tls, target.camera.certificate))
        if target.camera.tls is TlsTrust.ANY:
            _log.warning("camera_tls_unchecked device=%s: whoever stands in the way reads along", target.id)
        self._onvif = OnvifDevice(self._http)
        self._watcher = Watcher(target.id, self._http, target.camera.look_apart_s)
        self._name = ""
        self._asker: Asker | None = None
        self._places: Places | None = None
        self._kind: DeviceKind | None = None
        self._has_told_refusal = False
        self._has_looked_for_profile = False
        self._has_asked = False

    @property
    def profile_name(self) -> str:
        """`vendor/family` of the profile in use, empty before the device was recognised."""
        return self._name

    def port_name(self, index: str) -> str:
        """Cameras tell nothing of ports."""
        del index
        return ""

    async def poll(self, cadences: frozenset[Cadence], now: int) -> Harvest:
        """Ask what is due of `cadences`, once, at `now` (UTC ms). Facts come with the first poll and with every slow one."""
        harvest = Harvest()
        if cadences == {Cadence.FAST} and self._asker:
            return harvest
        started = time.monotonic()
        try:
            await self._http.look("/")
        except Transient:
            harvest.samples.append(self._sample("reachable", 0.0, now))
            return harvest
        except Poison:
            pass  # it answered, if with nonsense
        harvest.samples.append(self._sample("reachable", 1.0, now))
        harvest.samples.append(self._sample("response_time_ms", (time.monotonic() - started) * 1000, now))
        try:
            await self._read(cadences, now, started, harvest)
        except Transient:
            harvest.dropped["no_answer"] += 1
        except Poison as error:
            harvest.dropped[error.reason] += 1
        self._tell_login(now, harvest)
        return harvest

    async def close(self) -> None:
        """Drop the connection; harmless when called twice."""
        await self._http.close()

    async def _read(self, cadences: frozenset[Cadence], now: int, began_s: float, harvest: Harvest) -> None:
        if Cadence.SLOW in cadences or not self._has_looked_for_profile:
            await self._recognise(now)
        asker = self._asker
        if asker is None:
            harvest.dropped["no_profile"] += 1
            return
        due = cadences if self._has_asked else cadences | {Cadence.SLOW}  # who it is comes first
        if Cadence.SLOW in due:  # should it refuse the login, that much is known; who made it is for itself to say
            bare = self._facts(DeviceFacts(self._target.id, self._kind_of(asker), now), asker, now)
            harvest.facts = msgspec.structs.replace(bare, vendor="")
        told = await asker.ask(due, now, began_s, harvest)
        self._has_asked = True
        self._kind = told.kind or self._kind
        if Cadence.SLOW in due:
            harvest.facts = self._facts(told.facts, asker, now)
            self._places = None
        if Cadence.NORMAL in due:
            await self._look(asker, now, harvest)

    async def _recognise(self, now: int) -> None:
        """Find the profile, and again with every slow reading: there may be another camera at the address by then."""
        name = self._target.profile
        if name == AUTO_PROFILE:
            name = await recognise(self._catalogue, self._http, now)
        self._has_looked_for_profile = True
        if name and name != self._name:
            self._name, self._kind, self._has_asked = name, None, False
            self._asker = Asker(self._target.id, self._catalogue.profiles[name], self._http, self._onvif)

    async def _look(self, asker: Asker, now: int, harvest: Harvest) -> None:
        """Stream and picture of a camera; a recorder's channels are looked at where their cameras are."""
        if self._kind_of(asker) is DeviceKind.RECORDER:
            return
        if self._places is None:
            self._places = await self._found_places(asker, now)
        if self._places.stream and self._target.camera.rtsp_port:
            await self._knock(self._places.stream, now, harvest)
        if self._places.picture and self._target.camera.look:
            merge(harvest, await self._watcher.check(self._places.picture, now))

    async def _found_places(self, asker: Asker, now: int) -> Places:
        video = asker.profile.video
        if video.picture or video.stream:
            return Places(video.picture, video.stream)
        try:
            return await self._onvif.places(now)
        except Poison as error:
            if error.reason.startswith("login"):
                raise
            return Places()

    async def _knock(self, path: str, now: int, harvest: Harvest) -> None:
        address = HostPort(self._target.address.host, self._target.camera.rtsp_port)
        try:
            answer = await describe(address, path, self._login, now)
        except (Transient, Poison) as error:
            harvest.dropped[error.reason if isinstance(error, Poison) else "no_stream"] += 1
            if not (isinstance(error, Poison) and error.reason.startswith("login")):
                harvest.samples.append(self._state("stream_state", "none", now))
            return
        harvest.samples.append(self._sample("stream_response_ms", answer.took_ms, now))
        if answer.status == STREAM_OK:
            harvest.samples.append(self._state("stream_state", "ok", now))
            if answer.codec:
                harvest.samples.append(self._state("video_codec_state", answer.codec, now))
        elif answer.status >= STREAM_BROKEN:
            harvest.samples.append(self._state("stream_state", "none", now))
        else:
            harvest.dropped[f"rtsp_{answer.status}"] += 1

    def _tell_login(self, now: int, harvest: Harvest) -> None:
        is_refused = self._login.is_refused
        if is_refused or self._login.is_accepted:
            harvest.samples.append(self._state("login_state", "refused" if is_refused else "accepted", now))
        if is_refused is not self._has_told_refusal:
            named = self._login.credential.name if self._login.credential else ""
            kind = "login_down" if is_refused else "login_up"  # the alert is that of ``login_state``
            harvest.events.append(Event(self._target.id, now, kind, f"credential {named}", Severity.INFO))
        self._has_told_refusal = is_refused

    def _kind_of(self, asker: Asker) -> DeviceKind:
        return self._target.kind or self._kind or asker.profile.kind

    def _facts(self, told: DeviceFacts, asker: Asker, now: int) -> DeviceFacts:
        target = self._target
        vendor = next((source.text for source in asker.profile.facts.vendor if source.text), "")
        return msgspec.structs.replace(
            told,
            kind=self._kind_of(asker),
            observed_at=now,
            name=target.name or told.name,
            room=target.room,
            profile=self._name,
            vendor=told.vendor or vendor,
            address=str(target.address),
        )

    def _sample(self, metric: str, value: float, now: int) -> Sample:
        key = SeriesKey(self._target.id, MetricId(metric), Instance(""))
        return Sample(key, now, settled(metric_catalogue()[MetricId(metric)], value))

    def _state(self, metric: str, state: str, now: int) -> Sample:
        return self._sample(metric, metric_catalogue()[MetricId(metric)].state_value(state), now)
