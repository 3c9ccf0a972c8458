"""The default sample store: an in-process column store on DuckDB and Parquet files, no server."""

from controller.store.embedded.store import EmbeddedStore

__all__ = ["EmbeddedStore"]
