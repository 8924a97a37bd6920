"""The OpenAPI document, and the service held to it by generated requests."""

import json
import re
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.schemas import BaseSchema
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    positive_data_acceptance,
    response_schema_conformance,
    status_code_conformance,
)

from covertype.schema import FEATURES
from tests.inference.conftest import Service


def test_document_describes_every_feature(ready_service: Service) -> None:
    document = ready_service.client.get("/openapi.json").json()
    observation = document["components"]["schemas"]["Observation"]
    assert observation["required"] == [feature.name for feature in FEATURES]
    assert observation["additionalProperties"] is False
    for feature in FEATURES:
        assert feature.unit in observation["properties"][feature.name]["description"]
    responses = document["paths"]["/predict/"]["post"]["responses"]
    assert set(responses) == {"200", "408", "413", "415", "422", "503"}


def test_every_reference_in_the_document_leads_somewhere(ready_service: Service) -> None:
    text = ready_service.client.get("/openapi.json").text
    components = json.loads(text)["components"]["schemas"]
    names = {part.split('"')[0] for part in text.split("#/components/schemas/")[1:]}
    assert names <= set(components)


@pytest.mark.parametrize("path", ["/predict/", "/predict/batch", "/invocations"])
def test_examples_in_the_document_are_valid(ready_service: Service, path: str) -> None:
    document = ready_service.client.get("/openapi.json").json()
    operation = document["paths"][path]["post"]
    schema = operation["requestBody"]["content"]["application/json"]["schema"]
    if "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    assert ready_service.client.post(path, json=schema["example"]).status_code == 200


def test_docs_page(ready_service: Service) -> None:
    page = ready_service.client.get("/docs")
    assert page.status_code == 200
    assert "/openapi.json" in page.text
    needed = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    assert len(needed) == 3
    for file in needed:  # from this service: a closed network has no other
        assert file.startswith("/")
        assert ready_service.client.get(file).status_code == 200


# 3 operations with a body, each with valid and with wrong input: 5,100 cases.
MANY_EXAMPLES, SOME_EXAMPLES = 850, 25
WITH_BODY = [("POST", path) for path in ("/predict/", "/predict/batch", "/invocations")]
WITHOUT_BODY = [
    ("POST", "/reload_models/"),
    *(("GET", f"/health/{kind}") for kind in ("live", "ready")),
    *(("GET", path) for path in ("/ping", "/version", "/model", "/metrics")),
]


@pytest.fixture(scope="module")
def api(ready_service: Service) -> BaseSchema:
    return schemathesis.openapi.from_url(f"{ready_service.url}/openapi.json")


def test_every_operation_is_in_the_list(api: BaseSchema) -> None:
    found = {(method.upper(), path) for path, item in api.items() for method in item}
    assert found == {*WITH_BODY, *WITHOUT_BODY}


@pytest.mark.parametrize(
    ("method", "path", "mode"),
    [
        *((*operation, GenerationMode.POSITIVE) for operation in [*WITH_BODY, *WITHOUT_BODY]),
        # Without a body or parameters, a request cannot be made wrong.
        *((*operation, GenerationMode.NEGATIVE) for operation in WITH_BODY),
    ],
)
def test_generated_requests_keep_to_the_document(
    api: BaseSchema, method: str, path: str, mode: GenerationMode
) -> None:
    checks = [
        not_a_server_error,
        status_code_conformance,
        content_type_conformance,
        response_schema_conformance,
    ]
    if path != "/invocations":  # its rows' widths and column names are beyond a JSON schema
        checks += [positive_data_acceptance, negative_data_rejection]

    examples = MANY_EXAMPLES if (method, path) in WITH_BODY else SOME_EXAMPLES

    @given(case=api[path][method].as_strategy(generation_mode=mode))
    @settings(max_examples=examples, deadline=None, suppress_health_check=list(HealthCheck))
    def run(case: schemathesis.Case[Any]) -> None:
        case.call_and_validate(checks=checks)

    run()
