"""Survive anything: frames wait here, on disk, from before they are sent until the controller has stored them, and a while after.

`model` is the words, `schema` the file's tables, versions and epochs (`migrate` brings older ones up), `database` one process's
hold on it, `rows` what lies in it, `file` the durable queue (one thread, no asyncio), `room` and `thin` what gives way when it
is full, `salvage` what happens to a damaged file, `remembered` what is no frame, `spool` the face towards the event loop with
group commit, `report` what waits, for people.
"""
