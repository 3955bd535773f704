// The one identity of the functions: storage, vault, telemetry and sign-in know them by it. It has no secret.

@description('Required. Name of the identity.')
param name string

@description('Required. Azure region.')
param location string

@description('Required. Tags of the resource.')
param tags object

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2023-01-31' = {
  name: name
  location: location
  tags: tags
}

@description('Name of the identity.')
output name string = identity.name

@description('Object id, to which roles are given.')
output principalId string = identity.properties.principalId
