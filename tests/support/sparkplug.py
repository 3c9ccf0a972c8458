"""Sparkplug B as another implementation encodes it: Google's Protocol Buffers, with the message's published fields.

The fields are those of the specification's sparkplug_b.proto; what the decoder under test knows of them is not used here.
"""

from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

INT8, INT16, INT32, INT64, UINT8, UINT16, UINT32, UINT64, FLOAT, DOUBLE, BOOLEAN, STRING, DATETIME, TEXT = range(1, 15)
DATASET, BYTES, TEMPLATE = 16, 17, 19
_KINDS = {"double": 1, "float": 2, "uint64": 4, "bool": 8, "string": 9, "message": 11, "bytes": 12, "uint32": 13}
_MESSAGES = {
    "DataSet": [("num_of_columns", 1, "uint64"), ("columns", 2, "*string"), ("types", 3, "*uint32")],
    "Template": [("version", 1, "string"), ("metrics", 2, "*Metric"), ("template_ref", 4, "string")],
    "PropertyValue": [
        ("type", 1, "uint32"),
        ("is_null", 2, "bool"),
        ("int_value", 3, "uint32"),
        ("long_value", 4, "uint64"),
        ("float_value", 5, "float"),
        ("double_value", 6, "double"),
        ("boolean_value", 7, "bool"),
        ("string_value", 8, "string"),
    ],
    "PropertySet": [("keys", 1, "*string"), ("values", 2, "*PropertyValue")],
    "Metric": [
        ("name", 1, "string"),
        ("alias", 2, "uint64"),
        ("timestamp", 3, "uint64"),
        ("datatype", 4, "uint32"),
        ("is_historical", 5, "bool"),
        ("is_transient", 6, "bool"),
        ("is_null", 7, "bool"),
        ("properties", 9, "PropertySet"),
        ("int_value", 10, "uint32"),
        ("long_value", 11, "uint64"),
        ("float_value", 12, "float"),
        ("double_value", 13, "double"),
        ("boolean_value", 14, "bool"),
        ("string_value", 15, "string"),
        ("bytes_value", 16, "bytes"),
        ("dataset_value", 17, "DataSet"),
        ("template_value", 18, "Template"),
    ],
    "Payload": [
        ("timestamp", 1, "uint64"),
        ("metrics", 2, "*Metric"),
        ("seq", 3, "uint64"),
        ("uuid", 4, "string"),
        ("body", 5, "bytes"),
    ],
}
_SLOTS = {
    **dict.fromkeys((INT8, INT16, INT32, UINT8, UINT16, UINT32), "int_value"),
    **dict.fromkeys((INT64, UINT64, DATETIME), "long_value"),
    FLOAT: "float_value",
    DOUBLE: "double_value",
    BOOLEAN: "boolean_value",
    STRING: "string_value",
    TEXT: "string_value",
    BYTES: "bytes_value",
}


def _message_class() -> Any:
    file = descriptor_pb2.FileDescriptorProto(name="sparkplug_b.proto", package="tahu", syntax="proto2")
    for name, fields in _MESSAGES.items():
        message = file.message_type.add(name=name)
        for field, number, kind in fields:
            repeated, plain = kind.startswith("*"), kind.removeprefix("*")
            added = message.field.add(name=field, number=number, label=3 if repeated else 1)
            added.type = _KINDS.get(plain, _KINDS["message"])  # type: ignore[assignment]
            if plain not in _KINDS:
                added.type_name = f".tahu.{plain}"
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("tahu.Payload"))


PAYLOAD = _message_class()


def metric(name: str = "", value: Any = None, datatype: int = 0, *, unit: str = "", **fields: Any) -> dict[str, Any]:
    """One metric as `payload` takes it. A signed integer goes into its unsigned field as two's complement."""
    said: dict[str, Any] = {**fields}
    if name:
        said["name"] = name
    if datatype:
        said["datatype"] = datatype
    if value is not None:
        slot = _SLOTS[datatype or said.pop("as_type")]
        bits = {"int_value": 32, "long_value": 64}.get(slot)
        said[slot] = value % (1 << bits) if bits else value
    said.pop("as_type", None)
    if unit:
        said["properties"] = {
            "keys": ["readOnly", "engUnit"],
            "values": [{"boolean_value": True}, {"string_value": unit}],
        }
    return said


def payload(*metrics: dict[str, Any], **fields: Any) -> bytes:
    """An encoded payload; `seq` and `timestamp` among the fields."""
    encoded: bytes = PAYLOAD(metrics=metrics, **fields).SerializeToString()
    return encoded
