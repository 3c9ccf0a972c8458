"""The district's data-access specification, generated from this code, and the checker of third-party publishers.

`texts` are its words, `forms` and `schema` its structures, `asyncapi` its topics, `page` the page a vendor reads, `files` all of
it as files; `check` tells a publisher what it does wrong. Nothing else in the project imports this room.
"""
