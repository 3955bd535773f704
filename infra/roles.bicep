// Who may what in Azure, all of it. Least roles: the functions by their identity, the engine only what it hands over and takes.

@description('Required. Object id of the identity of the functions.')
param principalId string

@description('Required. Object id of the process engine; empty: it uses HTTP only.')
param processEnginePrincipalId string

@description('Required. Name of the storage account.')
param storageName string

@description('Required. Name of the vault.')
param vaultName string

@description('Required. Name of the Application Insights component.')
param componentName string

// https://learn.microsoft.com/azure/role-based-access-control/built-in-roles
var roleIds = {
  storageBlobDataOwner: 'b7e6dc6d-f1e8-4753-8033-0f276bb0955b'
  storageBlobDataContributor: 'ba92f5b4-2d11-453d-a403-e96b0029c9fe'
  storageBlobDataReader: '2a2b9908-6ea1-4ae2-8e65-a410df84e7d1'
  storageQueueDataContributor: '974c5e8b-45b9-4653-ba55-5f855dd0fb88'
  storageQueueDataMessageSender: 'c6a89b2d-59bc-44d0-9896-0f6e12d7b80a'
  storageQueueDataMessageProcessor: '8a0f0c08-91a1-4084-bc3d-661d67233fed'
  storageTableDataContributor: '0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3'
  keyVaultSecretsOfficer: 'b86a8fe4-44ce-4948-aee5-eccb2c155cd7'
  monitoringMetricsPublisher: '3913510d-42f4-4e42-8a64-420c390055eb'
}

resource account 'Microsoft.Storage/storageAccounts@2023-05-01' existing = {
  name: storageName

  resource blobs 'blobServices' existing = {
    name: 'default'

    resource outgoing 'containers' existing = {
      name: 'outgoing'
    }

    resource incoming 'containers' existing = {
      name: 'incoming'
    }
  }

  resource queues 'queueServices' existing = {
    name: 'default'

    resource actions 'queues' existing = {
      name: 'exchange-actions'
    }

    resource starts 'queues' existing = {
      name: 'process-starts'
    }

    resource events 'queues' existing = {
      name: 'process-events'
    }
  }
}

resource vault 'Microsoft.KeyVault/vaults@2023-07-01' existing = {
  name: vaultName
}

resource component 'Microsoft.Insights/components@2020-02-02' existing = {
  name: componentName
}

// Owner, not Contributor: the host leases blobs for timers and reads its package with it.
resource functionsBlobs 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(account.id, principalId, roleIds.storageBlobDataOwner)
  scope: account
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roleIds.storageBlobDataOwner)
    principalId: principalId
    principalType: 'ServicePrincipal'
  }
}

resource functionsQueues 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(account.id, principalId, roleIds.storageQueueDataContributor)
  scope: account
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roleIds.storageQueueDataContributor)
    principalId: principalId
    principalType: 'ServicePrincipal'
  }
}

resource functionsTables 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(account.id, principalId, roleIds.storageTableDataContributor)
  scope: account
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roleIds.storageTableDataContributor)
    principalId: principalId
    principalType: 'ServicePrincipal'
  }
}

resource functionsSecrets 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(vault.id, principalId, roleIds.keyVaultSecretsOfficer)
  scope: vault
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roleIds.keyVaultSecretsOfficer)
    principalId: principalId
    principalType: 'ServicePrincipal'
  }
}

resource functionsTelemetry 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(component.id, principalId, roleIds.monitoringMetricsPublisher)
  scope: component
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roleIds.monitoringMetricsPublisher)
    principalId: principalId
    principalType: 'ServicePrincipal'
  }
}

resource engineActions 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (!empty(processEnginePrincipalId)) {
  name: guid(account::queues::actions.id, processEnginePrincipalId, roleIds.storageQueueDataMessageSender)
  scope: account::queues::actions
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roleIds.storageQueueDataMessageSender)
    principalId: processEnginePrincipalId
    principalType: 'ServicePrincipal'
  }
}

resource engineStarts 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (!empty(processEnginePrincipalId)) {
  name: guid(account::queues::starts.id, processEnginePrincipalId, roleIds.storageQueueDataMessageProcessor)
  scope: account::queues::starts
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roleIds.storageQueueDataMessageProcessor)
    principalId: processEnginePrincipalId
    principalType: 'ServicePrincipal'
  }
}

resource engineEvents 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (!empty(processEnginePrincipalId)) {
  name: guid(account::queues::events.id, processEnginePrincipalId, roleIds.storageQueueDataMessageProcessor)
  scope: account::queues::events
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roleIds.storageQueueDataMessageProcessor)
    principalId: processEnginePrincipalId
    principalType: 'ServicePrincipal'
  }
}

resource engineOutgoing 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (!empty(processEnginePrincipalId)) {
  name: guid(account::blobs::outgoing.id, processEnginePrincipalId, roleIds.storageBlobDataContributor)
  scope: account::blobs::outgoing
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roleIds.storageBlobDataContributor)
    principalId: processEnginePrincipalId
    principalType: 'ServicePrincipal'
  }
}

resource engineIncoming 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (!empty(processEnginePrincipalId)) {
  name: guid(account::blobs::incoming.id, processEnginePrincipalId, roleIds.storageBlobDataReader)
  scope: account::blobs::incoming
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roleIds.storageBlobDataReader)
    principalId: processEnginePrincipalId
    principalType: 'ServicePrincipal'
  }
}
