"""Signs counted for whole schools are those of their devices one by one."""

from collections import Counter
from typing import NamedTuple

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from campus.ids import DeviceId, SiteId
from campus.metrics import Health
from controller.overview.health import SILENT_AFTER_MS, OpenAlert
from controller.overview.picture import Picture
from controller.telemetry.model import DevicesNow
from tests.unit.overview.test_health import NOW, open_alert

SITES = [SiteId("no-1"), SiteId("no-2")]
RULES = ["gas-leak", "printer-supply-low", "lamp-worn"]


class Drawn(NamedTuple):
    """A device: when it was measured last (0 never), whether it answers (None: nobody asks), its open alerts."""

    site: SiteId
    newest_at: int
    reachable: float | None
    rules: list[str]


drawn = st.builds(
    Drawn,
    st.sampled_from(SITES),
    st.sampled_from([0, NOW - SILENT_AFTER_MS - 1, NOW - SILENT_AFTER_MS, NOW]),
    st.sampled_from([None, 0.0, 1.0]),
    st.lists(st.sampled_from(RULES), max_size=2),
)


def picture(devices: list[Drawn], cut_off: set[SiteId]) -> Picture:
    """What is known of them; the name of a device is its place."""
    keys = [(device.site, DeviceId(f"d{n}")) for n, device in enumerate(devices)]
    measured = [n for n, device in enumerate(devices) if device.newest_at]
    asked = [devices[n].reachable for n in measured]
    now = DevicesNow(
        [keys[n] for n in measured],
        np.array([devices[n].newest_at for n in measured], np.int64),
        np.array([0 if value is None else NOW for value in asked], np.int64),
        np.array([np.nan if value is None else value for value in asked]),
    )
    alerts: dict[tuple[SiteId, DeviceId], list[OpenAlert]] = {
        key: [open_alert(rule) for rule in device.rules]
        for key, device in zip(keys, devices, strict=True)
        if device.rules
    }
    return Picture(NOW, {}, dict.fromkeys(cut_off, NOW), alerts, now, {})


@given(st.lists(drawn), st.sets(st.sampled_from(SITES)))
def test_counts_are_those_of_the_devices(devices: list[Drawn], cut_off: set[SiteId]) -> None:
    known = picture(devices, cut_off)
    for site in SITES:
        ids = [DeviceId(f"d{n}") for n, device in enumerate(devices) if device.site == site]
        signs = Counter(known.health(site, device).health for device in ids)
        assert [known.sign(site, device) for device in ids] == [known.health(site, device).health for device in ids]
        counts = known.counts(site, ids)
        assert {sign: getattr(counts, sign) for sign in Health} == {sign: signs[sign] for sign in Health}
        assert known.open_alerts(site) == sum(len(device.rules) for device in devices if device.site == site)
