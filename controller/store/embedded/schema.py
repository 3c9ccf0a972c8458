# ruff: noqa: S608 - the names put into statements are our own
"""The tables of the embedded store, and which version of them this code reads.

meta        version, zone, samples (how many rows ever left the hot tables), floor_LEVEL (what retention dropped)
device_word, metric_word, instance_word   the words of series' names, each once, numbered from 0
series      for each id the numbers of its three words
frame_runs  committed frames; rows may touch or repeat, `upkeep` merges them
latest      newest values of series among all rows outside the hot tables; of several of one series the newest counts, of
            several at the same instant the last; `upkeep` leaves one of each
part        one row for each Parquet file that counts, with the SHA-256 of its bytes (hex; NULL for files written before
            version 2) and what its rows are sorted by (series in files written before version 4); a file without a row is a
            leftover
rolled      days whose roll-ups cover all their parts
rollup_1h, rollup_1d
hot         which hot_N count, oldest first; a hot_N without a row here is a leftover
hot_N       rows in arrival order, not yet in a part
"""

from zoneinfo import ZoneInfo

import duckdb

from campus.errors import ConfigError

VERSION = 4
ROW_COLUMNS = "series INTEGER, measured_at BIGINT, value DOUBLE"
HOT_COLUMNS = ", ".join(f"{column} USING COMPRESSION uncompressed" for column in ROW_COLUMNS.split(", "))
"""Of what becomes parts within the hour: to pack it first took a tenth of ingest's time."""
_BUCKET_COLUMNS = (
    "series INTEGER, bucket_at BIGINT, samples BIGINT, minimum DOUBLE, mean DOUBLE, maximum DOUBLE, p95 DOUBLE"
)
_TABLES = f"""
CREATE TABLE meta (name VARCHAR, content VARCHAR);
CREATE TABLE device_word (number INTEGER, site VARCHAR, device VARCHAR);
CREATE TABLE metric_word (number INTEGER, metric VARCHAR);
CREATE TABLE instance_word (number INTEGER, instance VARCHAR);
CREATE TABLE series (id INTEGER, device INTEGER, metric INTEGER, instance INTEGER);
CREATE TABLE frame_runs (site VARCHAR, agent VARCHAR, epoch BIGINT, first BIGINT, last BIGINT);
CREATE TABLE latest ({ROW_COLUMNS});
CREATE TABLE part (
    id BIGINT, kind VARCHAR, day BIGINT, lowest INTEGER, highest INTEGER, samples BIGINT, size BIGINT, digest VARCHAR,
    sorted_by VARCHAR
);
CREATE TABLE rolled (day BIGINT);
CREATE TABLE rollup_1h ({_BUCKET_COLUMNS});
CREATE TABLE rollup_1d ({_BUCKET_COLUMNS});
CREATE TABLE hot (number BIGINT);
INSERT INTO hot VALUES (1);
CREATE TABLE hot_1 ({HOT_COLUMNS});
"""
_WORDS = "SELECT (row_number() OVER (ORDER BY min(id)) - 1)::INTEGER AS number, {0} FROM named GROUP BY {0}"
_MIGRATIONS = {
    2: "ALTER TABLE part ADD COLUMN digest VARCHAR",
    3: f"""
        ALTER TABLE series RENAME TO named;
        CREATE TABLE device_word AS {_WORDS.format("site, device")};
        CREATE TABLE metric_word AS {_WORDS.format("metric")};
        CREATE TABLE instance_word AS {_WORDS.format("instance")};
        CREATE TABLE series AS
            SELECT id, device_word.number AS device, metric_word.number AS metric, instance_word.number AS instance
            FROM named JOIN device_word USING (site, device) JOIN metric_word USING (metric)
                JOIN instance_word USING (instance);
        DROP TABLE named;
    """,
    4: "ALTER TABLE part ADD COLUMN sorted_by VARCHAR DEFAULT 'series'",
}
"""What leads to each version from the one before it."""


def prepare(connection: duckdb.DuckDBPyConnection, place: str, zone: ZoneInfo) -> None:
    """Create the tables of a new database, or check that they are ours and cut in this zone, and bring them up to date.

    `ConfigError` when they are not ours or newer than this code, and then nothing has been changed. `place` stands in the
    message.
    """
    names = {name for (name,) in connection.execute("SELECT table_name FROM duckdb_tables()").fetchall()}
    if not names:
        connection.begin()
        connection.execute(_TABLES)
        rows = [("version", str(VERSION)), ("zone", zone.key), ("samples", "0")]
        connection.executemany("INSERT INTO meta VALUES (?, ?)", rows)
        connection.commit()
        return
    if "meta" not in names:
        raise ConfigError(f"{place} is a database, but not one of this store: set data_dir to an empty directory")
    meta = dict(connection.execute("SELECT name, content FROM meta").fetchall())
    if int(meta["version"]) > VERSION:
        raise ConfigError(
            f"{place} was written by a newer version of Campanile (its tables are version {meta['version']}, this program "
            f"reads up to {VERSION}): install the newer version again, or set data_dir to another directory"
        )
    if meta["zone"] != zone.key:
        raise ConfigError(
            f"{place} has its days cut in the time zone {meta['zone']}, the configuration says {zone.key}: "
            f"set district.timezone back to {meta['zone']}, or data_dir to an empty directory"
        )
    _migrate(connection, int(meta["version"]))


def _migrate(connection: duckdb.DuckDBPyConnection, version: int) -> None:
    if version == VERSION:
        return
    connection.begin()
    for later in range(version + 1, VERSION + 1):
        connection.execute(_MIGRATIONS[later])
    connection.execute("UPDATE meta SET content = ? WHERE name = 'version'", [str(VERSION)])
    connection.commit()
