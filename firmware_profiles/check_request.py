"""Is what is asked over HTTP right?"""

from firmware_profiles.check_point import check_message_point
from firmware_profiles.check_words import check_pattern
from firmware_profiles.finding import Place
from firmware_profiles.model import Profile
from firmware_profiles.requests import AnswerForm, HttpMatch, Request


def check_requests(place: Place, profile: Profile) -> None:
    """Every request of a profile, and where its pictures stand."""
    for index, request in enumerate(profile.requests):
        _check_request(place.at("requests", index), request)
    check_path(place.at("video", "picture"), profile.video.picture)
    check_path(place.at("video", "stream"), profile.video.stream)


def _check_request(place: Place, request: Request) -> None:
    if bool(request.path) == bool(request.onvif):
        place.say("a request asks one thing", "give `path`, or `onvif` with an operation's name")
    check_path(place.at("path"), request.path)
    if request.onvif and request.form is not AnswerForm.XML:
        place.at("form").say("ONVIF answers in XML", "write `form: xml`")
    if not (request.points or request.kind or any(getattr(request.facts, f) for f in request.facts.__struct_fields__)):
        place.say("nothing is read from the answer", "give `points`, `facts` or `kind`")
    if bool(request.kind) != bool(request.kinds):
        place.say("a kind needs both: where the word stands and what it means", "give `kind` and `kinds`")
    for index, point in enumerate(request.points):
        check_message_point(place.at("points", index), point)
    if request.over:
        check_path(place.at("over", "path"), request.over.path)
        check_pattern(place.at("over", "pattern"), request.over.pattern, 1)
        if "{item}" not in request.path + request.body:
            place.at("over").say("every item would be asked the same", "write {item} into `path` or `body`")


def check_path(place: Place, path: str) -> None:
    """A path on the device itself: what leads elsewhere would take the password there."""
    if path and (not path.startswith("/") or path.startswith("//")):
        place.say(f"{path!r} is no path on the device", "begin with one slash, without http:// and the address")


def check_http_match(place: Place, match: HttpMatch) -> None:
    """How a family is told from others before a login."""
    check_path(place.at("path"), match.path)
    if not (match.challenge or match.answers):
        place.say("anything that answers would match", "give `challenge` or `answers`")
    for key in ("challenge", "answers"):
        if getattr(match, key):
            check_pattern(place.at(key), getattr(match, key), 0)
