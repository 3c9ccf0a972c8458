"""A window in a few words of each language, for the trail of what it hides. Pure."""

from controller.silences.model import Kind, Window


def said_of(window: Window) -> tuple[str, str]:
    """English and Chinese.

    >>> from controller.silences.model import Draft, Selector
    >>> said_of(Window(7, Draft(Kind.SILENCE, Selector(), 0, 10, "new floor"), "li", 0))
    ('silence 7 by li: new floor', '静默 7（设置人：li）：new floor')
    """
    draft = window.draft
    english, chinese = ("maintenance", "维护窗口") if draft.kind is Kind.MAINTENANCE else ("silence", "静默")
    return (
        f"{english} {window.id} by {window.made_by}: {draft.reason}",
        f"{chinese} {window.id}（设置人：{window.made_by}）：{draft.reason}",
    )
