#!/usr/bin/env bash
# The app registration of the connector, in two steps, because the second needs what `azd up` makes.
#
#   register_app.sh create NAME                       before `azd up`; prints the client id
#   register_app.sh connect CLIENT_ID URL PRINCIPAL   after it: FUNCTIONS_URL and IDENTITY_PRINCIPAL_ID of `azd env get-values`
#   register_app.sh assign CLIENT_ID OBJECT_ID Connector.Administrator|Connector.Process
#   register_app.sh graph PRINCIPAL                   Graph permissions for connections with authentication managedIdentity
#
# Needs az, signed in by somebody who may register applications; `assign` and `graph` need an administrator who may consent.
# Safe to repeat. No secret is made: the functions' identity signs in for the registration.
set -euo pipefail

# https://learn.microsoft.com/graph/permissions-reference; the ids of the roles below are ours and never change
administrator_role=6c1f4a52-0d0b-4b57-9a5e-5b1f2a8f6b01
process_role=6c1f4a52-0d0b-4b57-9a5e-5b1f2a8f6b02
user_scope=6c1f4a52-0d0b-4b57-9a5e-5b1f2a8f6b03
graph_app=00000003-0000-0000-c000-000000000000

die() {
  echo "$1" >&2
  exit 1
}

create() {
  local name=$1 client object
  client=$(az ad app list --filter "displayName eq '$name'" --query '[0].appId' --output tsv)
  if [ -z "$client" ]; then
    client=$(az ad app create --display-name "$name" --sign-in-audience AzureADMyOrg --enable-id-token-issuance true --query appId --output tsv)
  fi
  object=$(az ad app show --id "$client" --query id --output tsv)
  # one PATCH: roles for people and applications, tokens of version 2, the scope that lets az and the engine ask for a token
  az rest --method PATCH --url "https://graph.microsoft.com/v1.0/applications/$object" \
    --headers Content-Type=application/json --body "$(roles "$client")"
  az ad sp show --id "$client" --output none 2>/dev/null || az ad sp create --id "$client" --output none
  echo "$client"
}

roles() {
  cat <<JSON
{
  "identifierUris": ["api://$1"],
  "api": {
    "requestedAccessTokenVersion": 2,
    "oauth2PermissionScopes": [
      {"id": "$user_scope", "value": "user_impersonation", "type": "User", "isEnabled": true,
       "adminConsentDisplayName": "Use the Exchange connector", "adminConsentDescription": "Use the Exchange connector as the signed-in person."}
    ]
  },
  "appRoles": [
    {"id": "$administrator_role", "value": "Connector.Administrator", "displayName": "Platform administrator",
     "description": "Everything, in every organization.", "allowedMemberTypes": ["User", "Application"], "isEnabled": true},
    {"id": "$process_role", "value": "Connector.Process", "displayName": "Process engine",
     "description": "Submits actions and manages watches in every organization.", "allowedMemberTypes": ["Application"], "isEnabled": true}
  ]
}
JSON
}

connect() {
  local client=$1 url=${2%/} principal=$3 tenant known
  tenant=$(az account show --query tenantId --output tsv)
  az ad app update --id "$client" --web-redirect-uris "$url/.auth/login/aad/callback"
  known=$(az ad app federated-credential list --id "$client" --query "[?subject=='$principal'] | length(@)" --output tsv)
  [ "$known" != 0 ] || az ad app federated-credential create --id "$client" --output none --parameters "{
    \"name\": \"functions-${principal:0:8}\", \"issuer\": \"https://login.microsoftonline.com/$tenant/v2.0\",
    \"subject\": \"$principal\", \"audiences\": [\"api://AzureADTokenExchange\"]}"
}

# grant WHO RESOURCE_CLIENT_ID ROLE_ID
grant() {
  local who=$1 resource known
  resource=$(az ad sp show --id "$2" --query id --output tsv)
  known=$(az rest --method GET --url "https://graph.microsoft.com/v1.0/servicePrincipals/$resource/appRoleAssignedTo?\$top=999" \
    --query "value[?principalId=='$who' && appRoleId=='$3'] | length(@)" --output tsv)
  [ "$known" != 0 ] || az rest --method POST --url "https://graph.microsoft.com/v1.0/servicePrincipals/$resource/appRoleAssignedTo" \
    --headers Content-Type=application/json --output none \
    --body "{\"principalId\": \"$who\", \"resourceId\": \"$resource\", \"appRoleId\": \"$3\"}"
}

assign() {
  case $3 in
    Connector.Administrator) grant "$2" "$1" "$administrator_role" ;;
    Connector.Process) grant "$2" "$1" "$process_role" ;;
    *) die "the role is Connector.Administrator or Connector.Process" ;;
  esac
}

# The permissions reach every mailbox of the tenant: limit them afterwards, docs/operations.md says how.
graph() {
  local permission role
  for permission in Mail.ReadWrite Mail.Send Calendars.ReadWrite; do
    role=$(az ad sp show --id "$graph_app" --query "appRoles[?value=='$permission'].id | [0]" --output tsv)
    grant "$1" "$graph_app" "$role"
  done
}

case "${1-} $#" in
  "create 2") create "$2" ;;
  "connect 4") connect "$2" "$3" "$4" ;;
  "assign 4") assign "$2" "$3" "$4" ;;
  "graph 2") graph "$2" ;;
  *) sed -n '2,11p' "$0" >&2; exit 2 ;;
esac
