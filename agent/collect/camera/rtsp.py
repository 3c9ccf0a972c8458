"""Whether a camera's stream answers (RTSP 1.0, RFC 2326): OPTIONS, then DESCRIBE; nothing is set up and nothing played."""

import asyncio
import hashlib
import re
import secrets
import time
from typing import NamedTuple

from agent.address import HostPort
from agent.collect.camera.login import Door, Login
from campus.errors import Poison, Transient

TIMEOUT_S = 6.0
MAX_HEADER_BYTES = 16_384
MAX_BODY_BYTES = 65_536
CODECS = {"h264": "h264", "h265": "h265", "hevc": "h265", "jpeg": "mjpeg", "mp4v-es": "mpeg4"}
_PARAMETER = re.compile(r'\b(\w+)\s*=\s*(?:"([^"]*)"|([^\s,]+))')
_VIDEO = re.compile(r"^m=video .*?(?=^m=|\Z)", re.MULTILINE | re.DOTALL)
_RTPMAP = re.compile(r"^a=rtpmap:\d+ +([^/\s]+)/", re.MULTILINE)


class StreamAnswer(NamedTuple):
    """`status` of DESCRIBE; `codec` is a state of ``video_codec_state``, empty where the answer names no video."""

    status: int
    codec: str
    took_ms: float


class _Reply(NamedTuple):
    status: int
    headers: dict[str, str]
    body: bytes


async def describe(address: HostPort, path: str, login: Login, now: int) -> StreamAnswer:
    """Ask what the stream at `path` is. `Transient` when nobody answers; `Poison` ``not_rtsp``, ``login_refused``."""
    url = f"rtsp://{address}{path}"
    started = time.monotonic()
    try:
        async with asyncio.timeout(TIMEOUT_S):
            reader, writer = await asyncio.open_connection(address.host, address.port, limit=MAX_HEADER_BYTES)
            try:
                await _asked(reader, writer, "OPTIONS", url, 1)
                reply = await _asked(reader, writer, "DESCRIBE", url, 2)
                if reply.status == 401 and login.may_try(Door.RTSP, now):
                    reply = await _proven(reader, writer, url, reply, login, now)
            finally:
                writer.close()
    except asyncio.IncompleteReadError as error:
        raise Transient(f"{url}: the connection was closed") from error
    except (OSError, TimeoutError) as error:
        raise Transient(f"{url}: {error or 'no answer'}") from error
    except (ValueError, asyncio.LimitOverrunError) as error:
        raise Poison("not_rtsp", f"{url}: not an answer of RTSP") from error
    return StreamAnswer(reply.status, codec_of(reply.body), (time.monotonic() - started) * 1000)


def codec_of(sdp: bytes) -> str:
    """The codec of the first video of a session description (RFC 8866).

    >>> codec_of(b"v=0\\nm=audio 0 RTP/AVP 8\\na=rtpmap:8 PCMA/8000\\nm=video 0 RTP/AVP 96\\na=rtpmap:96 H265/90000\\n")
    'h265'
    """
    video = _VIDEO.search(sdp.decode("utf-8", "replace").replace("\r\n", "\n"))
    if video is None:
        return ""
    named = _RTPMAP.search(video[0])
    if named is None:  # static payload types need no rtpmap; 26 is JPEG (RFC 3551)
        return "mjpeg" if video[0].split("\n")[0].endswith(" 26") else "other"
    return CODECS.get(named[1].lower(), "other")


async def _proven(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, url: str, challenged: _Reply, login: Login, now: int
) -> _Reply:
    known = login.credential
    challenge = challenged.headers.get("www-authenticate", "")
    if known is None or known.password is None or not challenge.lower().startswith("digest"):
        return challenged  # Basic would show the password to the whole network
    proof = digest(challenge, known.username, known.password.reveal(), "DESCRIBE", url)
    reply = await _asked(reader, writer, "DESCRIBE", url, 3, proof)
    if reply.status == 401:
        login.refuse(Door.RTSP, now)
        raise Poison("login_refused", f"{url}: the stream refuses the password")
    login.accept(Door.RTSP)
    return reply


def digest(challenge: str, username: str, password: str, method: str, url: str) -> str:
    """The Authorization of a request (RFC 2617, MD5), with the client's nonce where the device offers ``auth``."""
    said = {key.lower(): quoted or plain for key, quoted, plain in _PARAMETER.findall(challenge)}
    realm, nonce = said.get("realm", ""), said.get("nonce", "")
    one, two = _md5(f"{username}:{realm}:{password}"), _md5(f"{method}:{url}")
    fields = f'username="{username}", realm="{realm}", nonce="{nonce}", uri="{url}"'
    if "auth" in said.get("qop", "").split(","):
        ours = secrets.token_hex(8)
        proof = _md5(f"{one}:{nonce}:00000001:{ours}:auth:{two}")
        return f'Digest {fields}, response="{proof}", qop=auth, nc=00000001, cnonce="{ours}"'
    return f'Digest {fields}, response="{_md5(f"{one}:{nonce}:{two}")}"'


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


async def _asked(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, method: str, url: str, number: int, proof: str = ""
) -> _Reply:
    lines = [f"{method} {url} RTSP/1.0", f"CSeq: {number}", "User-Agent: campanile"]
    lines += ["Accept: application/sdp"] if method == "DESCRIBE" else []
    lines += [f"Authorization: {proof}"] if proof else []
    writer.write("\r\n".join([*lines, "", ""]).encode())
    await writer.drain()
    head = (await reader.readuntil(b"\r\n\r\n")).decode("utf-8", "replace").split("\r\n")
    version, _, rest = head[0].partition(" ")
    if not version.startswith("RTSP/"):
        raise ValueError("not RTSP")
    headers: dict[str, str] = {}
    for line in head[1:]:
        key, _, value = line.partition(":")
        # of several challenges digest is the one that can be answered
        if key.strip().lower() not in headers or value.strip().lower().startswith("digest"):
            headers[key.strip().lower()] = value.strip()
    size = int(headers.get("content-length", "0"))
    if not 0 <= size <= MAX_BODY_BYTES:
        raise ValueError("too large")
    return _Reply(int(rest[:3]), headers, await reader.readexactly(size))
