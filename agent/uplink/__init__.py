"""Getting frames to the controller: one outbound connection, live before backlog, again and again until acknowledged.

`window` is the rule of what is under way, `bucket` the bandwidth cap, `uplink` the conversation.
"""
