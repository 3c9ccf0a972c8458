"""Holds a publisher to the specification: what it does wrong, where, and what to do.

`message` is what came, `sources` gives it from files, `live` from a broker; `publisher` judges one after the other, `origin`,
`numbering` and `columns` what is in them; `findings` collects what is said, `report` writes it down. Only `live` knows MQTT.
"""
