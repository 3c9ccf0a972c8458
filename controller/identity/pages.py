"""The page of people who are not signed in: one plain style sheet, no script, for it must work when nothing else does."""

from enum import Enum
from html import escape

from fastapi.responses import HTMLResponse


class Reason(Enum):
    """Why somebody meets the page: status, English, Chinese."""

    NOT_SIGNED_IN = (401, "You are not signed in.", "您尚未登录。")
    BAD_LINK = (
        403,
        "This sign-in link was used already, has expired, or is incomplete.",
        "该登录链接已被使用、已过期或不完整。",
    )
    SIGNED_OUT = (200, "You are signed out.", "您已退出登录。")


_HOW_EN = (
    "Campanile opens with a one-time link. Whoever runs the controller gets a new one with the command below; "
    "every start of the controller prints one, too."
)
_HOW_ZH = "本系统使用一次性登录链接。请联系控制器管理员运行下面的命令获取新链接；控制器每次启动时也会打印一个。"
_COMMAND = "campanile controller sign-in-link --config controller.yaml"


def sign_in_page(reason: Reason) -> HTMLResponse:
    """Explains the one-time link in both languages."""
    status, english, chinese = reason.value
    return HTMLResponse(
        '<!doctype html>\n<html lang="zh-CN">\n<head><meta charset="utf-8"><title>Campanile</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<link rel="stylesheet" href="/static/plain.css"></head>\n<body><main>'
        f"<h1>{escape(chinese)}</h1><p>{escape(_HOW_ZH)}</p>"
        f'<div lang="en"><h2>{escape(english)}</h2><p>{escape(_HOW_EN)}</p></div>'
        f"<pre><code>{escape(_COMMAND)}</code></pre></main></body>\n</html>\n",
        status_code=status,
        headers={"Cache-Control": "no-store"},
    )
