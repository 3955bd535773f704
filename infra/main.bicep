// From an empty subscription to a running connector: the resource group and one module per concern.
// Plain resource declarations only, so that everything can be read and compiled without a registry.
targetScope = 'subscription'

@description('Required. Name of the environment; part of every name and tag.')
@minLength(1)
@maxLength(32)
param environmentName string

@description('Required. Azure region. It has to offer Flex Consumption.')
param location string

@description('Required. Client id of the app registration that signs people and the engine in (scripts/register_app.sh makes it).')
@minLength(36)
param authClientId string

@description('Optional. Name of the resource group.')
param resourceGroupName string = 'rg-${environmentName}'

@description('Optional. Entra tenants whose people and applications may sign in. With more than one the app registration has to be multi-tenant.')
@minLength(1)
param trustedTenants string[] = [subscription().tenantId]

@description('Optional. Python of the functions.')
@allowed(['3.11', '3.12', '3.13', '3.14'])
param pythonVersion string = '3.12'

@description('Optional. Memory of an instance in MB.')
@allowed([512, 2048, 4096])
param instanceMemoryMB int = 2048

@description('Optional. Most instances at a time.')
@minValue(40)
@maxValue(1000)
param maximumInstanceCount int = 40

@description('Optional. Instances that always run and answer HTTP without a cold start. They cost money all day.')
@minValue(0)
param alwaysReadyInstances int = 0

@description('Optional. Object id of the process engine (a service principal): it may put actions on their queue and read starts, events and blobs.')
param processEnginePrincipalId string = ''

@description('Optional. How people reach the functions, if not by their own name.')
param publicBaseUrl string = ''

@description('Optional. Marks the secrets and Message-IDs of this installation. Keep it when a restored installation goes on elsewhere.')
param installationId string = ''

@description('Optional. When watches are looked at (NCRONTAB, UTC).')
param mailboxCheckSchedule string = '0 * * * * *'

@description('Optional. When what is due is started (NCRONTAB, UTC).')
param sweepSchedule string = '30 * * * * *'

@description('Optional. Host names, globs and addresses that connections may name; empty: every host with public addresses.')
param exchangeAllowedHosts string[] = []

@description('Optional. Hosts of Exchange Online; empty: those of Microsoft.')
param exchangeOnlineHosts string[] = []

@description('Optional. Further certificate authorities as PEM text: public certificates, no keys.')
param exchangeCaBundle string = ''

@description('Optional. Microsoft Graph; empty: chosen by the connection.')
param graphUrl string = ''

@description('Optional. Entra authority; empty: chosen by the connection.')
param entraAuthority string = ''

@description('Optional. Larger incoming attachments are named, not kept.')
@minValue(1)
@maxValue(500)
param attachmentMaxMb int = 50

@description('Optional. Redundancy of the storage account; not every region has zones.')
@allowed(['Standard_LRS', 'Standard_ZRS', 'Standard_GRS', 'Standard_GZRS'])
param storageSku string = 'Standard_ZRS'

@description('Optional. Days for which finished actions are listed.')
@minValue(1)
param actionRetentionDays int = 30

@description('Optional. Days for which the journal of incoming mail is kept.')
@minValue(1)
param ledgerRetentionDays int = 30

@description('Optional. Days for which blobs of incoming mail are kept.')
@minValue(1)
param blobRetentionDays int = 30

@description('Optional. Days for which attachments that the engine left in outgoing are kept: longer than any action is scheduled ahead.')
@minValue(1)
param outgoingRetentionDays int = 400

@description('Optional. Waiting times in seconds; the defaults are those of the code.')
param waits waitsType = {
  actionClaim: 300
  unansweredWait: 60
  lookupWait: 120
  secondTry: 600
  sweepGrace: 300
  retryFirst: 10
}

@description('Optional. Share of calls whose traces are kept, from 0 to 1. Metrics, and with them the alerts, are always whole.')
param traceRatio string = '1.0'

@description('Optional. Days for which logs are kept.')
@minValue(30)
@maxValue(730)
param logRetentionDays int = 30

@description('Optional. Resource id of the action group that alerts notify; empty: alerts are only shown in the portal.')
param actionGroupId string = ''

@description('Optional. Storage and vault are reached through private endpoints only, the functions through a virtual network.')
param privateNetwork bool = false

@description('Optional. Address range of the virtual network; /24 or larger, outside of what the on-premises network uses.')
param addressPrefix string = '10.42.0.0/24'

@description('Optional. DNS servers that know the on-premises Exchange; they have to forward privatelink zones to Azure. Empty: those of Azure.')
param dnsServers string[] = []

@description('Optional. Resource id of a hub network with the gateway to on-premises; its side of the peering is made there.')
param hubNetworkId string = ''

@description('Optional. Tags of every resource.')
param tags object = {}

@description('Waiting times in seconds.')
type waitsType = {
  @description('Required. How long one try may hold an action.')
  actionClaim: int
  @description('Required. How soon the effect of an unanswered request is looked for.')
  unansweredWait: int
  @description('Required. How long until the second look.')
  lookupWait: int
  @description('Required. How long an account rests after a refused log-in.')
  secondTry: int
  @description('Required. How long the sweeper waits behind a claim.')
  sweepGrace: int
  @description('Required. The first wait where a server names none.')
  retryFirst: int
}

var token = toLower(uniqueString(subscription().id, environmentName, location))
var allTags = union(tags, { 'azd-env-name': environmentName })

resource group 'Microsoft.Resources/resourceGroups@2024-03-01' = {
  name: resourceGroupName
  location: location
  tags: allTags
}

module identity 'identity.bicep' = {
  name: 'identity'
  scope: group
  params: {
    name: 'id-exchange-${token}'
    location: location
    tags: allTags
  }
}

module monitoring 'monitoring.bicep' = {
  name: 'monitoring'
  scope: group
  params: {
    workspaceName: 'log-exchange-${token}'
    componentName: 'appi-exchange-${token}'
    location: location
    retentionDays: logRetentionDays
    tags: allTags
  }
}

module storage 'storage.bicep' = {
  name: 'storage'
  scope: group
  params: {
    name: 'stexch${token}'
    location: location
    sku: storageSku
    blobRetentionDays: blobRetentionDays
    outgoingRetentionDays: outgoingRetentionDays
    privateOnly: privateNetwork
    tags: allTags
  }
}

module vault 'vault.bicep' = {
  name: 'vault'
  scope: group
  params: {
    name: 'kv-exch-${token}'
    location: location
    privateOnly: privateNetwork
    tags: allTags
  }
}

module network 'network.bicep' = if (privateNetwork) {
  name: 'network'
  scope: group
  params: {
    name: 'vnet-exchange-${token}'
    location: location
    addressPrefix: addressPrefix
    dnsServers: dnsServers
    hubNetworkId: hubNetworkId
    storageName: storage.outputs.name
    vaultName: vault.outputs.name
    tags: allTags
  }
}

module roles 'roles.bicep' = {
  name: 'roles'
  scope: group
  params: {
    principalId: identity.outputs.principalId
    processEnginePrincipalId: processEnginePrincipalId
    storageName: storage.outputs.name
    vaultName: vault.outputs.name
    componentName: monitoring.outputs.componentName
  }
}

module functionApp 'functionApp.bicep' = {
  name: 'functionApp'
  scope: group
  // a function app that starts before its identity may open the storage account starts without functions
  dependsOn: [roles]
  params: {
    name: 'func-exchange-${token}'
    location: location
    pythonVersion: pythonVersion
    instanceMemoryMB: instanceMemoryMB
    maximumInstanceCount: maximumInstanceCount
    alwaysReadyInstances: alwaysReadyInstances
    identityName: identity.outputs.name
    storageName: storage.outputs.name
    deploymentContainer: storage.outputs.deploymentContainer
    vaultUri: vault.outputs.uri
    componentName: monitoring.outputs.componentName
    subnetId: privateNetwork ? network!.outputs.functionsSubnetId : ''
    authClientId: authClientId
    trustedTenants: trustedTenants
    publicBaseUrl: publicBaseUrl
    installationId: empty(installationId) ? token : installationId
    mailboxCheckSchedule: mailboxCheckSchedule
    sweepSchedule: sweepSchedule
    exchangeAllowedHosts: exchangeAllowedHosts
    exchangeOnlineHosts: exchangeOnlineHosts
    exchangeCaBundle: exchangeCaBundle
    graphUrl: graphUrl
    entraAuthority: entraAuthority
    attachmentMaxMb: attachmentMaxMb
    actionRetentionDays: actionRetentionDays
    ledgerRetentionDays: ledgerRetentionDays
    blobRetentionDays: blobRetentionDays
    traceRatio: traceRatio
    waits: waits
    tags: allTags
  }
}

module diagnostics 'diagnostics.bicep' = {
  name: 'diagnostics'
  scope: group
  params: {
    workspaceId: monitoring.outputs.workspaceId
    storageName: storage.outputs.name
    vaultName: vault.outputs.name
    functionAppName: functionApp.outputs.name
  }
}

module alerts 'alerts.bicep' = {
  name: 'alerts'
  scope: group
  params: {
    workspaceId: monitoring.outputs.workspaceId
    location: location
    actionGroupId: actionGroupId
    tags: allTags
  }
}

@description('Where the functions answer; the probe asks there.')
output FUNCTIONS_URL string = functionApp.outputs.url

@description('A tenant that may sign in; the probe forges a principal of it.')
output TRUSTED_TENANT string = trustedTenants[0]

@description('Name of the function app.')
output FUNCTION_APP_NAME string = functionApp.outputs.name

@description('Object id of the identity of the functions: Graph permissions and the federated credential are given to it.')
output IDENTITY_PRINCIPAL_ID string = identity.outputs.principalId

@description('Where the engine finds queues and blobs.')
output STORAGE_ACCOUNT_NAME string = storage.outputs.name

@description('Name of the resource group.')
output RESOURCE_GROUP_NAME string = group.name
