"""What was found, for people and for scripts."""

from typing import Any

from campus.spec.check.findings import Finding
from campus.spec.check.publisher import PublisherCheck
from campus.spec.texts import every_reason

_WORDS = {
    "en": {
        "wrong": "wrong",
        "advice": "advice",
        "first": "first at",
        "do": "to do",
        "clean": "clean",
        "times": "times",
    },
    "zh": {"wrong": "错误", "advice": "建议", "first": "首次出现", "do": "处理", "clean": "通过", "times": "次"},
}


def report_text(check: PublisherCheck, language: str) -> str:
    """The report for people; findings before advice, each in order of first appearance."""
    words = _WORDS[language]
    wrong, advice = check.findings.wrong, check.findings.advice
    lines = []
    for severity, group in (("wrong", wrong), ("advice", advice)):
        for finding in group:
            lines += [*_finding_lines(finding, words[severity], words, language), ""]
    if check.findings.left_out:
        lines += [f"... {check.findings.left_out}", ""]
    verdict = words["clean"] if not wrong else f"{words['wrong']}: {len(wrong)}"
    lines.append(f"{verdict}; {words['advice']}: {len(advice)}. {_figures_line(check, language)}")
    return "\n".join(lines)


def report_json(check: PublisherCheck, language: str) -> dict[str, Any]:
    """The report for scripts; `clean` is what the exit code says."""
    figures = check.figures
    return {
        "clean": not check.findings.wrong,
        "messages": figures.messages,
        "frames": figures.frames,
        "samples": figures.samples,
        "bytes_per_sample": round(figures.samples_bytes / figures.samples, 1) if figures.samples else None,
        "publishers": sorted(figures.publishers),
        "findings": [_finding_json(finding, language) for finding in check.findings.groups.values()],
        "findings_left_out": check.findings.left_out,
    }


def _finding_lines(finding: Finding, severity: str, words: dict[str, str], language: str) -> list[str]:
    reason = every_reason()[finding.reason]
    times = f" ({finding.count} {words['times']})" if finding.count > 1 else ""
    return [
        f"{severity}: {reason.said(language)} [{finding.reason}]{times}",
        f"    {finding.detail}",
        f"    {words['first']}: {finding.place}",
        f"    {words['do']}: {reason.advised(language)}",
    ]


def _finding_json(finding: Finding, language: str) -> dict[str, Any]:
    reason = every_reason()[finding.reason]
    return {
        "severity": "advice" if finding.is_advice else "wrong",
        "reason": finding.reason,
        "subject": finding.subject,
        "detail": finding.detail,
        "count": finding.count,
        "first": {name: value for name, value in finding.place._asdict().items() if value},
        "what": reason.said(language),
        "do": reason.advised(language),
    }


def _figures_line(check: PublisherCheck, language: str) -> str:
    figures = check.figures
    each = f"{figures.samples_bytes / figures.samples:.1f}" if figures.samples else "-"
    who = ", ".join(sorted(figures.publishers)[:5]) or "-"
    if language == "zh":
        return (
            f"消息 {figures.messages}，帧 {figures.frames}，测量值 {figures.samples}（每个 {each} 字节），发布端 {who}"
        )
    return (
        f"{figures.messages} messages, {figures.frames} frames, {figures.samples} samples "
        f"({each} bytes each) from {who}"
    )
