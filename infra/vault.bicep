// Passwords and other secrets of connections, and nothing else. Access by roles only; nobody can purge a secret early.

@description('Required. Name of the vault.')
param name string

@description('Required. Azure region.')
param location string

@description('Required. Reached through its private endpoint only.')
param privateOnly bool

@description('Required. Tags of the resource.')
param tags object

resource vault 'Microsoft.KeyVault/vaults@2023-07-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    tenantId: subscription().tenantId
    sku: {
      family: 'A'
      name: 'standard'
    }
    enableRbacAuthorization: true
    enableSoftDelete: true
    softDeleteRetentionInDays: 90
    enablePurgeProtection: true
    publicNetworkAccess: privateOnly ? 'Disabled' : 'Enabled'
    networkAcls: {
      bypass: 'None'
      defaultAction: privateOnly ? 'Deny' : 'Allow'
    }
  }
}

@description('Name of the vault.')
output name string = vault.name

@description('Where the vault answers.')
output uri string = vault.properties.vaultUri
