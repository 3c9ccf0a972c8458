"""What the controller hears of its agents, kept in memory and written down now and then.

Every frame tells something about its agent; a database write for each would cost more than storing the frame. Whether
an agent is online is never written down: after a restart the broker says it anew.
"""

import threading
from collections.abc import Iterable
from dataclasses import replace

from campus.topics import Address
from controller.registry.model import Agent


class AgentBook:
    """Agents by address. Every method may be called from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._agents: dict[Address, Agent] = {}
        self._unsaved: set[Address] = set()
        self._frame_at: dict[Address, int] = {}
        """When the last frame of an agent was stored, where `_agents` does not say so yet."""

    def put(self, agents: Iterable[Agent]) -> None:
        """Set who is enrolled; what was heard of those who stay is kept."""
        with self._lock:
            self._take_frames()
            before = self._agents
            self._agents = {}
            for agent in agents:
                address = Address(agent.site, agent.id)
                self._agents[address] = before.get(address, agent)
            self._unsaved &= self._agents.keys()

    def note(
        self,
        address: Address,
        *,
        online: bool | None = None,
        version: str | None = None,
        last_frame_at: int | None = None,
        spool_bytes: int | None = None,
    ) -> None:
        """Take news of an agent; what is None stays. News of strangers is dropped."""
        with self._lock:
            agent = self._agents.get(address)
            if agent is None:
                return
            self._agents[address] = replace(
                agent,
                online=agent.online if online is None else online,
                version=agent.version if version is None else version[:64],
                last_frame_at=max(agent.last_frame_at, last_frame_at or 0),
                spool_bytes=agent.spool_bytes if spool_bytes is None else spool_bytes,
            )
            self._unsaved.add(address)

    def note_frames(self, addresses: Iterable[Address], at: int) -> None:
        """Frames of these agents were stored at `at`. Cheap, for it is called at every commit."""
        with self._lock:
            self._frame_at.update(dict.fromkeys(addresses, at))

    def everyone(self) -> list[Agent]:
        """All enrolled agents, by site and id."""
        with self._lock:
            self._take_frames()
            return sorted(self._agents.values(), key=lambda agent: (agent.site, agent.id))

    def take_unsaved(self) -> list[Agent]:
        """Agents with news since the last call; the caller writes them down."""
        with self._lock:
            self._take_frames()
            taken = [self._agents[address] for address in self._unsaved]
            self._unsaved.clear()
            return taken

    def _take_frames(self) -> None:
        for address in self._frame_at.keys() & self._agents.keys():
            agent = self._agents[address]
            self._agents[address] = replace(agent, last_frame_at=max(agent.last_frame_at, self._frame_at[address]))
            self._unsaved.add(address)
        self._frame_at.clear()
