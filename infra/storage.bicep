// Everything that is kept but secrets. There are no account keys: identities only.
// Queues, containers and tables are those of the code; tests/infra compares them.

@description('Required. Name of the account.')
@minLength(3)
@maxLength(24)
param name string

@description('Required. Azure region.')
param location string

@description('Required. Redundancy of the account.')
param sku string

@description('Required. Days after which the functions delete blobs of incoming mail; the account deletes what they missed a week later.')
param blobRetentionDays int

@description('Required. Days after which blobs that the engine left for actions are deleted.')
param outgoingRetentionDays int

@description('Required. Reached through private endpoints only.')
param privateOnly bool

@description('Required. Tags of the account.')
param tags object

var queueNames = [
  'exchange-actions'
  'exchange-actions-poison'
  'mailbox-checks'
  'mailbox-checks-poison'
  'mail-deliveries'
  'mail-deliveries-poison'
  'survey-work'
  'survey-work-poison'
  'process-starts'
  'process-events'
]
var containerNames = [
  'outgoing'
  'incoming'
  'state'
]
var tableNames = [
  'organizations'
  'connections'
  'actions'
  'watches'
  'appointments'
  'ledger'
  'surveys'
  'ballots'
  'accounts'
  'leases'
  'mailboxes'
  'aliases'
  'due'
  'formkeys'
]
var deploymentContainerName = 'deployment'

resource account 'Microsoft.Storage/storageAccounts@2023-05-01' = {
  name: name
  location: location
  tags: tags
  kind: 'StorageV2'
  sku: {
    name: sku
  }
  properties: {
    allowSharedKeyAccess: false
    defaultToOAuthAuthentication: true
    allowBlobPublicAccess: false
    allowCrossTenantReplication: false
    minimumTlsVersion: 'TLS1_2'
    supportsHttpsTrafficOnly: true
    publicNetworkAccess: privateOnly ? 'Disabled' : 'Enabled'
    networkAcls: {
      bypass: 'None'
      defaultAction: privateOnly ? 'Deny' : 'Allow'
    }
  }
}

resource blobs 'Microsoft.Storage/storageAccounts/blobServices@2023-05-01' = {
  parent: account
  name: 'default'
  properties: {
    deleteRetentionPolicy: {
      enabled: true
      days: 7
    }
    containerDeleteRetentionPolicy: {
      enabled: true
      days: 7
    }
  }
}

resource containers 'Microsoft.Storage/storageAccounts/blobServices/containers@2023-05-01' = [
  for container in concat(containerNames, [deploymentContainerName]): {
    parent: blobs
    name: container
    properties: {
      publicAccess: 'None'
    }
  }
]

resource queueService 'Microsoft.Storage/storageAccounts/queueServices@2023-05-01' = {
  parent: account
  name: 'default'
}

resource queues 'Microsoft.Storage/storageAccounts/queueServices/queues@2023-05-01' = [
  for queue in queueNames: {
    parent: queueService
    name: queue
  }
]

resource tableService 'Microsoft.Storage/storageAccounts/tableServices@2023-05-01' = {
  parent: account
  name: 'default'
}

resource tables 'Microsoft.Storage/storageAccounts/tableServices/tables@2023-05-01' = [
  for table in tableNames: {
    parent: tableService
    name: table
  }
]

// The container state has no rule: cursors and parameters of scheduled actions live as long as what they belong to.
resource lifecycle 'Microsoft.Storage/storageAccounts/managementPolicies@2023-05-01' = {
  parent: account
  name: 'default'
  dependsOn: [blobs]
  properties: {
    policy: {
      rules: [
        {
          name: 'incoming'
          type: 'Lifecycle'
          enabled: true
          definition: {
            filters: {
              blobTypes: ['blockBlob']
              prefixMatch: ['incoming/']
            }
            actions: {
              baseBlob: {
                delete: {
                  daysAfterModificationGreaterThan: blobRetentionDays + 7
                }
              }
            }
          }
        }
        {
          name: 'outgoing'
          type: 'Lifecycle'
          enabled: true
          definition: {
            filters: {
              blobTypes: ['blockBlob']
              prefixMatch: ['outgoing/']
            }
            actions: {
              baseBlob: {
                delete: {
                  daysAfterModificationGreaterThan: outgoingRetentionDays
                }
              }
            }
          }
        }
      ]
    }
  }
}

@description('Name of the account.')
output name string = account.name

@description('Container from which the functions are deployed.')
output deploymentContainer string = deploymentContainerName
