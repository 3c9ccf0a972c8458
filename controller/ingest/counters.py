"""What ingest counts. One thread writes, `/metrics` and the health page read; plain numbers, so a reader never waits."""

from collections import Counter
from dataclasses import dataclass, field

from controller.figure import Figure, labelled


@dataclass
class IngestCounters:
    """Since the start of the process."""

    frames_received: int = 0
    frames_committed: int = 0
    frames_repeated: int = 0
    frames_deferred: int = 0
    frames_dropped: Counter[str] = field(default_factory=Counter)
    """Frames kept out as a whole, by reason."""
    dictionaries_met: int = 0
    """Sets of series that had to be looked up; for all others what was found before was at hand."""
    samples_committed: int = 0
    samples_set_aside: Counter[str] = field(default_factory=Counter)
    """By `campus.delivery.SetAside`."""
    events_received: int = 0
    documents_received: Counter[str] = field(default_factory=Counter)
    """By kind."""
    documents_ahead: int = 0
    states_received: int = 0
    commits: int = 0
    commit_s: float = 0.0
    append_retries: int = 0
    frames_acknowledged: int = 0
    dead_letters: int = 0
    dead_letters_lost: int = 0
    unexpected: Counter[str] = field(default_factory=Counter)
    """Exceptions nobody foresaw, by the step they ended."""
    down_dropped: int = 0
    """Acknowledgements and commands not sent, for the broker was away or took too little: agents ask again by sending again."""
    connections: int = 0
    disconnections: int = 0

    def figures(self) -> list[Figure]:
        """All of them, in this order."""
        plain = [
            Figure("ingest_frames_received_total", "Frames taken from the broker", self.frames_received),
            Figure("ingest_frames_committed_total", "Frames stored", self.frames_committed),
            Figure("ingest_frames_repeated_total", "Frames that were stored already", self.frames_repeated),
            Figure(
                "ingest_frames_deferred_total", "Frames put off until their devices are known", self.frames_deferred
            ),
            Figure(
                "ingest_dictionaries_met_total",
                "Sets of series in a frame that had to be looked up",
                self.dictionaries_met,
            ),
            Figure("ingest_samples_committed_total", "Samples stored", self.samples_committed),
            Figure("ingest_events_received_total", "Events handed on", self.events_received),
            Figure("ingest_states_received_total", "Online and offline messages of agents", self.states_received),
            Figure("ingest_commits_total", "Commits", self.commits),
            Figure("ingest_commit_seconds_total", "Time spent in commits", self.commit_s),
            Figure(
                "ingest_append_retries_total", "Commits tried again because the store was away", self.append_retries
            ),
            Figure(
                "ingest_frames_acknowledged_total",
                "Frames of which agents were told that they are stored",
                self.frames_acknowledged,
            ),
            Figure("ingest_dead_letters_total", "Frames written to the dead-letter file", self.dead_letters),
            Figure(
                "ingest_dead_letters_lost_total",
                "Frames too large for, or refused by, that file",
                self.dead_letters_lost,
            ),
            Figure(
                "ingest_down_dropped_total",
                "Messages to agents not sent: the broker was away, or took too little",
                self.down_dropped,
            ),
            Figure("ingest_broker_connections_total", "Connections made to the broker", self.connections),
            Figure("ingest_broker_disconnections_total", "Connections lost", self.disconnections),
        ]
        return [
            *plain,
            *labelled("ingest_frames_dropped_total", "Frames kept out as a whole", "reason", self.frames_dropped),
            *labelled(
                "ingest_samples_set_aside_total", "Samples kept out of the store", "reason", self.samples_set_aside
            ),
            Figure(
                "ingest_documents_ahead_total",
                "Documents from the future, kept as of their arrival",
                self.documents_ahead,
            ),
            *labelled("ingest_documents_received_total", "Documents handed on", "kind", self.documents_received),
            *labelled("ingest_unexpected_errors_total", "Errors nobody foresaw", "step", self.unexpected),
        ]
