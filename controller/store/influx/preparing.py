"""What must be in InfluxDB before the first sample: the database, its policies or buckets, and how long each keeps data.

What is missing is made where `durations` is ours. What is there is changed only once it is known to be ours: a shorter
duration drops data. Each duration has two days more than `retention` says, so that InfluxDB never drops what a window may
still tell, or half of a day that is rolled up again: days of the district end at another hour than its own.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import urllib3
from influxdb_client.client.exceptions import InfluxDBError
from influxdb_client.domain.bucket_retention_rules import BucketRetentionRules
from influxdb_client.domain.dbrp_create import DBRPCreate
from influxdb_client.rest import ApiException
from influxdb_client.service.dbr_ps_service import DBRPsService

from campus.errors import ConfigError, Transient
from campus.influx import Policy
from campus.influxql import identifier
from controller.store.influx.answers import said_in
from controller.store.influx.client import InfluxClient, Refused
from controller.store.port import Level, Retention

_SLACK_DAYS: Final = 2
_DAY_S: Final = 86_400
_DURATION = re.compile(r"(\d+)(h|m|s)")
_UNIT_S: Final = {"h": 3_600, "m": 60, "s": 1}


def durations_s(retention: Retention) -> dict[Policy, int]:
    """How many seconds InfluxDB should keep each policy."""
    days = retention.by_level
    return {policy: (days[Level(policy.level)] + _SLACK_DAYS) * _DAY_S for policy in Policy}


def prepare(client: InfluxClient, retention: Retention) -> None:
    """Make what is missing, change nothing; `ConfigError` says what cannot be made, and how a person makes it."""
    wanted = durations_s(retention)
    if client.version == 1:
        _Older(client, wanted).prepare()
    elif client.version == 2:
        _Newer(client, wanted).prepare()
    # 3.x makes a database with the first point written to it.


def fit(client: InfluxClient, retention: Retention) -> None:
    """See to how long everything is kept, after `prepare` and once the data are known to be ours.

    `ConfigError` when somebody else decides, and decided for less than `retention`.
    """
    wanted = durations_s(retention)
    if client.version == 1:
        _Older(client, wanted).fit()
    elif client.version == 2:
        _Newer(client, wanted).fit()


class _Older:
    """1.x: everything is said in InfluxQL."""

    def __init__(self, client: InfluxClient, wanted_s: dict[Policy, int]) -> None:
        self._client = client
        self._wanted_s = wanted_s
        self._database = client.settings.database
        self._is_ours = client.settings.durations == "ours"

    def prepare(self) -> None:
        """Database first, then its policies."""
        names = {row[0] for table in self._client.query("SHOW DATABASES") for row in table.rows()}
        if self._database not in names:
            self._make(
                f"CREATE DATABASE {identifier(self._database)} WITH DURATION {self._hours(Policy.RAW)} NAME "
                f"{identifier(Policy.RAW)}"
            )
        held = self._policies()
        for policy in self._wanted_s:
            if policy not in held:
                self._make(
                    f"CREATE RETENTION POLICY {self._named(policy)} DURATION {self._hours(policy)} REPLICATION 1"
                )

    def fit(self) -> None:
        """Durations, and which policy is the default."""
        held = self._policies()
        for policy, wanted_s in self._wanted_s.items():
            if self._is_ours and held[policy][0] != wanted_s:
                shard = _shard_hours(wanted_s)  # what it had may be longer than the new duration, which is refused
                self._make(
                    f"ALTER RETENTION POLICY {self._named(policy)} DURATION {self._hours(policy)} SHARD DURATION {shard}h"
                )
            elif not self._is_ours:
                _require_enough(f"the policy {policy} of {self._database}", held[policy][0], policy, wanted_s)
        if not held[Policy.RAW][1]:
            self._make(f"ALTER RETENTION POLICY {self._named(Policy.RAW)} DEFAULT")

    def _policies(self) -> dict[str, tuple[int, bool]]:
        """By name: seconds (0 for ever), and whether it is the default."""
        found = {}
        for table in self._client.query(f"SHOW RETENTION POLICIES ON {identifier(self._database)}"):
            for row in (dict(zip(table.columns, row, strict=True)) for row in table.rows()):
                found[row["name"]] = (_seconds(row["duration"]), bool(row["default"]))
        return found

    def _make(self, statement: str) -> None:
        if not self._is_ours:
            raise ConfigError(
                f"influxdb: {self._database} at {self._client.settings.url} is not complete, and durations: theirs says that "
                f"somebody else makes it. Have an administrator run: {statement}"
            )
        try:
            list(self._client.query(statement))
        except Transient as error:
            raise ConfigError(
                f"influxdb: {error}. Let {self._client.settings.username or 'nobody'} do it (GRANT ALL PRIVILEGES), or have "
                f"an administrator run: {statement}"
            ) from error

    def _named(self, policy: Policy) -> str:
        return f"{identifier(policy)} ON {identifier(self._database)}"

    def _hours(self, policy: Policy) -> str:
        return f"{self._wanted_s[policy] // 3_600}h"


class _Newer:
    """2.x: buckets by influxdb-client; `/query` must find each by its name."""

    def __init__(self, client: InfluxClient, wanted_s: dict[Policy, int]) -> None:
        self._client = client
        self._wanted_s = wanted_s
        self._is_ours = client.settings.durations == "ours"

    def prepare(self) -> None:
        """Every bucket and its mapping."""
        with self._told():
            for policy in Policy:
                bucket = self._bucket(policy)
                if not self._answers(policy):
                    self._map(policy, bucket.id)

    def fit(self) -> None:
        """How long each bucket keeps data."""
        with self._told():
            for policy, wanted_s in self._wanted_s.items():
                bucket = self._bucket(policy)
                held = [rule.every_seconds for rule in bucket.retention_rules]
                if self._is_ours and held != [wanted_s]:
                    bucket.retention_rules = [_rule(wanted_s)]
                    self._client.newer.buckets_api().update_bucket(bucket)
                elif not self._is_ours:
                    _require_enough(f"the bucket {bucket.name}", held[0] if held else 0, policy, wanted_s)

    @contextmanager
    def _told(self) -> Iterator[None]:
        """What the library raises, in our words."""
        try:
            yield
        except urllib3.exceptions.HTTPError as error:
            raise self._client.unreachable(error) from error
        except InfluxDBError as error:  # also where it is the library that finds no organisation
            raise self._refusal(error) from error

    def _refusal(self, error: InfluxDBError) -> ConfigError | Transient:
        settings, words = self._client.settings, str(error)
        if isinstance(error, ApiException):
            if not error.status:  # what the library makes of trouble with TLS
                return self._client.unreachable(error)
            words = f"{error.status}: {said_in((error.body or error.reason or '').encode())}"
            if error.status not in (401, 403, 404):
                return Transient(f"InfluxDB at {settings.url} cannot do this now ({words})")
        names = ", ".join(map(self._client.bucket, Policy))
        return ConfigError(
            f"influxdb.token_file: InfluxDB at {settings.url} says {words}. The token must read and write the buckets {names} "
            f"of the organisation {settings.organisation} and, unless they are there, be allowed to create buckets and to read "
            "the organisation"
        )

    def _bucket(self, policy: Policy) -> Any:
        doors = self._client.newer.buckets_api()
        name = self._client.bucket(policy)
        bucket = doors.find_bucket_by_name(name)  # type: ignore[no-untyped-call]
        if bucket is None:
            if not self._is_ours:
                raise ConfigError(
                    f"influxdb: the bucket {name} is missing, and durations: theirs says that somebody else makes it"
                )
            rules = [_rule(self._wanted_s[policy])]
            return doors.create_bucket(bucket_name=name, retention_rules=rules, org=self._client.settings.organisation)
        return bucket

    def _answers(self, policy: Policy) -> bool:
        """Whether `/query` finds the bucket, as 2.x does by its name unless somebody has mapped the name elsewhere."""
        try:
            list(self._client.peek("SHOW MEASUREMENTS LIMIT 1", policy))
        except (Transient, Refused):
            return False
        return True

    def _map(self, policy: Policy, bucket_id: str) -> None:
        settings = self._client.settings
        service = DBRPsService(self._client.newer.api_client)  # type: ignore[no-untyped-call]
        mapping = DBRPCreate(  # type: ignore[no-untyped-call]
            org=settings.organisation,
            bucket_id=bucket_id,
            database=settings.database,
            retention_policy=str(policy),
            default=policy is Policy.RAW,
        )
        service.post_dbrp(dbrp_create=mapping)  # type: ignore[no-untyped-call]
        if not self._answers(policy):
            raise ConfigError(
                f"influxdb: /query does not find the bucket {self._client.bucket(policy)} as database {settings.database}, "
                f"policy {policy}: see to it with `influx v1 dbrp list`"
            )


def _require_enough(place: str, held_s: int, policy: Policy, wanted_s: int) -> None:
    """`ConfigError` where data would be gone that windows tell, and days be rolled up again of what is left of them."""
    if not 0 < held_s < wanted_s:
        return
    key = {
        Policy.RAW: "raw_days",
        Policy.FIVE_MINUTES: "five_minutes_days",
        Policy.HOUR: "hour_days",
        Policy.DAY: "day_days",
    }[policy]
    most = held_s // _DAY_S - _SLACK_DAYS
    remedy = f", or set retention.{key} to {most} or less" if most > 0 else ""
    raise ConfigError(
        f"influxdb: {place} keeps {held_s / _DAY_S:g} days, retention.{key} and {_SLACK_DAYS} days more are "
        f"{wanted_s // _DAY_S}: have it keep that much{remedy}"
    )


def _shard_hours(kept_s: int) -> int:
    """Of one file of data, as InfluxDB chooses it for a new policy.

    https://docs.influxdata.com/influxdb/v1/query_language/manage-database/#shard-duration

    >>> [_shard_hours(days * 86_400) for days in (1, 37, 400)]
    [1, 24, 168]
    """
    days = kept_s // _DAY_S
    return 1 if days < 2 else 24 if days <= 180 else 168


def _rule(seconds: int) -> BucketRetentionRules:
    shard_s = _shard_hours(seconds) * 3_600
    return BucketRetentionRules(type="expire", every_seconds=seconds, shard_group_duration_seconds=shard_s)  # type: ignore[no-untyped-call]


def _seconds(duration: str) -> int:
    """Of a duration as 1.x says it.

    >>> _seconds("888h0m0s"), _seconds("0s")
    (3196800, 0)
    """
    return sum(int(number) * _UNIT_S[unit] for number, unit in _DURATION.findall(duration))
