"""The OpenAPI description of the RPCs in their JSON form: ``make generate`` writes it.

The JSON form is that of the Connect protocol: a POST of one object for each call. Names, types
and texts come from proto/; what HTTP and Connect add is described here.

    buf build proto -o - | python -m tests.support.openapi FILE
"""

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from google.protobuf.descriptor_pb2 import (
    DescriptorProto,
    EnumDescriptorProto,
    FieldDescriptorProto,
    FileDescriptorProto,
    FileDescriptorSet,
    MethodDescriptorProto,
)

PACKAGE: Final = "suppression.v1"
#: Numbers of fields in descriptor.proto, of which the paths of comments are made.
_MESSAGES, _ENUMS, _SERVICES, _MEMBERS = 4, 5, 6, 2

_Schema = dict[str, Any]

_SCALARS: Final[dict[int, _Schema]] = {
    FieldDescriptorProto.TYPE_STRING: {"type": "string"},
    FieldDescriptorProto.TYPE_BOOL: {"type": "boolean"},
    FieldDescriptorProto.TYPE_INT32: {
        "type": "integer",
        "format": "int32",
        "minimum": -(2**31),
        "maximum": 2**31 - 1,
    },
    FieldDescriptorProto.TYPE_UINT32: {"type": "integer", "minimum": 0, "maximum": 2**32 - 1},
    # A number of JSON is a double in many programs, which cannot hold every int64.
    FieldDescriptorProto.TYPE_INT64: {
        "type": "string",
        "format": "int64",
        "pattern": r"^-?[0-9]{1,19}$",
    },
}
_WELL_KNOWN: Final[dict[str, _Schema]] = {
    ".google.protobuf.Timestamp": {
        "type": "string",
        "format": "date-time",
        "examples": ["2026-05-04T12:30:15.250Z"],
    },
    ".google.protobuf.Duration": {
        "type": "string",
        "description": "Seconds, with up to nine decimal places, then s.",
        "pattern": r"^-?[0-9]{1,12}(\.[0-9]{1,9})?s$",
        "examples": ["86400s", "1.5s"],
    },
}
# What the comments say in words.
_LIMITS: Final[dict[str, _Schema]] = {
    "BatchCheckRequest.addresses": {"minItems": 1, "maxItems": 10_000},
    "ListChangesRequest.page_size": {"minimum": 0},
}

#: The codes of Connect, by the HTTP status that answers with them.
CODES: Final = {
    "400": ("invalid_argument", "A field cannot be used, or the request cannot be read."),
    "401": ("unauthenticated", "The server requires a token, and there is no valid one."),
    "403": ("permission_denied", "The role of the token does not permit the call."),
    "429": (
        "resource_exhausted",
        "Too many calls: google.rpc.RetryInfo says when to try again. Or too long a request.",
    ),
    "499": ("canceled", "The call was cancelled, such as by a server that stops."),
    "500": ("internal", "An internal error."),
    "501": ("unimplemented", "The request is compressed."),
    "503": ("unavailable", "The list in memory is too old, or the database is unavailable."),
    "504": ("deadline_exceeded", "The time of Connect-Timeout-Ms is over."),
}
_INFO: Final = """\
The JSON form of the gRPC services of suppression.v1, by the Connect protocol: \
each call is a POST of one JSON object.

Send a mail only on VERDICT_SEND. A response without a verdict, an error and no response at all \
are no permission.

Fields that have their zero value (false, 0, an empty text or list, the value of an enum that \
ends in _UNSPECIFIED) are absent from responses. Newer servers may add fields to responses. \
A field of a request that the server does not know is refused. Requests may also name \
fields as proto/ does (min_revision) and give the numbers of enums."""
_HEADERS: Final = [
    {
        "name": "Connect-Timeout-Ms",
        "in": "header",
        "description": "Milliseconds after which the caller stops waiting.",
        "schema": {"type": "integer", "minimum": 1, "maximum": 9_999_999_999},
    },
    {
        "name": "X-Request-Id",
        "in": "header",
        "description": "The id of the call in logs and errors. Absent: the server makes one up.",
        "schema": {"type": "string", "pattern": "^[A-Za-z0-9._:/+=-]{1,64}$"},
    },
]
_ERROR: Final[_Schema] = {
    "type": "object",
    "description": "An error of Connect.",
    "required": ["code"],
    "properties": {
        "code": {"type": "string", "enum": [code for code, _ in CODES.values()]},
        "message": {"type": "string", "description": "For people. Never contains an address."},
        "details": {"type": "array", "items": {"$ref": "#/components/schemas/ErrorDetail"}},
    },
    "examples": [
        {
            "code": "invalid_argument",
            "message": "addresses: give at least one address",
            "details": [
                {
                    "type": "google.rpc.ErrorInfo",
                    "value": "CgtCQVRDSF9FTVBUWRIOc3VwcHJlc3Npb24udjE",
                }
            ],
        }
    ],
}
_ERROR_DETAIL: Final[_Schema] = {
    "type": "object",
    "description": "A message of google.rpc: ErrorInfo (its reason is for programs), RequestInfo, "
    "BadRequest where a field is at fault, RetryInfo where to try again helps.",
    "required": ["type", "value"],
    "properties": {
        "type": {"type": "string", "examples": ["google.rpc.ErrorInfo"]},
        "value": {
            "type": "string",
            "contentEncoding": "base64",
            "description": "The message in protobuf's binary form, in base64 without padding.",
            "pattern": "^[A-Za-z0-9+/]*$",
        },
    },
}


class _Comments:
    """The comments of a file, by the path of what they are about."""

    def __init__(self, file: FileDescriptorProto) -> None:
        self._texts = {
            tuple(each.path): each.leading_comments for each in file.source_code_info.location
        }

    def __call__(self, *path: int) -> str:
        """Return a comment, each paragraph as one line."""
        paragraphs = self._texts.get(path, "").strip().split("\n\n")
        return "\n\n".join(" ".join(each.split()) for each in paragraphs)


def describe(files: FileDescriptorSet) -> _Schema:
    """Return the OpenAPI description of the service."""
    ours = [file for file in files.file if file.package == PACKAGE]
    schemas = dict(each for file in ours for each in _schemas(file))
    errors = {status: _error_response(text) for status, (_, text) in CODES.items()}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Suppression service",
            "version": "v1",
            "description": _INFO,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "security": [{"token": []}, {}],
        "paths": dict(each for file in ours for each in _paths(file)),
        "components": {
            "securitySchemes": {
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "Needed where the server has a token file.",
                }
            },
            "responses": errors,
            "schemas": schemas | {"Error": _ERROR, "ErrorDetail": _ERROR_DETAIL},
        },
    }


def _error_response(text: str) -> _Schema:
    error = {"schema": {"$ref": "#/components/schemas/Error"}}
    return {"description": text, "content": {"application/json": error}}


def _paths(file: FileDescriptorProto) -> Iterator[tuple[str, _Schema]]:
    comments = _Comments(file)
    for number, service in enumerate(file.service):
        for index, method in enumerate(service.method):
            text = comments(_SERVICES, number, _MEMBERS, index)
            yield f"/{PACKAGE}.{service.name}/{method.name}", {"post": _operation(method, text)}


def _operation(method: MethodDescriptorProto, text: str) -> _Schema:
    def content(type_name: str) -> _Schema:
        return {"application/json": {"schema": _reference(type_name)}}

    return {
        "operationId": method.name,
        "summary": text.partition(". ")[0].removesuffix("."),
        "description": text,
        "parameters": _HEADERS,
        "requestBody": {"required": True, "content": content(method.input_type)},
        "responses": {
            "200": {"description": "The response.", "content": content(method.output_type)},
            **{status: {"$ref": f"#/components/responses/{status}"} for status in CODES},
            "405": {"description": "The method is not POST."},
            "415": {"description": "The content type is not application/json."},
        },
    }


def _schemas(file: FileDescriptorProto) -> Iterator[tuple[str, _Schema]]:
    comments = _Comments(file)
    for number, enum in enumerate(file.enum_type):
        yield enum.name, _enum(enum, number, comments)
    for number, message in enumerate(file.message_type):
        yield message.name, _message(message, number, comments)


def _enum(enum: EnumDescriptorProto, number: int, comments: _Comments) -> _Schema:
    values = [
        f"- {value.name}: {comments(_ENUMS, number, _MEMBERS, index)}"
        for index, value in enumerate(enum.value)
    ]
    text = f"{comments(_ENUMS, number)}\n\n" + "\n".join(values)
    return {
        "type": "string",
        "description": text,
        "enum": [value.name for value in enum.value],
    }


def _message(message: DescriptorProto, number: int, comments: _Comments) -> _Schema:
    texts = [comments(_MESSAGES, number, _MEMBERS, index) for index in range(len(message.field))]
    schema: _Schema = {
        "type": "object",
        "description": comments(_MESSAGES, number),
        "properties": {
            field.json_name: _field(field, text) | _LIMITS.get(f"{message.name}.{field.name}", {})
            for field, text in zip(message.field, texts, strict=True)
        },
    }
    if message.name.endswith("Request"):
        required = [
            field.json_name
            for field, text in zip(message.field, texts, strict=True)
            if re.search(r"\bRequired\.", text)
        ]
        schema |= {"required": required} if required else {}
        schema["additionalProperties"] = False
    return schema


def _field(field: FieldDescriptorProto, text: str) -> _Schema:
    schema = _SCALARS.get(field.type) or _WELL_KNOWN.get(field.type_name)
    schema = schema or _reference(field.type_name)
    if field.label == FieldDescriptorProto.LABEL_REPEATED:
        return {"type": "array", "description": text, "items": schema}
    hint = schema.get("description", "")
    return schema | {"description": f"{text} {hint}".strip()}


def _reference(type_name: str) -> _Schema:
    return {"$ref": f"#/components/schemas/{type_name.rpartition('.')[2]}"}


if __name__ == "__main__":
    described = describe(FileDescriptorSet.FromString(sys.stdin.buffer.read()))
    Path(sys.argv[1]).write_text(json.dumps(described, indent=1, ensure_ascii=False) + "\n")
