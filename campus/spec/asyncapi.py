"""The AsyncAPI 3.0 document, seen from a publisher: it sends on `up` and `state` and may listen on `down`."""

import json
from typing import Any

import yaml

from campus.ids import ID_PATTERN
from campus.spec.example import ADDRESS, DEVICES_FRAME, SAMPLES_FRAME, STATE
from campus.topics import PARTITIONS, WIRE_VERSION, Leg
from campus.wire.frame import MAX_COMPRESSED_BYTES

MEDIA_TYPE = "application/vnd.campanile.frame+zstd"
_TEMPLATE = f"campus/{WIRE_VERSION}/{{partition}}/{{site}}/{{agent}}/"
_QOS = {"mqtt": {"qos": 1, "retain": False, "bindingVersion": "0.2.0"}}
_RETAINED = {"mqtt": {"qos": 1, "retain": True, "bindingVersion": "0.2.0"}}


def asyncapi_text() -> str:
    """The document as YAML."""
    content = json.loads(json.dumps(asyncapi()))  # so that nothing is the same object twice and YAML needs no anchors
    return yaml.safe_dump(content, allow_unicode=True, sort_keys=False, width=110)


def asyncapi() -> dict[str, Any]:
    """The document; its schemas stand beside it as files."""
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Campanile data access",
            "version": f"{WIRE_VERSION}.0.0",
            "description": "How a publisher sends telemetry of a school's devices to the district. "
            "The readable page is 40-data-access-specification.md.",
            "license": {"name": "Apache-2.0", "url": "https://www.apache.org/licenses/LICENSE-2.0"},
        },
        "defaultContentType": "application/json",
        "servers": {
            "district": {
                "host": "broker.district.example:8883",
                "protocol": "secure-mqtt",
                "protocolVersion": "3.1.1",
                "description": "The district gives you host, port, user name and certificate authority.",
            }
        },
        "channels": _channels(),
        "operations": _operations(),
        "components": {"parameters": _parameters(), "messages": _messages()},
    }


def _channels() -> dict[str, Any]:
    names = {Leg.UP: ["jsonForm", "frame"], Leg.DOWN: ["fromController"], Leg.STATE: ["state"]}
    said = {
        Leg.UP: f"Frames of one publisher, at most {MAX_COMPRESSED_BYTES} bytes each.",
        Leg.DOWN: "Acknowledgements and commands to one publisher.",
        Leg.STATE: "Retained: whether the publisher is connected.",
    }
    return {
        leg.value: {
            "address": _TEMPLATE + leg.value,
            "description": said[leg],
            "parameters": {name: {"$ref": f"#/components/parameters/{name}"} for name in _parameters()},
            "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in names[leg]},
        }
        for leg in Leg
    }


def _operations() -> dict[str, Any]:
    return {
        "sendFrame": _operation("send", Leg.UP, "QoS 1, not retained. Repeat until acknowledged.", _QOS),
        "sendState": _operation(
            "send", Leg.STATE, "Retained, QoS 1; also the last will, with online false.", _RETAINED
        ),
        "hearController": _operation("receive", Leg.DOWN, "Optional: which frames are stored.", _QOS),
    }


def _operation(action: str, leg: Leg, summary: str, bindings: dict[str, Any]) -> dict[str, Any]:
    return {"action": action, "channel": {"$ref": f"#/channels/{leg}"}, "summary": summary, "bindings": bindings}


def _parameters() -> dict[str, Any]:
    example = ADDRESS.topic(Leg.UP).split("/")
    return {
        "partition": {
            "description": f"Two digits: CRC-32 (RFC 1952) of the site id, modulo {PARTITIONS}.",
            "examples": [example[2]],
        },
        "site": {"description": f"The school's id: {ID_PATTERN}", "examples": [example[3]]},
        "agent": {"description": f"The publisher's id: {ID_PATTERN}", "examples": [example[4]]},
    }


def _messages() -> dict[str, Any]:
    return {
        "jsonForm": {
            "title": "Samples or devices as JSON",
            "contentType": "application/json",
            "payload": {"$ref": "samples.schema.json"},
            "examples": [
                {"name": "devices", "payload": DEVICES_FRAME},
                {"name": "samples", "payload": SAMPLES_FRAME},
            ],
        },
        "frame": {
            "title": "Any frame, packed",
            "contentType": MEDIA_TYPE,
            "description": "One zstd frame with its content size over one MessagePack map.",
            "payload": {"$ref": "frame.schema.json"},
        },
        "fromController": {
            "title": "An ack or a command, packed",
            "contentType": MEDIA_TYPE,
            "payload": {"$ref": "frame.schema.json"},
        },
        "state": {
            "title": "Connected or not",
            "contentType": "application/json",
            "payload": {"$ref": "state.schema.json"},
            "examples": [{"name": "online", "payload": STATE}],
        },
    }
