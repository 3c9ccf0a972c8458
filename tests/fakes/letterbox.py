"""A `Channel` that keeps what it is given, or is away, or refuses."""

from controller.telling.port import Letter


class Letterbox:
    """`trouble` is raised instead of keeping a letter; `asked` counts every try."""

    def __init__(self) -> None:
        self.letters: list[Letter] = []
        self.trouble: Exception | None = None
        self.asked = 0

    def send(self, letter: Letter) -> None:
        """As `Channel` says."""
        self.asked += 1
        if self.trouble is not None:
            raise self.trouble
        self.letters.append(letter)

    def subjects(self) -> list[str]:
        """Of everything it took, in order."""
        return [letter.subject for letter in self.letters]
