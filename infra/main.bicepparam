// Values of one environment. azd fills the variables from `azd env set NAME VALUE`; without azd export them before `az deployment sub create`.
using 'main.bicep'

param environmentName = readEnvironmentVariable('AZURE_ENV_NAME')
param location = readEnvironmentVariable('AZURE_LOCATION')
param authClientId = readEnvironmentVariable('AUTH_CLIENT_ID')
param processEnginePrincipalId = readEnvironmentVariable('PROCESS_ENGINE_PRINCIPAL_ID', '')
param actionGroupId = readEnvironmentVariable('ACTION_GROUP_ID', '')
param privateNetwork = bool(readEnvironmentVariable('PRIVATE_NETWORK', 'false'))
param hubNetworkId = readEnvironmentVariable('HUB_NETWORK_ID', '')
