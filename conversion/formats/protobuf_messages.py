"""
Classes of protobuf messages, made from one line for each message.

    enum Pool: MAX=0 AVE=1
    Layer: name=1 string; bottom=3 string*; pool=4 Pool=MAX; blobs=7 Blob*;
        data=5 float* packed

A line that begins with a space continues the one before. The lines are our own description of the
wire format: number and type of each field, `*` for repeated ones, a default after `=`, and for maps
`attr=5 map string Attr`. Fields that a line does not name are skipped in files. The same classes
read the text form.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import cast

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

_Field = descriptor_pb2.FieldDescriptorProto
_TYPES = {
    "double": _Field.TYPE_DOUBLE,
    "float": _Field.TYPE_FLOAT,
    "int64": _Field.TYPE_INT64,
    "uint64": _Field.TYPE_UINT64,
    "int32": _Field.TYPE_INT32,
    "uint32": _Field.TYPE_UINT32,
    "bool": _Field.TYPE_BOOL,
    "string": _Field.TYPE_STRING,
    "bytes": _Field.TYPE_BYTES,
}


def message_classes(package: str, lines: str) -> dict[str, type[Message]]:
    """
    The classes of the messages that `lines` describe, by name.

    `package` keeps apart what has the same name in two formats. Raises `ValueError` for a line
    that says nothing of the above.
    """
    file = descriptor_pb2.FileDescriptorProto(
        name=f"{package}.proto", package=package, syntax="proto2"
    )
    described = described_lines(lines)
    enums = {
        head.split()[1]: body.split()
        for head, body in described.items()
        if head.startswith("enum ")
    }
    for name, values in enums.items():
        enum = file.enum_type.add(name=name)
        for value in values:
            word, _, number = value.partition("=")
            # Values share the scope of the file: two enumerations may have the same word.
            enum.value.add(name=word, number=int(number))
    messages = {name: body for name, body in described.items() if not name.startswith("enum ")}
    for name, body in messages.items():
        message = file.message_type.add(name=name)
        for text in filter(None, map(str.strip, body.split(";"))):
            _add_field(message, text, package, enums.keys())
    _move_enums(file)
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return {
        name: message_factory.GetMessageClass(pool.FindMessageTypeByName(f"{package}.{name}"))
        for name in messages
    }


def described_lines(lines: str) -> dict[str, str]:
    """What is said of each message, and of each `enum NAME`, by what stands before the colon."""
    joined = re.sub(r"\n\s+", " ", lines.strip())
    parts = (line.partition(":") for line in joined.splitlines())
    return {head.strip(): body.strip() for head, _, body in parts}


def _move_enums(file: descriptor_pb2.FileDescriptorProto) -> None:
    """Give each enumeration a scope of its own: a message around it."""
    for enum in file.enum_type:
        file.message_type.add(name=f"{enum.name}Enum").enum_type.add().CopyFrom(enum)
    del file.enum_type[:]


def _add_field(
    message: descriptor_pb2.DescriptorProto, text: str, package: str, enums: Iterable[str]
) -> None:
    """A field as `name=number type[*][=default] [packed]`, or `name=number map key value`."""
    head, *words = text.split()
    name, _, number = head.partition("=")
    field = message.field.add(name=name, number=int(number))
    if words[0] == "map":
        _, key, value = words
        entry = message.nested_type.add(name=f"{name.title().replace('_', '')}Entry")
        entry.options.map_entry = True
        _add_field(entry, f"key=1 {key}", package, enums)
        _add_field(entry, f"value=2 {value}", package, enums)
        field.label = _Field.LABEL_REPEATED
        field.type = _Field.TYPE_MESSAGE
        field.type_name = f".{package}.{message.name}.{entry.name}"
        return
    word, _, default = words[0].partition("=")
    repeated = word.endswith("*")
    word = word.rstrip("*")
    field.label = _Field.LABEL_REPEATED if repeated else _Field.LABEL_OPTIONAL
    if word in _TYPES:
        field.type = _TYPES[word]
    elif word in enums:
        field.type = _Field.TYPE_ENUM
        field.type_name = f".{package}.{word}Enum.{word}"
    else:
        field.type = _Field.TYPE_MESSAGE
        field.type_name = f".{package}.{word}"
    if default:
        field.default_value = default
    field.options.packed = words[1:] == ["packed"]


def set_fields(message: Message) -> dict[str, object]:
    """The fields that are set in a message: enumerations by their words, repeated ones as lists."""
    return {field.name: _value(field, value) for field, value in message.ListFields()}


def _value(field: FieldDescriptor, value: object) -> object:
    enum = field.enum_type
    several = isinstance(value, Iterable) and not isinstance(value, str | bytes | Message)
    if enum is None:
        return list(cast("Iterable[object]", value)) if several else value
    words = {entry.number: entry.name for entry in enum.values}
    if several:
        return [words[number] for number in cast("Iterable[int]", value)]
    return words[cast(int, value)]


def check_text(message: Message) -> None:
    """
    Check that all text in a message is text: what is not stays bytes as it is read.

    Raises `UnicodeDecodeError`.
    """
    left = [message]
    while left:
        for field, value in left.pop().ListFields():
            several = isinstance(value, Iterable) and not isinstance(value, str | bytes | Message)
            values = list(cast("Iterable[object]", value)) if several else [value]
            if field.type == _Field.TYPE_MESSAGE:
                left += [inner for inner in values if isinstance(inner, Message)]
            elif field.type == _Field.TYPE_STRING:
                for text in values:
                    if isinstance(text, bytes):
                        text.decode("utf-8")
