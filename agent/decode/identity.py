"""What devices call themselves, as campus ids. Pure."""

import hashlib
import re

from campus.ids import DeviceId, slug

_PLAIN = re.compile(r"[A-Za-z0-9 _.:/-]*")
_MAX_CHARS = 63
_MARK_CHARS = 8


def device_id(*names: str) -> DeviceId:
    """An id out of names that together are unique in the school; never empty, the same for the same names.

    Names that do not fit into an id, being too long or not Latin, end in a mark made of the whole. Those that differ only in case
    or in what stands between their words are taken for one.

    >>> device_id("zigbee", "0x00158d0001"), device_id("plant", "温室")
    ('zigbee-0x00158d0001', 'plant-97ab73ab')
    """
    whole = "/".join(names)
    folded = slug("-".join(names))
    if folded and len("-".join(names)) <= _MAX_CHARS and _PLAIN.fullmatch(whole) and all(map(slug, names)):
        return DeviceId(folded)
    mark = hashlib.sha256(whole.encode("utf-8", "replace")).hexdigest()[:_MARK_CHARS]
    return DeviceId(f"{folded[: _MAX_CHARS - _MARK_CHARS - 1].rstrip('-')}-{mark}".lstrip("-"))
