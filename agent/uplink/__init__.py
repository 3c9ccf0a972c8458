"""Getting frames to the controller: one outbound connection, live before backlog, again and again until acknowledged.

`uplink` keeps the connection and listens, `sender` decides what goes out on it. Rules without I/O: `window` what is under
way, `bucket` the bandwidth cap, `hold` how much the controller wants. `orders` obeys commands.
"""
