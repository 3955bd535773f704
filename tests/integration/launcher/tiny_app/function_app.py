"""As much of the product as the launcher needs to see: the organization, and a look at what the functions were given."""

import json
import os

import azure.functions as func

app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)
_organizations: dict[str, bytes] = {}


@app.route("organizations/{name}", methods=["GET", "PUT"])
def organization(req: func.HttpRequest) -> func.HttpResponse:
    name = req.route_params["name"]
    if req.method == "PUT":
        _organizations[name] = req.get_body()
        return func.HttpResponse(status_code=201)
    return func.HttpResponse(_organizations.get(name, b""), status_code=200 if name in _organizations else 404)


@app.route("environment", methods=["GET"])
def environment(req: func.HttpRequest) -> func.HttpResponse:  # noqa: ARG001 - the platform passes it by this name
    return func.HttpResponse(json.dumps({"pid": os.getpid(), **os.environ}))


@app.route("secret", methods=["POST"])
def secret(req: func.HttpRequest) -> func.HttpResponse:
    """Puts a secret into the vault with the functions' own identity and reads it back."""
    from azure.identity import ManagedIdentityCredential
    from azure.keyvault.secrets import SecretClient

    verify = os.environ["KEY_VAULT_VERIFY_RESOURCE"] == "true"
    with (
        ManagedIdentityCredential() as credential,
        SecretClient(os.environ["KEY_VAULT_URL"], credential, verify_challenge_resource=verify) as client,
    ):
        client.set_secret("a-name", req.get_body().decode())
        return func.HttpResponse(client.get_secret("a-name").value)
