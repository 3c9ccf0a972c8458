"""One person or agent at a switch's command line: characters in, characters out."""

import asyncio
from collections.abc import Callable
from typing import Protocol

from simulator.ssh.dialect import ROWS, Dialect

PIECE_CHARS = 512
"""A slow device says so much and then breathes."""


class Terminal(Protocol):
    """The other end of the line."""

    async def read(self) -> str:
        """What was typed, at least one character; empty when the line is gone."""

    def write(self, text: str) -> None:
        """Show text."""


class Shell:
    """A session. `show` gives the running configuration of the moment, `saved` what is stored; lines parted by newlines."""

    def __init__(
        self,
        terminal: Terminal,
        dialect: Dialect,
        name: str,
        show: Callable[[], str],
        saved: Callable[[], str],
        enable_password: str,
        pause_s: float = 0.0,
    ) -> None:
        """`pause_s`: how long the device breathes between two pieces of what it says."""
        self._terminal = terminal
        self._dialect = dialect
        self._name = name
        self._show = show
        self._saved = saved
        self._enable_password = enable_password
        self._pause_s = pause_s
        self._typed = ""
        self._is_privileged = not dialect.privileged_prompt
        self._pages = True

    async def run(self) -> None:
        """Talk until the other side leaves."""
        self._terminal.write(self._dialect.banner)
        while True:
            self._terminal.write(self._prompt())
            line = await self._line(is_shown=True)
            if line is None or line in {"quit", "exit", "logout"}:
                return
            await self._obey(" ".join(line.split()))

    def _prompt(self) -> str:
        form = self._dialect.privileged_prompt if self._is_privileged else self._dialect.prompt
        return (form or self._dialect.prompt).format(name=self._name)

    async def _obey(self, command: str) -> None:
        dialect = self._dialect
        if command == dialect.paging_off:
            self._pages = False
        elif command == "enable" and dialect.privileged_prompt:
            await self._enable()
        elif command in {dialect.running, dialect.startup} and self._is_privileged:
            await self._page(self._show() if command == dialect.running else self._saved())
        elif command and command not in dialect.known:
            self._terminal.write(dialect.unknown)

    async def _enable(self) -> None:
        if self._is_privileged:
            return
        self._terminal.write("\r\nPassword:")
        typed = await self._line(is_shown=False)
        self._is_privileged = typed == self._enable_password
        if not self._is_privileged:
            self._terminal.write("% Access denied\r\n")

    async def _page(self, text: str) -> None:
        lines = text.split("\n")
        for place, line in enumerate(lines):
            if self._pages and place and place % (ROWS - 1) == 0:
                self._terminal.write(self._dialect.pager)
                key = await self._key()
                self._terminal.write(self._dialect.after_page)
                if key in {"q", "\x03", ""}:
                    return
            await self._say(line + "\r\n")

    async def _say(self, text: str) -> None:
        for first in range(0, len(text), PIECE_CHARS):
            self._terminal.write(text[first : first + PIECE_CHARS])
            if self._pause_s:
                await asyncio.sleep(self._pause_s)

    async def _line(self, *, is_shown: bool) -> str | None:
        """A line as it is typed, echoed as a terminal does; None when the line is gone."""
        line = ""
        while True:
            key = await self._key()
            if not key:
                return None
            if key in "\r\n":
                self._terminal.write("\r\n")
                if key == "\r" and self._typed.startswith("\n"):
                    self._typed = self._typed[1:]
                return line.strip()
            if key in "\b\x7f":
                line = line[:-1]
            elif key.isprintable():
                line += key
                if is_shown:
                    self._terminal.write(key)

    async def _key(self) -> str:
        if not self._typed:
            self._typed = await self._terminal.read()
        key, self._typed = self._typed[:1], self._typed[1:]
        return key
