"""How many bytes a database takes on the server's disk, as well as it can be known. Reads only."""

import re
from typing import Final

import urllib3
from influxdb_client.client.exceptions import InfluxDBError

from campus.errors import Transient
from campus.influx import Policy
from controller.store.influx.client import InfluxClient, Refused

_SHARD_SIZE: Final = re.compile(rb"^storage_shard_disk_size\{(.*?)\} (\S+)$", re.MULTILINE)
"""https://docs.influxdata.com/influxdb/v2/reference/internals/metrics/"""
_BUCKET: Final = re.compile(rb'bucket="([^"]*)"')


def size_bytes(client: InfluxClient) -> int | None:
    """All policies together; None where the server does not say, or not to us (1.x tells administrators alone)."""
    try:
        if client.version == 1:
            return _of_shards(client)
        return _of_metrics(client) if client.version == 2 else None
    except (Transient, Refused, InfluxDBError, urllib3.exceptions.HTTPError):
        return None


def _of_shards(client: InfluxClient) -> int:
    total = 0
    for table in client.peek("SHOW STATS FOR 'shard'"):
        if table.tags.get("database") == client.settings.database:
            place = table.columns.index("diskBytes")
            total += sum(int(row[place] or 0) for row in table.rows())
    return total


def _of_metrics(client: InfluxClient) -> int:
    doors = client.newer.buckets_api()
    ours = {bucket.id.encode() for bucket in map(doors.find_bucket_by_name, map(client.bucket, Policy)) if bucket}
    total = 0.0
    for labels, size in _SHARD_SIZE.findall(client.fetch("/metrics")):
        bucket = _BUCKET.search(labels)
        if bucket and bucket[1] in ours:
            total += float(size)
    return round(total)
