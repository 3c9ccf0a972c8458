"""Whatever a server says: a text, or a check that failed, and never anything else."""

import gzip
import math

from hypothesis import given
from hypothesis import strategies as st

from agent.services.clocks import offset_of
from agent.services.http import page_text

CHARSETS = st.sampled_from(
    ["utf-8", "GBK", "big5", "utf-16", "idna", "undefined", "unicode_escape", "rot13", "x" * 40, ""]
)
MAX_BYTES = 1000


@given(body=st.binary(max_size=300), charset=CHARSETS, is_meta=st.booleans(), is_packed=st.booleans())
def test_any_page_is_a_text(body: bytes, charset: str, is_meta: bool, is_packed: bool) -> None:
    said = f'<meta charset="{charset}">'.encode() + body if is_meta else body
    headers = {} if is_meta else {"content-type": f"text/html; charset={charset}"}
    if is_packed:
        headers["content-encoding"] = "gzip"
    assert isinstance(page_text(headers, said, MAX_BYTES), str)


def test_a_bomb_is_unpacked_to_its_bound() -> None:
    assert len(page_text({"content-encoding": "gzip"}, gzip.compress(b"x" * 10_000_000), MAX_BYTES)) == MAX_BYTES


@given(st.binary(min_size=46, max_size=80))
def test_any_instants_of_a_time_server_are_a_number(rest: bytes) -> None:
    assert math.isfinite(offset_of(bytes((0x24, 2)) + rest, 0.0, 1.0))
