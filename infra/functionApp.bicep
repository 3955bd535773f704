// The functions on Flex Consumption, their settings, and the sign-in in front of them.

@description('Required. Name of the function app.')
param name string

@description('Required. Azure region.')
param location string

@description('Required. Python of the functions.')
param pythonVersion string

@description('Required. Memory of an instance in MB.')
param instanceMemoryMB int

@description('Required. Most instances at a time.')
param maximumInstanceCount int

@description('Required. Instances that always run and answer HTTP.')
param alwaysReadyInstances int

@description('Required. Name of the identity of the functions.')
param identityName string

@description('Required. Name of the storage account.')
param storageName string

@description('Required. Container from which the functions are deployed.')
param deploymentContainer string

@description('Required. Where the vault answers.')
param vaultUri string

@description('Required. Name of the Application Insights component.')
param componentName string

@description('Required. Resource id of the subnet that outgoing connections take; empty: none.')
param subnetId string

@description('Required. Client id of the app registration.')
param authClientId string

@description('Required. Entra tenants whose people and applications may sign in.')
param trustedTenants string[]

@description('Required. How people reach the functions; empty: by their own name.')
param publicBaseUrl string

@description('Required. Marks the secrets and Message-IDs of this installation.')
param installationId string

@description('Required. When watches are looked at.')
param mailboxCheckSchedule string

@description('Required. When what is due is started.')
param sweepSchedule string

@description('Required. Hosts that connections may name.')
param exchangeAllowedHosts string[]

@description('Required. Hosts of Exchange Online.')
param exchangeOnlineHosts string[]

@description('Required. Further certificate authorities as PEM text.')
param exchangeCaBundle string

@description('Required. Microsoft Graph; empty: chosen by the connection.')
param graphUrl string

@description('Required. Entra authority; empty: chosen by the connection.')
param entraAuthority string

@description('Required. Larger incoming attachments are named, not kept.')
param attachmentMaxMb int

@description('Required. Days for which finished actions are listed.')
param actionRetentionDays int

@description('Required. Days for which the journal is kept.')
param ledgerRetentionDays int

@description('Required. Days for which blobs of incoming mail are kept.')
param blobRetentionDays int

@description('Required. Share of calls whose traces are kept.')
param traceRatio string

@description('Required. Waiting times in seconds.')
param waits object

@description('Required. Tags of every resource.')
param tags object

// azd finds the app by this tag
var appTags = union(tags, { 'azd-service-name': 'functions' })
var authority = environment().authentication.loginEndpoint
var telemetryExporter = 'azure_monitor_opentelemetry_exporter'
var issuerTenant = length(trustedTenants) == 1 ? trustedTenants[0] : 'organizations'

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2023-01-31' existing = {
  name: identityName
}

resource account 'Microsoft.Storage/storageAccounts@2023-05-01' existing = {
  name: storageName
}

resource component 'Microsoft.Insights/components@2020-02-02' existing = {
  name: componentName
}

resource plan 'Microsoft.Web/serverfarms@2024-04-01' = {
  name: 'plan-${name}'
  location: location
  tags: tags
  kind: 'functionapp'
  sku: {
    name: 'FC1'
    tier: 'FlexConsumption'
  }
  properties: {
    reserved: true
  }
}

resource app 'Microsoft.Web/sites@2024-04-01' = {
  name: name
  location: location
  tags: appTags
  kind: 'functionapp,linux'
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: {
      '${identity.id}': {}
    }
  }
  properties: {
    serverFarmId: plan.id
    httpsOnly: true
    clientAffinityEnabled: false
    virtualNetworkSubnetId: empty(subnetId) ? null : subnetId
    siteConfig: {
      minTlsVersion: '1.2'
      scmMinTlsVersion: '1.2'
      ftpsState: 'Disabled'
      http20Enabled: true
    }
    functionAppConfig: {
      runtime: {
        name: 'python'
        version: pythonVersion
      }
      scaleAndConcurrency: {
        instanceMemoryMB: instanceMemoryMB
        maximumInstanceCount: maximumInstanceCount
        alwaysReady: alwaysReadyInstances == 0 ? [] : [
          {
            name: 'http'
            instanceCount: alwaysReadyInstances
          }
        ]
      }
      deployment: {
        storage: {
          type: 'blobContainer'
          value: '${account.properties.primaryEndpoints.blob}${deploymentContainer}'
          authentication: {
            type: 'UserAssignedIdentity'
            userAssignedIdentityResourceId: identity.id
          }
        }
      }
    }
  }
}

resource noFtp 'Microsoft.Web/sites/basicPublishingCredentialsPolicies@2024-04-01' = {
  parent: app
  name: 'ftp'
  properties: {
    allow: false
  }
}

resource noPublishingPassword 'Microsoft.Web/sites/basicPublishingCredentialsPolicies@2024-04-01' = {
  parent: app
  name: 'scm'
  properties: {
    allow: false
  }
}

// Anonymous requests pass, because health and the voting page are for everybody; the functions refuse the others themselves.
resource authentication 'Microsoft.Web/sites/config@2024-04-01' = {
  parent: app
  name: 'authsettingsV2'
  properties: {
    platform: {
      enabled: true
    }
    globalValidation: {
      requireAuthentication: false
      unauthenticatedClientAction: 'AllowAnonymous'
    }
    httpSettings: {
      requireHttps: true
    }
    identityProviders: {
      azureActiveDirectory: {
        enabled: true
        registration: {
          clientId: authClientId
          openIdIssuer: '${authority}${issuerTenant}/v2.0'
          // the name of the setting below: the identity signs in for the registration, which therefore needs no secret
          clientSecretSettingName: 'OVERRIDE_USE_MI_FIC_ASSERTION_CLIENTID'
        }
        validation: {
          allowedAudiences: [
            authClientId
            'api://${authClientId}'
          ]
        }
      }
    }
    login: {
      tokenStore: {
        enabled: false
      }
    }
  }
}

resource settings 'Microsoft.Web/sites/config@2024-04-01' = {
  parent: app
  name: 'appsettings'
  // the principal header is believed only where authentication is in front
  dependsOn: [authentication]
  properties: {
    // what the functions read
    AzureWebJobsStorage__accountName: account.name
    AzureWebJobsStorage__blobServiceUri: account.properties.primaryEndpoints.blob
    AzureWebJobsStorage__queueServiceUri: account.properties.primaryEndpoints.queue
    AzureWebJobsStorage__tableServiceUri: account.properties.primaryEndpoints.table
    AZURE_CLIENT_ID: identity.properties.clientId
    KEY_VAULT_URL: vaultUri
    INSTALLATION_ID: installationId
    PUBLIC_BASE_URL: empty(publicBaseUrl) ? 'https://${app.properties.defaultHostName}' : publicBaseUrl
    TRUST_CLIENT_PRINCIPAL: 'AppServiceAuthentication'
    TRUSTED_TENANTS: join(trustedTenants, ',')
    MAILBOX_CHECK_SCHEDULE: mailboxCheckSchedule
    SWEEP_SCHEDULE: sweepSchedule
    EXCHANGE_ALLOWED_HOSTS: join(exchangeAllowedHosts, ',')
    EXCHANGE_ONLINE_HOSTS: join(exchangeOnlineHosts, ',')
    EXCHANGE_CA_BUNDLE: exchangeCaBundle
    GRAPH_URL: graphUrl
    ENTRA_AUTHORITY: entraAuthority
    ATTACHMENT_MAX_MB: string(attachmentMaxMb)
    ACTION_RETENTION: 'P${actionRetentionDays}D'
    LEDGER_RETENTION: 'P${ledgerRetentionDays}D'
    BLOB_RETENTION: 'P${blobRetentionDays}D'
    ACTION_CLAIM_SECONDS: string(waits.actionClaim)
    UNANSWERED_WAIT_SECONDS: string(waits.unansweredWait)
    LOOKUP_WAIT_SECONDS: string(waits.lookupWait)
    SECOND_TRY_SECONDS: string(waits.secondTry)
    SWEEP_GRACE_SECONDS: string(waits.sweepGrace)
    RETRY_FIRST_SECONDS: string(waits.retryFirst)
    // what the host and the sign-in read
    // else a worker on one core has five threads for the 24 messages that the host hands it
    PYTHON_THREADPOOL_THREAD_COUNT: '32'
    AzureWebJobsStorage__credential: 'managedidentity'
    AzureWebJobsStorage__clientId: identity.properties.clientId
    APPLICATIONINSIGHTS_CONNECTION_STRING: component.properties.ConnectionString
    APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'ClientId=${identity.properties.clientId};Authorization=AAD'
    // the worker hands the host's trace on and leaves exporting to the functions, which read OpenTelemetry's own settings
    PYTHON_ENABLE_OPENTELEMETRY: 'true'
    APPLICATIONINSIGHTS_STATSBEAT_DISABLED_ALL: 'true'
    OTEL_SERVICE_NAME: name
    OTEL_TRACES_EXPORTER: telemetryExporter
    OTEL_METRICS_EXPORTER: telemetryExporter
    OTEL_LOGS_EXPORTER: telemetryExporter
    OTEL_TRACES_SAMPLER: 'parentbased_traceidratio'
    OTEL_TRACES_SAMPLER_ARG: traceRatio
    WEBSITE_AUTH_AAD_ALLOWED_TENANTS: join(trustedTenants, ',')
    OVERRIDE_USE_MI_FIC_ASSERTION_CLIENTID: identity.properties.clientId
  }
}

@description('Name of the function app.')
output name string = app.name

@description('Where the functions answer.')
output url string = 'https://${app.properties.defaultHostName}'
