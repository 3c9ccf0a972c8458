"""Secrets out of a configuration, before it leaves the school. Pure.

A secret becomes ``<masked:1a2b3c4d>``: a keyed digest (HMAC-SHA-256, RFC 2104), so that a changed secret shows as a change, and
whoever has the text and not the key, which stays in the school, can try no guesses against it.

Three nets, each wide: what looks like a secret by itself (a vendor's cipher text, PEM, columns of hexadecimal); what stands
behind a word that announces one; and the patterns of the device's own profile. What may slip through: a secret that no word
announces (in a comment, a banner), and one that is itself a word of the command ("cipher", "level") with more words behind it.
"""

import hashlib
import hmac
import re
from collections.abc import Callable, Iterator, Sequence

from agent.configurations.words import (
    BEFORE,
    BEHIND,
    BETWEEN,
    HARMLESS,
    TOLD_OPENLY,
    TYPES,
    WEAK,
    WITH_ARGUMENT,
    WITHIN,
)

DIGEST_CHARS = 8
MAX_LINE_CHARS = 10_000
"""No command is so long; what is gets masked whole, for looking through it takes longer than its length."""
Mask = Callable[[str], str]
"""From a secret to what stands in its place."""

_MASK = re.compile(r"<masked:[0-9a-f]{8}>")
_BY_ITSELF = re.compile(
    r"""
    ([%@][%@$#^+-][%@][%@$#^+-]).{8,}?\1                           # Huawei: %^%#...%^%#, %@%@...%@%@, %$%$...%$%$
    | -----BEGIN\ [A-Z0-9 ]+-----.*?-----END\ [A-Z0-9 ]+-----          # PEM on one line
    | \$(?:1|2[abxy]?|5|6|7|8|9|14|1[a-z]|h|c|y|argon2\w*|scrypt|sha1)\$[^\s"]{4,}    # crypt(5), H3C, Huawei, IOS
    """,
    re.VERBOSE,
)
_IN_URL = re.compile(r"(?<=://)([^\s/:@]*):(\S+)@")
_TOKEN = re.compile(r'[\w.-]*=?"(?:\\.|[^"\\])*"(?=\s|;|$)|\S+')
_PAIR = re.compile(r"([\w.-]*?)=(.+)", re.DOTALL)
_ENDS = BEHIND | BEFORE
_PASSED = BETWEEN | BEFORE
_HARMLESS = tuple(re.compile(pattern, re.IGNORECASE) for pattern in HARMLESS)
_IPV4 = re.compile(r"\d+(?:\.\d+){3}")
_PEM_BEGIN = re.compile(r"-----BEGIN [A-Z0-9 ]+-----")
_PEM_END = re.compile(r"-----END [A-Z0-9 ]+-----")
_HEX = re.compile(r"[\s0-9A-Fa-f]+")
_HEX_DIGITS = 32
"""So many on the first line of a block: a certificate's, not a list of VLANs."""
_HEX_MORE_DIGITS = 4
_BEHIND = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"\bsnmp-agent\s+community\s+(?!complexity)(?:(?:read|write)\s+)?(?:(?:cipher|simple)\s+)?",
        r"\bsnmp(?:-server)?\s+community\s+(?:(?:[0-9]|plain|encrypted)\s+(?=\S))?",
        r"\bsnmp.*\bcommunity-name\s+",
        r"\bsnmp(?:-server|-agent)?\s+(?:host|trap-host|target-host)\s+(?:(?:inform|trap)\s+)?(?:address\s+udp-domain\s+)?\S+\s+"
        r"(?:(?:traps?|informs?|(?:use-)?vrf\s+\S+|vpn-instance\s+\S+|(?:udp-)?port\s+\d+|source\s+\S+|params|"
        r"\d+(?=\s+\S+\s+smode\b)|"
        r"securityname(?:\s+cipher)?|community(?:\s+[07])?|version\s+(?:1|2c?|3(?:\s+(?:auth|noauth|priv))?)(?:\s+[07](?=\s+\S))?|v[123]c?)\s+)*",
        r"\brmon\s+event\s+\d+\s+(?:description\s+\S+\s+)?(?:(?:log|trap|log-trap|log\s+trap)\s+)+",
        r"\b(?:standby|vrrp|glbp)\b.*\bauthentication\s+(?:text\s+)?(?!md5\b|mode\b|key-chain\b)",
        r"\brip\s+authentication\s+string\s+",
        r"\bnhrp\s+authentication\s+",
        r"^\s*authentication\s+text\s+",
        r"\bsnmp-server\s+user\b.*\bpriv\s+(?:(?:3?des\S*|aes\S*)\s+)?(?:(?:128|192|256)\s+)?",
        r"\bsnmp-agent\s+target-host\b.*\bsecurityname\s+(?:cipher\s+)?",
        r"\bsnmpv3\s+community\s+index\s+\S+\s+name\s+",
        r"\bsnmp\s+mib\s+community-map\s+",
        r"^\s*set\s+\S+\s+ENC\s+",
    )
)
"""What stands directly before a secret that no word of its own announces, such as the community of a receiver of traps."""
_NO_COMMUNITY = re.compile(r"\s*(?:no\s+)?snmp(?:-server)?\s+enable\b", re.IGNORECASE)
_NAMES = tuple(
    re.compile(pattern) for pattern in (r'^(\s*set name )("?)([^"]+)\2\s*$', r'(\bname=)("?)((?<=")[^"]+|[^"\s]+)\2')
)
"""In a section of SNMP communities (FortiOS, RouterOS) their names are the secrets."""


def masker(key: bytes, device: str) -> Mask:
    """Masks the secrets of one device: the same secret in two devices gives two masks.

    >>> mask = masker(b"stays in the school", "sw-1")
    >>> mask("public") == mask("public") != mask("private")
    True
    """
    own = hmac.new(key, device.encode(), hashlib.sha256).digest()

    def mask(secret: str) -> str:
        digest = hmac.new(own, secret.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()
        return f"<masked:{digest[:DIGEST_CHARS]}>"

    return mask


def masked(text: str, mask: Mask, more: Sequence[re.Pattern[str]] = ()) -> str:
    """`text` without its secrets, line by line in the same order; a block of a key or certificate becomes one line.

    `more`: patterns of the device's profile, whose groups are secrets.

    >>> masked("snmp-server community s3cret RO 10", lambda secret: "<masked:00000000>")
    'snmp-server community <masked:00000000> RO 10'
    """
    found = []
    section = ""
    for line in _without_blocks(_unwrapped(text.splitlines()), mask):
        if line[:1].strip() and (line.startswith("/") or not section.startswith("/")):
            section = line  # RouterOS writes the path of a section once, with a slash
        found.append(_masked_line(line, section, mask, more))
    return "\n".join(found)


def _unwrapped(lines: Sequence[str]) -> list[str]:
    """RouterOS breaks long lines, between a word and its secret and within a secret too: each is put together again.

    >>> _unwrapped(["/ppp secret", "add password=\\\\", "    s3cr\\\\", "    et"])
    ['/ppp secret', 'add password=s3cret']
    """
    if not any(line.startswith("/") for line in lines):
        return list(lines)
    whole: list[str] = []
    pieces: list[str] = []
    for line in lines:
        piece = line.lstrip() if pieces else line
        pieces.append(piece.removesuffix("\\"))
        if not piece.endswith("\\"):
            whole.append("".join(pieces))
            pieces = []
    return [*whole, *(["".join(pieces)] if pieces else [])]


def _without_blocks(lines: Sequence[str], mask: Mask) -> Iterator[str]:
    """The lines, each PEM block and each run of lines of hexadecimal folded into one."""
    block: list[str] = []
    ends: re.Pattern[str] | None = None
    for line in lines:
        if ends is _PEM_END:
            block.append(line)
            if _PEM_END.search(line):
                yield _folded(block, mask)
                block, ends = [], None
            continue
        is_hex = _HEX.fullmatch(line) is not None
        digits = sum(not each.isspace() for each in line) if is_hex else 0
        if ends is _HEX:
            if digits >= _HEX_MORE_DIGITS or (digits and len(block[-1].strip()) >= _HEX_DIGITS):
                block.append(line)
                continue
            yield _folded(block, mask)
            block, ends = [], None
        begins = _PEM_BEGIN.search(line)
        if begins and not _PEM_END.search(line):
            if line[: begins.start()].strip():
                yield line[: begins.start()].rstrip('" ')
            block, ends = [line[begins.start() :]], _PEM_END
        elif digits >= _HEX_DIGITS:
            block, ends = [line], _HEX
        else:
            yield line
    if block:
        yield _folded(block, mask)


def _folded(block: Sequence[str], mask: Mask) -> str:
    indent = block[0][: len(block[0]) - len(block[0].lstrip())]
    return indent + mask("\n".join(line.strip() for line in block))


def _masked_line(line: str, section: str, mask: Mask, more: Sequence[re.Pattern[str]]) -> str:
    if len(line) > MAX_LINE_CHARS:
        return mask(line)
    for pattern in more:
        line = pattern.sub(lambda match: _groups_masked(match, mask), line)
    line = _IN_URL.sub(lambda match: f"{match[1]}:{mask(match[2])}@", line)
    line = _BY_ITSELF.sub(lambda match: mask(match[0]), line)
    if not _NO_COMMUNITY.match(line):
        for pattern in _BEHIND:
            line = _behind(pattern, line, mask)
    if _is_of_communities(section):
        for pattern in _NAMES:
            line = pattern.sub(lambda match: match[1] + mask(match[3]), line)
    if any(pattern.match(line) for pattern in _HARMLESS):
        return line
    return _announced(line, section, mask)


def _behind(pattern: re.Pattern[str], line: str, mask: Mask) -> str:
    """The word behind what `pattern` finds, masked."""
    found = pattern.search(line)
    token = _TOKEN.match(line, found.end()) if found else None
    if token is None or _MASK.fullmatch(token[0]):
        return line
    return f"{line[: token.start()]}{mask(_plain(token[0]))}{line[token.end() :]}"


def _is_of_communities(section: str) -> bool:
    return section.lower().startswith(("config system snmp community", "/snmp community"))


def _announced(line: str, section: str, mask: Mask) -> str:
    """Secrets behind the words that announce them, and those written as ``word=secret``."""
    tokens = list(_TOKEN.finditer(line))
    words = [_plain(token[0]).lower().rstrip(":") for token in tokens]
    pieces: list[str] = []
    done = 0
    place = 0
    while place < len(tokens):
        first, last = _secret_at(words, place, section)
        pair = _PAIR.fullmatch(tokens[place][0])
        if first < len(tokens) and _MASK.fullmatch(tokens[first][0]):
            place = first + 1
        elif first < len(tokens):
            begin, end = tokens[first].start(), tokens[last].end()
            pieces += [line[done:begin], mask(line[begin:end] if last > first else _plain(tokens[first][0]))]
            done, place = end, last + 1
        elif pair and _announces(pair[1].lower()) and not _MASK.fullmatch(pair[2]):
            begin = tokens[place].start() + len(pair[1]) + 1
            pieces += [line[done:begin], mask(_plain(pair[2]))]
            done, place = tokens[place].end(), place + 1
        else:
            place += 2 if words[place] in WITH_ARGUMENT and _names_somebody(words, place) else 1
    return "".join([*pieces, line[done:]])


def _secret_at(words: Sequence[str], place: int, section: str) -> tuple[int, int]:
    """First and last place of the secret that the word at `place` announces; both beyond the end when it announces none."""
    none = (len(words), len(words))
    word = words[place]
    is_cipher = (
        word.startswith(("des", "3des", "aes")) and place and words[place - 1] in {"priv", "privacy-mode", "privacy"}
    )
    if not (word in BEFORE or is_cipher or ("=" not in word and _announces(word))):
        return none
    if word == "key" and section.lower().startswith("key chain") and place == 0:
        return none  # the number of a key in its chain
    first = place + 1
    while first < len(words):
        if words[first] in WITH_ARGUMENT and first + 1 < len(words):
            first += 2
        elif words[first] in _PASSED or (first + 1 < len(words) and _is_number(words[first])):
            first += 1
        else:
            break
    if first >= len(words):  # a secret may be a word that we know
        if word in WEAK or len(words) == place + 1:
            return none
        first = len(words) - 1
    last = first
    while not _ends_secret(words, last + 1):
        last += 1
    return first, last


def _is_number(word: str) -> bool:
    """Whether a word that is not the last tells how a secret is written, or of which address it is."""
    return word in TYPES or _IPV4.fullmatch(word) is not None


def _ends_secret(words: Sequence[str], place: int) -> bool:
    """Whether the word at `place` belongs to the command again: one we know, or a number with one or nothing behind it."""
    while place < len(words) and words[place].isdigit():
        place += 1
    return place >= len(words) or words[place] in _ENDS


def _announces(name: str) -> bool:
    return name in BEFORE or (name not in TOLD_OPENLY and any(part in name for part in WITHIN))


def _names_somebody(words: Sequence[str], place: int) -> bool:
    """Whether the word behind is somebody's name, so that a user who is called "secret" is none."""
    return place + 1 < len(words) and words[place] in {"user", "username", "user-name", "local-user"}


def _groups_masked(match: re.Match[str], mask: Mask) -> str:
    """The text of a match with its groups masked."""
    text, done = [], match.start()
    for group in range(1, len(match.groups()) + 1):
        begin, end = match.span(group)
        if begin >= done and end > begin:
            text += [match.string[done:begin], mask(match[group])]
            done = end
    return "".join([*text, match.string[done : match.end()]])


def _plain(token: str) -> str:
    """A word without its quotes and the semicolon behind it."""
    token = token.rstrip(";") or token
    return token[1:-1] if len(token) > 2 and token[0] == token[-1] == '"' else token
