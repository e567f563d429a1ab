// The secrets of the sinks. The app reads them by reference; people with the officer's role put them there.
param name string
param location string
param tags object
param principalId string

@description('Object id of a group (or user) that may write secrets; none where empty.')
param operatorsPrincipalId string = ''

@allowed(['Group', 'User', 'ServicePrincipal'])
param operatorsPrincipalType string = 'Group'

@allowed(['Allow', 'Deny'])
param networkDefaultAction string = 'Allow'

@description('Log Analytics workspace for the audit: who read or wrote which secret.')
param workspaceId string

var roles = loadJsonContent('../roles.json')

resource vault 'Microsoft.KeyVault/vaults@2023-07-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    tenantId: tenant().tenantId
    sku: {
      family: 'A'
      name: 'standard'
    }
    enableRbacAuthorization: true
    enableSoftDelete: true
    softDeleteRetentionInDays: 90
    enablePurgeProtection: true
    publicNetworkAccess: networkDefaultAction == 'Deny' ? 'Disabled' : 'Enabled'
    networkAcls: {
      bypass: 'AzureServices'
      defaultAction: networkDefaultAction
    }
  }
}

// Key Vault Secrets User: the app's settings refer to the secrets of the sinks.
resource reader 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(vault.id, principalId, roles.keyVaultSecretsUser.id)
  scope: vault
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.keyVaultSecretsUser.id)
    description: 'Beaconwatch: addresses and secrets of the sinks'
  }
}

// Key Vault Secrets Officer: operators put the secrets there and rotate them.
resource officer 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (!empty(operatorsPrincipalId)) {
  name: guid(vault.id, operatorsPrincipalId, roles.keyVaultSecretsOfficer.id)
  scope: vault
  properties: {
    principalId: operatorsPrincipalId
    principalType: operatorsPrincipalType
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.keyVaultSecretsOfficer.id)
    description: 'Beaconwatch: operators write and rotate the secrets of the sinks'
  }
}

resource audit 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'audit'
  scope: vault
  properties: {
    workspaceId: workspaceId
    logs: [
      {
        category: 'AuditEvent'
        enabled: true
      }
    ]
  }
}

output id string = vault.id
output name string = vault.name
