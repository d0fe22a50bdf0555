# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""GitHub's OpenAPI description, and what an exchange has against it."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from openapi_core import Config, OpenAPI
from openapi_core.testing import MockRequest, MockResponse
from openapi_schema_validator import OAS30Validator

from .wire import Exchange

#: Below it an Enterprise Server has all of its calls.
SERVER_PREFIX = "/api/v3"
FOLDER = Path(__file__).resolve().parents[1] / "openapi"
_HOST = "https://api.github.com"


class Description:
    """One description. It is read strictly: what it does not name is not allowed, on either side."""

    def __init__(self, document: dict[str, Any]):
        # The description was validated by those who publish it; reading it again so takes seconds.
        config = Config(spec_validator_cls=None, additional_properties_default_policy="forbid")
        # An Enterprise Server's address is its owner's.
        self._document = {**_with_error_status(document), "servers": [{"url": _HOST}]}
        self._api = OpenAPI.from_dict(self._document, config=config)
        self._templates = [(_pattern(template), template) for template in document["paths"]]

    def knows(self, path: str) -> bool:
        """Whether it has this path."""
        return self._template(path) is not None

    def request_violations(self, exchange: Exchange) -> list[str]:
        """What the request has against the description."""
        operation = self._operation(exchange)
        if operation is None:
            return [f"{exchange.method} {exchange.path} is not in the description"]
        found = [_told(error) for error in self._api.iter_request_errors(_request(exchange))]
        known = {parameter["name"] for parameter in self._parameters(operation) if parameter["in"] == "query"}
        found += [f"the description knows no query parameter {name!r}" for name in exchange.query.keys() - known]
        if exchange.request_body and "requestBody" not in operation:
            found.append("the description knows no body here")
        return found

    def answer_violations(self, exchange: Exchange) -> list[str]:
        """What the answer has against the description; statuses that it does not list must be errors as all are."""
        operation = self._operation(exchange)
        documented = operation["responses"] if operation else {}
        if str(exchange.status) not in documented:
            return self._undocumented(exchange)
        response = self._resolved(documented[str(exchange.status)])
        if "content" not in response:
            return ["the description knows no body here"] if exchange.body else []
        if "json" not in exchange.headers.get("content-type", ""):
            return ["the answer is not JSON"]
        answer = MockResponse(
            exchange.body,
            exchange.status,
            headers=exchange.headers,
            content_type=exchange.headers["content-type"].partition(";")[0],
        )
        return [_told(error) for error in self._api.iter_response_errors(_request(exchange), answer)]

    def _undocumented(self, exchange: Exchange) -> list[str]:
        if exchange.status < 400:
            return [f"the description knows no {exchange.status} here"]
        basic = self._document["components"]["schemas"]["basic-error"]
        # GitHub's errors have both: https://docs.github.com/rest/using-the-rest-api/troubleshooting-the-rest-api
        schema = {**basic, "required": ["message", "documentation_url"], "additionalProperties": False}
        try:
            return [error.message for error in OAS30Validator(schema).iter_errors(exchange.document)]
        except ValueError:
            return ["the error is not JSON"]

    def _template(self, path: str) -> str | None:
        found = [template for pattern, template in self._templates if pattern.fullmatch(path)]
        # A literal path goes before one with variables in its place.
        return min(found, key=lambda template: template.count("{"), default=None)

    def _operation(self, exchange: Exchange) -> dict[str, Any] | None:
        template = self._template(exchange.path)
        return self._document["paths"][template].get(exchange.method.lower()) if template else None

    def _parameters(self, operation: dict[str, Any]) -> Iterator[dict[str, Any]]:
        return (self._resolved(parameter) for parameter in operation.get("parameters", ()))

    def _resolved(self, node: dict[str, Any]) -> dict[str, Any]:
        if "$ref" not in node:
            return node
        target: Any = self._document
        for part in node["$ref"].split("/")[1:]:
            target = target[part]
        return target


class Descriptions:
    """Several descriptions; the first that has a path speaks for it, and an Enterprise Server's for its own."""

    def __init__(self, descriptions: Iterable[Description], server: Iterable[Description]):
        self._all = list(descriptions)
        self._server = list(server)

    @classmethod
    def load(cls) -> Descriptions:
        """Those that tests/contract/extract.py has written."""
        found = {file.stem: Description(json.loads(file.read_text())) for file in sorted(FOLDER.glob("*.json"))}
        return cls(
            (one for name, one in found.items() if not name.startswith("ghes")),
            (one for name, one in found.items() if name.startswith("ghes")),
        )

    def request_violations(self, exchange: Exchange) -> list[str]:
        """As Description's."""
        return [found for one, seen in self._for(exchange) for found in one.request_violations(seen)]

    def answer_violations(self, exchange: Exchange) -> list[str]:
        """As Description's."""
        return [found for one, seen in self._for(exchange) for found in one.answer_violations(seen)]

    def _for(self, exchange: Exchange) -> list[tuple[Description, Exchange]]:
        """The descriptions that speak for an exchange, and the exchange as they know it."""
        if exchange.path.startswith(f"{SERVER_PREFIX}/"):
            inside = exchange._replace(path=exchange.path[len(SERVER_PREFIX) :])
            return [(one, inside) for one in self._server]
        return [(next((one for one in self._all if one.knows(exchange.path)), self._all[0]), exchange)]


def _with_error_status(document: dict[str, Any]) -> dict[str, Any]:
    """GitHub's 422 says ``"status": "422"``, as all of its errors do; the description forgets it in these schemas."""
    document = copy.deepcopy(document)
    schemas = document["components"]["schemas"]
    for name, schema in schemas.items():
        if name.startswith("validation-error"):
            schema["properties"].setdefault("status", schemas["basic-error"]["properties"]["status"])
    return document


def _request(exchange: Exchange) -> MockRequest:
    return MockRequest(
        _HOST,
        exchange.method.lower(),
        exchange.path,
        args=exchange.query,
        headers=exchange.request_headers,
        data=exchange.request_body or b"",
        content_type=exchange.request_headers.get("content-type", ""),
    )


def _pattern(template: str) -> re.Pattern[str]:
    return re.compile("[^/]+".join(re.escape(part) for part in re.split(r"{[^}]+}", template)))


def _told(error: Exception) -> str:
    """An error with what caused it, which names the field."""
    cause = error.__cause__
    details = [each.message for each in getattr(cause, "schema_errors", ())]
    return ": ".join([str(error), *details]) if details else f"{error}{f' ({cause})' if cause else ''}"
