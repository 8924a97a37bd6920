"""Routes of the prediction endpoints: FastAPI's way to them, and what /docs says.

``InferenceApp`` answers the same paths without FastAPI when it can; here are the paths under
a prefix, the wrong methods, and the documentation.
"""

from fastapi import APIRouter, Request, Response

from .answers import Answer
from .documentation import BODY_ERRORS, invocation_schema, json_body, reference
from .endpoints import Predictions, respond
from .schemas import BatchPrediction, InvocationAnswer, Prediction


def prediction_router(predictions: Predictions, max_rows: int) -> APIRouter:
    """The three ways to ask for predictions."""
    router = APIRouter(tags=["predictions"])

    @router.post("/predict", include_in_schema=False)
    @router.post(
        "/predict/",
        responses={200: {"model": Prediction}, **BODY_ERRORS},
        openapi_extra=json_body(reference("Observation")),
    )
    async def predict(request: Request) -> Response:
        """Predict the cover type of one place."""
        return response_of(await respond(predictions.one, request.scope, request.receive))

    @router.post("/predict/batch/", include_in_schema=False)
    @router.post(
        "/predict/batch",
        responses={200: {"model": BatchPrediction}, **BODY_ERRORS},
        openapi_extra=json_body(reference("Batch")),
    )
    async def predict_batch(request: Request) -> Response:
        """Predict many places at once."""
        return response_of(await respond(predictions.batch, request.scope, request.receive))

    @router.post(
        "/invocations",
        responses={200: {"model": InvocationAnswer}, **BODY_ERRORS},
        openapi_extra=json_body(invocation_schema(max_rows)),
    )
    async def invocations(request: Request) -> Response:
        """Predict through MLflow's scoring protocol; columns that are not known are ignored."""
        return response_of(await respond(predictions.invocation, request.scope, request.receive))

    return router


def response_of(answer: Answer) -> Response:
    """An answer as FastAPI sends it."""
    headers = {name.decode(): value.decode() for name, value in answer.headers}
    return Response(answer.body, status_code=answer.status, headers=headers)
