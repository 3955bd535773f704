"""Organizations over HTTP."""

from shared.triggers.http.endpoint import Routes
from shared.triggers.http.request import Request
from shared.triggers.http.response import Response, page

VIEW = "shared.domain.organization_view:OrganizationView"
SHOWN = "shared.domain.organization_view:OrganizationShown"
ONE = "organizations/{organization}"

routes = Routes("Organizations")


@routes.get("organizations", "The organizations that you belong to", paged=True, answer=SHOWN)
def list_organizations(request: Request) -> Response:
    from shared.bootstrap import connector

    items, more = connector().manage_organizations.list(
        request.caller, limit=request.limit, continuation=request.continuation
    )
    return page(items, more)


@routes.get(ONE, "One organization", answer=SHOWN, etag=True, problems=(404,))
def read_organization(request: Request) -> Response:
    from shared.bootstrap import connector

    shown, tag = connector().manage_organizations.read(request.caller, request.path["organization"])
    return Response(shown, etag=tag)


@routes.put(
    ONE,
    "Create or replace an organization",
    body="shared.domain.organization_view:OrganizationInput",
    answer=VIEW,
    status=201,
    other_statuses=(200,),
    etag=True,
    problems=(403, 404, 409, 412),
)
def put_organization(request: Request) -> Response:
    from shared.bootstrap import connector
    from shared.domain.organization_view import OrganizationInput, view
    from shared.use_cases.manage_organizations import etag

    organization, created = connector().manage_organizations.put(
        request.caller, request.path["organization"], request.model(OrganizationInput), request.if_match
    )
    location = f"/api/organizations/{organization.id}" if created else None
    return Response(view(organization), status=201 if created else 200, etag=etag(organization), location=location)


@routes.patch(
    ONE,
    "Change an organization",
    body="shared.domain.organization_view:OrganizationInput",
    answer=VIEW,
    etag=True,
    problems=(403, 404, 409, 412),
)
def patch_organization(request: Request) -> Response:
    from shared.bootstrap import connector
    from shared.domain.organization_view import view
    from shared.use_cases.manage_organizations import etag

    organization = connector().manage_organizations.patch(
        request.caller, request.path["organization"], request.document(), request.if_match
    )
    return Response(view(organization), etag=etag(organization))


@routes.delete(ONE, "Delete an organization with everything inside", problems=(403, 404, 412))
def delete_organization(request: Request) -> Response:
    from shared.bootstrap import connector

    connector().manage_organizations.delete(request.caller, request.path["organization"], request.if_match)
    return Response(status=204)


@routes.get(
    ONE + "/status",
    "Whether anything in an organization needs a human",
    answer="shared.domain.organization_status:OrganizationStatus",
    problems=(403, 404),
)
def read_status(request: Request) -> Response:
    from shared.bootstrap import connector

    return Response(connector().read_status(request.caller, request.path["organization"]))
