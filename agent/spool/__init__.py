"""Survive anything: frames wait here, on disk, from before they are sent until the controller has stored them.

`schema` is the file's tables and versions, `file` the durable queue (one thread, no asyncio), `spool` its face towards the
event loop with group commit.
"""
