// The secrets of the sinks. The app reads them by reference. Operators write them.
import { PrincipalType, Tags } from '../types.bicep'

param name string
param location string
param tags Tags
param principalId string

@description('Text from which the names of the role assignments follow.')
param principalName string

@description('Object id of the group or user that may write secrets. Empty: nobody.')
param operatorsPrincipalId string = ''

param operatorsPrincipalType PrincipalType = 'Group'

@description('Whether only private endpoints reach the vault.')
param isPrivate bool = false

@description('Log Analytics workspace of the audit: who read or wrote which secret.')
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
    publicNetworkAccess: isPrivate ? 'Disabled' : 'Enabled'
    networkAcls: {
      bypass: isPrivate ? 'None' : 'AzureServices'
      defaultAction: isPrivate ? 'Deny' : 'Allow'
    }
  }
}

// Key Vault Secrets User: settings of the app refer to the secrets of the sinks.
resource reader 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(vault.id, principalName, roles.keyVaultSecretsUser.id)
  scope: vault
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.keyVaultSecretsUser.id)
    description: 'Beaconwatch: addresses and secrets of the sinks'
  }
}

// Key Vault Secrets Officer: operators write the secrets and rotate them.
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
