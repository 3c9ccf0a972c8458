"""Names of series in plain dicts, an object for each: the model that the columns of the real index are held to."""

from collections.abc import Sequence

from controller.store.port import DistrictSeries


class NaiveIndex:
    """Dense ids in the order of arrival."""

    def __init__(self) -> None:
        self.names: list[DistrictSeries] = []
        self.id_of: dict[DistrictSeries, int] = {}

    def ids(self, names: Sequence[DistrictSeries]) -> list[int]:
        """Ids of `names` in their order; new ones are added."""
        for name in names:
            if name not in self.id_of:
                self.id_of[name] = len(self.names)
                self.names.append(name)
        return [self.id_of[name] for name in names]

    def find(self, site: str | None, device: str | None, metric: str | None, instance: str | None) -> list[int]:
        """Ids of those that match."""
        return [
            series
            for series, name in enumerate(self.names)
            if site in (None, name.site)
            and device in (None, name.device)
            and metric in (None, name.metric)
            and instance in (None, name.instance)
        ]
