"""The wire of a rest-json service of AWS, read and written by botocore's model of it.

What boto3 sends is checked against the model as strictly as what is answered: a
member that the model does not know is an error on either side.
"""

import dataclasses
import datetime as dt
import json
import re
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import parse_qs, unquote, urlsplit

import botocore.session
from botocore.model import OperationModel, ServiceModel, Shape
from botocore.validate import ParamValidator

Json = dict[str, Any]


class NotInTheModel(Exception):
    """A request or an answer is not what the service's model says."""


@dataclasses.dataclass(frozen=True)
class Call:
    """A request, read: which operation, and its parameters as boto3 was given them."""

    operation: str
    parameters: Json


class RestJson:
    """Reads requests to a service, and writes its answers.

    Args:
        service: as boto3 calls it.
    """

    def __init__(self, service: str) -> None:
        self._model: ServiceModel = botocore.session.get_session().get_service_model(service)
        self._routes = [
            (model.http["method"], _route(model.http["requestUri"]), model)
            for model in map(self._model.operation_model, self._model.operation_names)
        ]

    def read(self, method: str, target: str, body: bytes) -> Call:
        """Return the call that a request is."""
        url = urlsplit(target)
        for candidate, route, model in self._routes:
            found = route.fullmatch(url.path)
            if candidate == method and found:
                parameters = _parameters(model, found.groupdict(), url.query, body)
                _check(parameters, model.input_shape)
                return Call(model.name, parameters)
        raise NotInTheModel(f"{method} {url.path} is no operation")

    def write(self, operation: str, answer: Json) -> bytes:
        """Return the body of an answer."""
        _check(answer, self._model.operation_model(operation).output_shape)
        return json.dumps(answer, default=_seconds).encode()

    def write_error(self, operation: str, code: str, said: str) -> tuple[int, bytes]:
        """Return the status and the body of an error that the operation knows, or all do."""
        shapes = {
            shape.name: shape for shape in self._model.operation_model(operation).error_shapes
        }
        status = _COMMON_ERRORS.get(code)
        if status is None:
            if code not in shapes:
                raise NotInTheModel(f"{operation} knows no {code}")
            status = shapes[code].metadata.get("error", {}).get("httpStatusCode", 400)
        return status, json.dumps({"message": said}).encode()


#: What every service may answer, whatever its model says.
_COMMON_ERRORS: Final = {"AccessDeniedException": 403, "ThrottlingException": 400}


def _route(uri: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]+)", re.escape(uri)))


def _parameters(model: OperationModel, in_path: Mapping[str, str], query: str, body: bytes) -> Json:
    members = model.input_shape.members if model.input_shape else {}
    asked = parse_qs(query)
    parameters: Json = json.loads(body) if body else {}
    for name, shape in members.items():
        wire = shape.serialization.get("name", name)
        match shape.serialization.get("location"):
            case "uri":
                parameters[name] = unquote(in_path[wire])
            case "querystring" if wire in asked:
                parameters[name] = _typed(shape, asked[wire])
            case None if name in parameters:
                pass
            case _:
                continue
    return parameters


def _typed(shape: Shape, texts: list[str]) -> Any:
    match shape.type_name:
        case "list":
            return texts
        case "integer":
            return int(texts[0])
        case "timestamp":
            return dt.datetime.fromisoformat(texts[0])
        case _:
            return texts[0]


def _check(value: Json, shape: Shape | None) -> None:
    if shape is None:
        if value:
            raise NotInTheModel(f"nothing belongs there: {sorted(value)}")
        return
    report = ParamValidator().validate(value, shape)
    if report.has_errors():
        raise NotInTheModel(report.generate_report())
    _check_strictly(value, shape)


def _check_strictly(value: Any, shape: Any) -> None:
    """Refuse what boto3 lets pass: members and values of enums that are not in the model."""
    match shape.type_name:
        case "structure":
            if unknown := set(value) - set(shape.members):
                raise NotInTheModel(f"{shape.name} has no {sorted(unknown)}")
            for name, member in value.items():
                _check_strictly(member, shape.members[name])
        case "list":
            for member in value:
                _check_strictly(member, shape.member)
        case "string" if shape.enum and value not in shape.enum:
            raise NotInTheModel(f"{value!r} is no {shape.name}")


def _seconds(value: Any) -> float:
    if isinstance(value, dt.datetime):
        return value.timestamp()
    raise TypeError(type(value).__name__)
