// A storage account without keys and without public blobs: one for the app, one for the exports.
import { StorageAccess, Tags } from '../types.bicep'

param name string
param location string
param tags Tags

@description('Containers that are created with the account. All others are created by their writers.')
param containers string[] = []

@description('Rules of lifecycle management.')
param lifecycleRules resourceInput<'Microsoft.Storage/storageAccounts/managementPolicies@2024-01-01'>.properties.policy.rules = []

@description('From where the account can be reached.')
param access StorageAccess = 'Open'

@description('Whether shared keys are accepted. Beaconwatch uses none.')
param allowSharedKeyAccess bool = false

@description('Redundancy. The tables can be filled again from the exports, so one region is enough.')
param sku 'Standard_LRS' | 'Standard_ZRS' = 'Standard_LRS'

resource account 'Microsoft.Storage/storageAccounts@2024-01-01' = {
  name: name
  location: location
  tags: tags
  kind: 'StorageV2'
  sku: {
    name: sku
  }
  properties: {
    accessTier: 'Hot'
    // Entra identities only, unless the parameter says otherwise: there is no key to lose.
    allowSharedKeyAccess: allowSharedKeyAccess
    defaultToOAuthAuthentication: true
    allowBlobPublicAccess: false
    allowCrossTenantReplication: false
    minimumTlsVersion: 'TLS1_2'
    supportsHttpsTrafficOnly: true
    publicNetworkAccess: access == 'PrivateEndpoints' ? 'Disabled' : 'Enabled'
    networkAcls: {
      bypass: access == 'PrivateEndpoints' ? 'None' : 'AzureServices'
      defaultAction: access == 'Open' ? 'Allow' : 'Deny'
      ipRules: []
      virtualNetworkRules: []
    }
  }
}

resource blobs 'Microsoft.Storage/storageAccounts/blobServices@2024-01-01' = {
  parent: account
  name: 'default'
  properties: {
    // A blob that was deleted by mistake can be restored for a week.
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

resource blobContainers 'Microsoft.Storage/storageAccounts/blobServices/containers@2024-01-01' = [
  for container in containers: {
    parent: blobs
    name: container
    properties: {
      publicAccess: 'None'
    }
  }
]

resource lifecycle 'Microsoft.Storage/storageAccounts/managementPolicies@2024-01-01' = if (!empty(lifecycleRules)) {
  parent: account
  name: 'default'
  properties: {
    policy: {
      rules: lifecycleRules
    }
  }
  dependsOn: [
    blobs
  ]
}
