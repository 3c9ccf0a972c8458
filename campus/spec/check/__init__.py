"""Holds a publisher to the specification: what it does wrong, where, and what to do.

`sources` gives messages from files, `live` from a broker; `publisher` judges one message after the other, `frames` and
`columns` what is in them; `findings` collects what is said, `report` writes it down. Only `live` knows MQTT.
"""
