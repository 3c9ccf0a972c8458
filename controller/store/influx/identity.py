"""Whose samples these are: a random id that stands in InfluxDB and in the catalogue, compared at every start.

So that a controller never takes another district's database, or an emptied one, for its own.
"""

import time
import uuid
from typing import Final

from campus.errors import ConfigError
from campus.influx import STORE_MEASUREMENT, Policy
from campus.influxql import identifier
from controller.store.influx.catalogue import Catalogue
from controller.store.influx.client import InfluxClient
from controller.store.influx.quoting import escaped_field

IDENTITY: Final = "identity"
_BEGUN: Final = "begun"
_DAY_MS: Final = 86_400_000


def identify(client: InfluxClient, catalogue: Catalogue) -> bool:
    """Compare the two ids; whether the catalogue must be made anew from what is in InfluxDB.

    In that case the catalogue has no id yet. `ConfigError` where the two are not of one store and nobody has said what to do.
    """
    meta, theirs = catalogue.meta(), _read(client)
    ours = meta.get(IDENTITY, "") or (theirs if theirs == meta.get(_BEGUN) else "")
    if ours == theirs != "":
        write_identity(client, ours)
        catalogue.keep_meta(identity=ours)
        return False
    settings = client.settings
    place = f"the database {settings.database} at {settings.url}"
    if ours and theirs:
        raise ConfigError(
            f"influxdb: {place} holds the samples of another store ({theirs}), data_dir is of {ours}: name the right "
            "database, or another data_dir"
        )
    if ours:
        raise ConfigError(
            f"influxdb: {place} is not the one that this data_dir is of, or it was emptied: name the right one, restore it "
            "(`influxd restore`), or begin anew without its history by moving data_dir/influx away"
        )
    if theirs and settings.adopt != theirs:
        raise ConfigError(
            f"influxdb: {place} holds samples of a store that this data_dir knows nothing of. If another controller writes "
            "there, name another database. If data_dir was lost, restore it from a backup; without one, the line "
            f"'adopt: {theirs}' in the block influxdb makes this controller take the samples over"
        )
    if not theirs and _holds_samples(client):
        raise ConfigError(f"influxdb: {place} holds data of something else: name a database of its own for Campanile")
    if theirs:
        return True
    identity = uuid.uuid4().hex
    catalogue.keep_meta(begun=identity)  # killed between the next two, it is known for ours
    write_identity(client, identity)
    catalogue.keep_meta(identity=identity)
    return False


def require_found(client: InfluxClient, identity: str) -> None:
    """Write whose data these are to each policy and ask for it there; `ConfigError` when `/query` looks somewhere else.

    On 2.x a mapping that somebody has made (a server upgraded from 1.x has them) goes before the names of buckets: samples
    would be stored and never seen, and roll-ups be made of nothing.
    """
    for policy in Policy:
        write_identity(client, identity, policy)
        if _read(client, policy) != identity:
            raise ConfigError(
                f"influxdb: what is written to {client.bucket(policy)} is not what /query finds as database "
                f"{client.settings.database}, policy {policy}: find the mapping with `influx v1 dbrp list` and remove it, or "
                "name another database"
            )


def write_identity(client: InfluxClient, identity: str, policy: Policy = Policy.DAY) -> None:
    """Say whose samples these are; again each day, as InfluxDB forgets what is older than its policy."""
    today = int(time.time() * 1000) // _DAY_MS * _DAY_MS
    client.write(policy, f"{STORE_MEASUREMENT} id={escaped_field(identity)} {today}\n".encode())


def _read(client: InfluxClient, policy: Policy = Policy.DAY) -> str:
    asked = f'SELECT last("id") FROM {identifier(STORE_MEASUREMENT)}'  # noqa: S608 - the name is our own
    tables = client.query(asked, policy)
    return next((str(row[1]) for table in tables for row in table.rows()), "")


def _holds_samples(client: InfluxClient) -> bool:
    return any(table.rows() for policy in Policy for table in client.query("SHOW MEASUREMENTS LIMIT 1", policy))
