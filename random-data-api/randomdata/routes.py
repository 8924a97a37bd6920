"""HTTP on one side, ``BatchService`` on the other."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import RedirectResponse

from covertype import schema
from randomdata.models import Batch, ErrorBody, Health, Restarted
from randomdata.service import BatchService

router = APIRouter()

GroupNumber = Annotated[
    int,
    Query(
        description=f"Group, from {schema.GROUPS[0]} to {schema.GROUPS[-1]}",
        # Stated, not enforced here: the service answers its own error for these.
        json_schema_extra={"minimum": schema.GROUPS[0], "maximum": schema.GROUPS[-1]},
    ),
]
BatchNumber = Annotated[
    int | None,
    Query(
        description="Read this batch again, which was opened before; the clock stays as it is",
        json_schema_extra={"minimum": 1, "maximum": schema.BATCHES_PER_GROUP},
    ),
]
ERRORS: Final[dict[int | str, dict[str, Any]]] = {
    400: {
        "model": ErrorBody,
        "description": "`unknown_group`, `unknown_batch`, `batch_not_opened` or `all_collected`",
    },
    422: {"model": ErrorBody, "description": "`invalid_parameter`: missing or not a whole number"},
    503: {"model": ErrorBody, "description": "`state_unavailable`: the state file is unusable"},
}
# The same address answers another batch later: no cache may answer in its place.
NO_STORE: Final = {"Cache-Control": "no-store"}


def _service(request: Request) -> BatchService:
    service: BatchService = request.app.state.service
    return service


Service = Annotated[BatchService, Depends(_service)]


@router.get("/data", response_model=Batch, responses=ERRORS, summary="Read a group's open batch")
def read_data(
    service: Service, group_number: GroupNumber, batch_number: BatchNumber = None
) -> Response:
    """The first request opens batch 1. A request at least MIN_UPDATE_TIME seconds after the
    last opening opens the next batch; in between, the open batch is answered again. The same
    batch is always answered with the same bytes.
    """
    if batch_number is None:
        body = service.open_batch(group_number)
    else:
        body = service.batch_again(group_number, batch_number)
    return Response(body, media_type="application/json", headers=NO_STORE)


@router.get("/restart_data_generation", responses=ERRORS, summary="Start a group from batch 1")
def restart_data_generation(
    service: Service, group_number: GroupNumber, response: Response
) -> Restarted:
    """The group's next request opens batch 1 again; all batches hold the same rows as before."""
    response.headers.update(NO_STORE)
    service.restart(group_number)
    return Restarted()


@router.get("/health", responses={503: ERRORS[503]}, summary="Say what is served")
def health(service: Service, response: Response) -> Health:
    """Answers 200 while the rows are loaded and the state file can be read."""
    response.headers.update(NO_STORE)
    return Health(
        source=service.source.kind,
        file=service.source.file,
        rows=service.source.row_count,
        groups=len(schema.GROUPS),
        batches_opened=service.opened(),
    )


@router.get("/", include_in_schema=False)
def index() -> RedirectResponse:
    """Send a browser to the interactive documentation."""
    return RedirectResponse("/docs")
