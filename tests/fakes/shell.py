"""A command line that answers what a test says, or fails as it says."""

from collections import deque

from agent.configurations.port import Access, Fetched, PullError
from firmware_profiles.command_line import CommandLine


class FakeShell:
    """Implements `agent.configurations.port.Shell`; the last answer is given for ever."""

    def __init__(self, *answers: Fetched | PullError) -> None:
        self.answers = deque(answers)
        self.asked: list[Access] = []
        self.is_aborted = False

    def fetch(self, access: Access, cli: CommandLine) -> Fetched:
        self.asked.append(access)
        answer = self.answers.popleft() if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, PullError):
            raise answer
        return answer

    def abort(self) -> None:
        self.is_aborted = True
