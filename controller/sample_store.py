"""The sample store that a configuration chooses, built inert."""

from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from campus.ids import DeviceId, SiteId
from controller.backup.model import SAMPLES
from controller.config import ControllerConfig, StoreKind
from controller.registry.service import RegistryService
from controller.store.embedded.store import EmbeddedStore
from controller.store.influx.catalogue import FOLDER
from controller.store.influx.lines import DeviceTags, TagsOf

if TYPE_CHECKING:
    from controller.store.influx.store import InfluxStore


def sample_store(config: ControllerConfig, tags_of: TagsOf) -> "EmbeddedStore | InfluxStore":
    """`tags_of` says what is known of a device; only InfluxDB keeps it beside the samples."""
    zone = ZoneInfo(config.district.timezone)
    if config.store is StoreKind.INFLUXDB:
        from controller.store.influx.store import InfluxStore  # its library takes 30 MB and half a second

        folder = config.data_path / FOLDER
        return InfluxStore(folder, config.influxdb, tags_of, timezone=zone, retention=config.retention)
    return EmbeddedStore(config.data_path / SAMPLES, timezone=zone, retention=config.retention)


def registry_tags(registry: RegistryService) -> TagsOf:
    """Kind and room of a device as the registry has them at that moment, from memory; none of a device it does not know."""

    def tags_of(site: SiteId, device: DeviceId) -> DeviceTags:
        if not registry.is_known(site, device):
            return DeviceTags()
        return DeviceTags(str(registry.kind_of(site, device)), registry.room_of(site, device))

    return tags_of
