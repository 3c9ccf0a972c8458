"""A rule of a place's own, made by a form; and what a place decided as a file, written and read."""

from typing import Annotated, Final

from fastapi import APIRouter, Form, Request, Response, UploadFile
from fastapi.responses import RedirectResponse

from campus.errors import ConfigError
from campus.metrics import publishable
from campus.samples import DeviceKind, Severity
from controller.console.console import Console
from controller.console.own_rule import QUESTIONS, form_of, metric_of, rule_of
from controller.console.pages.rule_acts import Sent, days_of
from controller.console.pages.rule_list import Told, list_page
from controller.console.pages.rule_page import DAYS, Filled, outlook_of
from controller.console.rule_form import UNITS_S, Unreadable
from controller.console.rule_stand import Stand
from controller.identity.dependency import CallerScope
from controller.identity.scope import Denied
from controller.rulings.desk import Wish
from controller.rulings.model import NotAllowed, When
from controller.rulings.sheet import read_sheet, write_sheet
from controller.wording import unit_name

MAX_FILE_BYTES: Final = 200_000


def file_routes(router: APIRouter, console: Console) -> None:
    """``/rules/new``, ``/rules.yaml``."""

    @router.get("/rules/new")
    def new(
        request: Request,
        scope: CallerScope,
        site: str = "",
        at: str = "",
        metric: str = "",
        trial: str = "",
        case: int = -1,
    ) -> Response:
        """First which metric, then the question about it; with a `trial`, what that came to."""
        return _form_page(Stand(console, request, scope, at, site), metric, Filled(trial, case=case))

    @router.post("/rules/new")
    def add(
        request: Request, scope: CallerScope, form: Sent, bad: Annotated[list[str] | None, Form()] = None
    ) -> Response:
        """Try it, or save it."""
        stand = Stand(console, request, scope, form.get("at", ""))
        try:
            rule = rule_of(form, tuple(bad or ()))
            if form.get("act") == "try":
                ticket = console.services.replays.begin(scope, Wish(stand.place, rule.id, days_of(form), own=rule))
                target = stand.address("/rules/new", metric=rule.metric, trial=ticket) + "#outlook"
            else:
                made = stand.rulings.put_rule(scope, stand.place, rule, form.get("reason", ""))
                target = stand.address(f"/rules/{made}", said="saved")
        except Unreadable as error:
            problem = stand.page.t("rules.problem_number", what=stand.page.t(f"rules.number_{error}"))
        except NotAllowed as error:
            problem = stand.page.t("rules.problem", why=str(error))
        else:
            return RedirectResponse(target, status_code=303)
        return _form_page(
            stand, form.get("metric", ""), Filled(form=form | {"bad": " ".join(bad or ())}, problem=problem)
        )

    @router.get("/rules.yaml")
    def export(request: Request, scope: CallerScope, site: str = "", at: str = "") -> Response:
        """What the place decided, as `campanile rules check` reads it."""
        stand = Stand(console, request, scope, at, site)
        text = write_sheet(stand.rulings.sheet(scope, stand.place))
        name = f'attachment; filename="rules-{stand.place.id}.yaml"'
        return Response(text, media_type="application/yaml", headers={"Content-Disposition": name})

    @router.post("/rules/import")
    def take(request: Request, scope: CallerScope, file: UploadFile, at: Annotated[str, Form()] = "") -> Response:
        """Decide what a file says, whole or not at all."""
        stand = Stand(console, request, scope, at)
        if not stand.point.may_decide:  # before a large file is read
            raise Denied("deciding about rules needs an operator of the place as a whole")
        content = file.file.read(MAX_FILE_BYTES + 1)
        try:
            if len(content) > MAX_FILE_BYTES:
                raise ConfigError(f"{file.filename}: larger than {MAX_FILE_BYTES // 1_000} kB: write several files")
            text = content.decode("utf-8")
            taken = stand.rulings.take_sheet(scope, stand.place, read_sheet(file.filename or "file", text))
        except (ConfigError, NotAllowed, UnicodeDecodeError) as error:
            return list_page(stand, told=Told(problem=str(error)))
        return RedirectResponse(stand.address("/rules", taken=taken), status_code=303)


def _form_page(stand: Stand, metric: str, filled: Filled) -> Response:
    page = stand.page
    outlook = outlook_of(stand, filled)
    own = outlook.attempt.wish.own if outlook.attempt is not None else None
    form = dict(filled.form) if filled.form is not None else form_of(own) if own is not None else {}
    bad = form.get("bad", "").split() or list(getattr(own.condition, "bad", ()) if own is not None else ())
    known = sorted(((page.either(each.en, each.zh), name) for name, each in publishable().items()))
    chosen = metric_of(metric) if metric else None
    return stand.render(
        "rule_new.html",
        status=422 if filled.problem else 200,
        metrics=known,
        metric=metric,
        chosen=chosen,
        unit=unit_name(chosen.unit, page.language) if chosen is not None else "",
        states=[(each.name, page.state(each)) for each in chosen.states] if chosen is not None else [],
        questions=QUESTIONS if chosen is None or not chosen.states else ("state", "silent"),
        bad=bad,
        form=form,
        kinds=tuple(DeviceKind),
        severities=tuple(Severity),
        whens=tuple(When),
        units=UNITS_S,
        days_to_choose=DAYS,
        problem=filled.problem,
        trial=filled.trial,
        **outlook._asdict(),
    )
