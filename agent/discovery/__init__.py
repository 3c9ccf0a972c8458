"""Finding the devices of a school that nobody has named yet.

`scan` asks addresses politely and gives `observation`s; `identity` makes devices of them, `place` says where they hang, `propose`
what they are and what to write. `compare` tells what changed since the scan before. `command` is a person's way in, `watch` the
running agent's.
"""
