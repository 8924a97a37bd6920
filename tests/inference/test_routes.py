"""The way through FastAPI, which requests take when the service lives under a prefix."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from covertype.schema import FEATURE_NAMES
from inference.app import create_app
from tests.inference.conftest import Follower, MakeSettings
from tests.inference.models import sample_rows

ROW = dict(zip(FEATURE_NAMES, sample_rows(1)[0], strict=True))
NO_MODEL = 503


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/predict/", ROW, NO_MODEL),
        ("/predict", ROW, NO_MODEL),
        ("/predict/", {}, 422),
        ("/predict/batch", {"rows": [ROW]}, NO_MODEL),
        ("/predict/batch", {"rows": []}, 422),
        ("/invocations", {"instances": [ROW]}, NO_MODEL),
        ("/invocations", {}, 422),
    ],
)
def test_endpoints_answer_alike_under_a_prefix(
    make_settings: MakeSettings,
    make_follower: Callable[..., Follower],
    path: str,
    body: dict[str, Any],
    status: int,
) -> None:
    app = create_app(make_settings())

    async def ask(prefix: str) -> httpx.Response:
        transport = httpx.ASGITransport(app, root_path=prefix)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            return await client.post(prefix + path, json=body)

    follower = make_follower()
    direct, prefixed = follower.run(ask("")), follower.run(ask("/cover"))
    assert direct.status_code == prefixed.status_code == status
    assert direct.content == prefixed.content
    assert dict(direct.headers) == dict(prefixed.headers)
