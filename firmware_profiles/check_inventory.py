"""Is what a profile says of modules, licences and a device's own addresses right?"""

from firmware_profiles.check_words import check_oid
from firmware_profiles.finding import Place
from firmware_profiles.model import LicenceColumns, ModuleColumns, Profile


def check_inventory(place: Place, profile: Profile) -> None:
    """Everything under `own_addresses`, `modules` and `licences`."""
    for index, column in enumerate(profile.own_addresses):
        check_oid(place.at("own_addresses", index), column)
    for index, modules in enumerate(profile.modules):
        _check_modules(place.at("modules", index), modules)
    for index, licences in enumerate(profile.licences):
        _check_licences(place.at("licences", index), licences)


def _check_modules(place: Place, modules: ModuleColumns) -> None:
    check_oid(place.at("rows"), modules.rows)
    for key in ("name", "firmware"):
        for index, column in enumerate(getattr(modules, key)):
            check_oid(place.at(key, index), column)
    for key in ("model", "serial"):
        if getattr(modules, key):
            check_oid(place.at(key), getattr(modules, key))
    if not (modules.model or modules.serial):
        place.say("no module would be told", "name the column of the `model` or of the `serial` number")


def _check_licences(place: Place, licences: LicenceColumns) -> None:
    for key in ("name", "expires", "seconds_left"):
        if getattr(licences, key):
            check_oid(place.at(key), getattr(licences, key))
    if licences.expires and licences.seconds_left:
        place.at("seconds_left").say("the end is told twice", "keep `expires` or `seconds_left`")
