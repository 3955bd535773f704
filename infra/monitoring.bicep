// Where logs, traces and metrics go. Telemetry is accepted from identities only, not from whoever knows a key.

@description('Required. Name of the workspace.')
param workspaceName string

@description('Required. Name of the Application Insights component.')
param componentName string

@description('Required. Azure region.')
param location string

@description('Required. Days for which logs are kept.')
param retentionDays int

@description('Required. Tags of every resource.')
param tags object

resource workspace 'Microsoft.OperationalInsights/workspaces@2023-09-01' = {
  name: workspaceName
  location: location
  tags: tags
  properties: {
    sku: {
      name: 'PerGB2018'
    }
    retentionInDays: retentionDays
    features: {
      disableLocalAuth: true
    }
  }
}

resource component 'Microsoft.Insights/components@2020-02-02' = {
  name: componentName
  location: location
  kind: 'web'
  tags: tags
  properties: {
    Application_Type: 'web'
    WorkspaceResourceId: workspace.id
    DisableLocalAuth: true
  }
}

@description('Resource id of the workspace.')
output workspaceId string = workspace.id

@description('Name of the component.')
output componentName string = component.name
