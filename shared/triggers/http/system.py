"""What the connector says of itself: that it runs, what it understands, and in which shapes."""

from shared.triggers.http.endpoint import Routes
from shared.triggers.http.request import Request
from shared.triggers.http.response import Response

routes = Routes("System")


@routes.get("health", "Whether the connector runs", anonymous=True, answer="shared.domain.health:Health")
def read_health(_: Request) -> Response:
    """Says nothing secret, and asks nothing of storage, vault or servers."""
    from shared.triggers.http import VERSION

    return Response({"status": "ok", "version": VERSION})


@routes.get("openapi.json", "This description, as OpenAPI 3.1")
def read_openapi(_: Request) -> Response:
    from shared.triggers.http.openapi import document

    return Response(document())


@routes.get(
    "schemas/{name}", "The JSON Schema of a message or an event", answer_type="application/schema+json", problems=(404,)
)
def read_schema(request: Request) -> Response:
    """`ActionMessage`, `CloudEvent`, the parameters of an action (`SendEmail`), the data of an event (`ActionSucceeded`).

    An event of type `exchange.action.succeeded` finds the schema of its data as `action.succeeded`.
    """
    from shared.triggers.http.schemas import schema_of

    return Response(schema_of(request.path["name"]), content_type="application/schema+json")
