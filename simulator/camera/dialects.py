"""The makers' words: one function for each, from what is asked to what is said. `is_known` is whether the asker logged in."""

import json
import re
from datetime import UTC, datetime, timedelta, timezone

from simulator.camera.sight import Sight
from simulator.camera.web import Asked, Said

CHINA = timezone(timedelta(hours=8))
_XML, _JPEG = "application/xml", "image/jpeg"
_ONVIF = "/onvif/"
_WANTED = Said(401)
_NONE = Said(404)


def hikvision(sight: Sight, asked: Asked) -> Said:
    """ISAPI, and ONVIF beside it."""
    path = asked.path.partition("?")[0]
    if path.startswith(_ONVIF):
        return onvif(sight, asked)
    if not path.startswith("/ISAPI/"):
        return Said(content=b"<html></html>", kind="text/html") if path == "/" else _NONE
    if not asked.is_known:
        return _WANTED
    if path == "/ISAPI/Streaming/channels/101/picture" and not sight.is_recorder:
        return Said(content=sight.picture(), kind=_JPEG)
    body = _isapi_recorder(sight, path, asked.body) if sight.is_recorder else ""
    body = body or _isapi(sight, path)
    return Said(content=f'<?xml version="1.0" encoding="UTF-8"?>{body}'.encode(), kind=_XML) if body else _NONE


def _isapi(sight: Sight, path: str) -> str:
    label = sight.label
    match path:
        case "/ISAPI/System/deviceInfo":
            kind = "NVR" if sight.is_recorder else "IPCamera"
            return (
                '<DeviceInfo version="2.0" xmlns="http://www.hikvision.com/ver20/XMLSchema">'
                f"<deviceName>{label.name}</deviceName><model>{label.model}</model><serialNumber>{label.serial}</serialNumber>"
                f"<firmwareVersion>{label.firmware}</firmwareVersion>"
                f"<macAddress>{label.mac}</macAddress><deviceType>{kind}</deviceType></DeviceInfo>"
            )
        case "/ISAPI/System/time":
            local = datetime.fromtimestamp(sight.now / 1000, CHINA).isoformat(timespec="seconds")
            return f"<Time><timeMode>NTP</timeMode><localTime>{local}</localTime></Time>"
        case "/ISAPI/System/status":
            return (
                "<DeviceStatus><deviceUpTime>864000</deviceUpTime><CPUList><CPU><cpuUtilization>23</cpuUtilization></CPU>"
                "</CPUList></DeviceStatus>"
            )
    return ""


def _isapi_recorder(sight: Sight, path: str, body: str) -> str:
    match path:
        case "/ISAPI/ContentMgmt/Storage":
            disks = "".join(
                f"<hdd><id>{number}</id><hddName>{disk.name}</hddName>"
                f"<status>{'error' if disk.is_failing else 'ok'}</status><capacity>{disk.capacity_mb}</capacity>"
                f"<freeSpace>{disk.free_mb}</freeSpace></hdd>"
                for number, disk in enumerate(sight.disks, start=1)
            )
            return f"<storage><hddList>{disks}</hddList></storage>"
        case "/ISAPI/ContentMgmt/InputProxy/channels/status":
            channels = "".join(
                f"<InputProxyChannelStatus><id>{number}</id><online>{str(online).lower()}</online></InputProxyChannelStatus>"
                for number, online in sight.channels.items()
            )
            return f"<InputProxyChannelStatusList>{channels}</InputProxyChannelStatusList>"
        case "/ISAPI/ContentMgmt/record/tracks":
            tracks = "".join(
                f"<Track><id>{number}01</id></Track><Track><id>{number}03</id></Track>" for number in sight.channels
            )
            return f"<TrackList>{tracks}</TrackList>"
        case "/ISAPI/ContentMgmt/search":
            track = re.search(r"<trackID>(\d+)</trackID>", body)
            oldest = datetime.fromtimestamp(sight.now / 1000 - sight.recorded_days * 86_400, UTC)
            return (
                f"<CMSearchResult><matchList><searchMatchItem><trackID>{track[1] if track else ''}</trackID><timeSpan>"
                f"<startTime>{oldest:%Y-%m-%dT%H:%M:%SZ}</startTime></timeSpan></searchMatchItem></matchList></CMSearchResult>"
            )
    return ""


def dahua(sight: Sight, asked: Asked) -> Said:
    """CGI with lines of key=value, and ONVIF beside it."""
    path, _, query = asked.path.partition("?")
    if path.startswith(_ONVIF):
        return onvif(sight, asked)
    if not path.startswith("/cgi-bin/"):
        return Said(content=b"<html></html>", kind="text/html") if path == "/" else _NONE
    if not asked.is_known:
        return _WANTED
    if path == "/cgi-bin/snapshot.cgi":
        return Said(content=sight.picture(), kind=_JPEG)
    if path == "/cgi-bin/api/LogicDeviceManager/getCameraState" and sight.is_recorder:
        states = [
            {"channel": number, "connectionState": "Connected" if online else "Unconnect"}
            for number, online in sight.channels.items()
        ]
        return Said(content=json.dumps({"states": states}).encode(), kind="application/json")
    lines = _cgi(sight, f"{path}?{query}")
    return Said(content="\r\n".join([*lines, ""]).encode()) if lines else Said(400, b"Error\r\nBad Request!\r\n")


def _cgi(sight: Sight, path: str) -> list[str]:
    label = sight.label
    local = datetime.fromtimestamp(sight.now / 1000).astimezone()
    match path.removeprefix("/cgi-bin/"):
        case "magicBox.cgi?action=getDeviceType":
            return [f"type={label.model}"]
        case "magicBox.cgi?action=getSystemInfo":
            return ["deviceType=31", f"serialNumber={label.serial}", "hardwareVersion=1.00"]
        case "magicBox.cgi?action=getSoftwareVersion":
            return [f"version={label.firmware}"]
        case "magicBox.cgi?action=getMachineName":
            return [f"name={label.name}"]
        case "magicBox.cgi?action=getDeviceClass":
            return [f"class={'NVR' if sight.is_recorder else 'IPC'}"]
        case "global.cgi?action=getCurrentTime":
            return [f"result={local.year}-{local.month}-{local.day} {local:%H:%M:%S}"]
        case "storageDevice.cgi?action=getDeviceAllInfo":
            lines = []
            for number, disk in enumerate(sight.disks):
                at, used = f"list.info[{number}]", disk.capacity_mb - disk.free_mb
                lines += [
                    f"{at}.Name=/dev/{disk.name}",
                    f"{at}.Detail[0].IsError={str(disk.is_failing).lower()}",
                    f"{at}.Detail[0].TotalBytes={disk.capacity_mb << 20}.000000",
                    f"{at}.Detail[0].UsedBytes={used << 20}.000000",
                ]
            return lines
    return []


def onvif(sight: Sight, asked: Asked) -> Said:
    """Device and media service; all but the clock wants the token or HTTP's digest."""
    if asked.path == "/onvif/snapshot":
        return Said(content=sight.picture(), kind=_JPEG) if asked.is_known else _WANTED
    found = re.search(r"<o:(\w+)", asked.body)
    operation = found[1] if found else ""
    if operation != "GetSystemDateAndTime" and not asked.is_known:
        if "UsernameToken" not in asked.body:
            return _WANTED
        if not asked.account.admits_token(asked.body, sight.now):
            return _soap(400, _fault("NotAuthorized"))
    inner = _onvif(sight, operation)
    if not inner:
        return _soap(400, _fault("ActionNotSupported"))
    return _soap(200, f"<{operation}Response>{inner}</{operation}Response>")


def _fault(word: str) -> str:
    return f"<Fault><Code><Subcode><Value>ter:{word}</Value></Subcode></Code></Fault>"


def _soap(status: int, body: str) -> Said:
    envelope = f'<e:Envelope xmlns:e="http://www.w3.org/2003/05/soap-envelope"><Body>{body}</Body></e:Envelope>'
    return Said(status, envelope.encode(), "application/soap+xml")


def _onvif(sight: Sight, operation: str) -> str:
    label, now = sight.label, datetime.fromtimestamp(sight.now / 1000, UTC)
    match operation:
        case "GetSystemDateAndTime":
            return (
                f"<SystemDateAndTime><UTCDateTime><Time><Hour>{now.hour}</Hour><Minute>{now.minute}</Minute>"
                f"<Second>{now.second}</Second></Time><Date><Year>{now.year}</Year><Month>{now.month}</Month>"
                f"<Day>{now.day}</Day></Date></UTCDateTime></SystemDateAndTime>"
            )
        case "GetDeviceInformation":
            return (
                f"<Manufacturer>{label.vendor}</Manufacturer><Model>{label.model}</Model>"
                f"<FirmwareVersion>{label.firmware}</FirmwareVersion><SerialNumber>{label.serial}</SerialNumber>"
            )
        case "GetCapabilities":  # an address behind another, as cameras tell it
            return "<Capabilities><Media><XAddr>http://192.168.1.64/onvif/media</XAddr></Media></Capabilities>"
        case "GetProfiles":
            return (
                '<Profiles token="main"><Name>main</Name></Profiles><Profiles token="sub"><Name>sub</Name></Profiles>'
            )
        case "GetSnapshotUri":
            return "<MediaUri><Uri>http://192.168.1.64/onvif/snapshot</Uri></MediaUri>"
        case "GetStreamUri":
            return "<MediaUri><Uri>rtsp://192.168.1.64:554/stream1</Uri></MediaUri>"
    return ""
