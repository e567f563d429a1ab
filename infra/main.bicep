// Beaconwatch in a subscription: one resource group, one function app, one identity, no keys. Plain resources, so that a
// reader sees here what is deployed. Parameters come from main.bicepparam; docs/deploy.md explains them.
//
// Names and ids are known before anything is deployed. A what-if stops where they are outputs of a module.
targetScope = 'subscription'

import { AlwaysReady, InstanceMemory, PrincipalType, Settings, StorageAccess, Tags } from 'types.bicep'

@description('Name of the azd environment. The names of resources follow from it.')
@minLength(1)
@maxLength(40)
param environmentName string

@description('Region of every resource that has one. It must offer Flex Consumption with the Node version of `nodeVersion`.')
param location string

// Exports ────────────────────────────────────────────────────────────────────────────────────────────────────────────

@description('Full resource id of a storage account that Defender already exports to. Empty: the deployment creates one.')
param existingExportAccountId string = ''

@description('Whether Event Grid announces new exports. `auto`: only for an account that the deployment creates. It needs far more rights on the exports than reading. The sweep finds every export without it.')
@allowed(['auto', 'EventGrid', 'off'])
param blobTrigger string = 'auto'

@description('Containers with exports, comma-separated. Empty: those of the sources.')
param exportContainers string = ''

@description('Kinds of telemetry, comma-separated.')
param sources string = 'defender'

@description('Days after which exports are deleted from an account that the deployment creates. Keep it above RETENTION_DAYS: a deleted export cannot be read again.')
@minValue(7)
param exportsKeepDays int = 30

@description('Days after which exports that are block blobs move to the cool tier. Append blobs cannot move.')
@minValue(1)
param exportsCoolDays int = 7

@description('Whether the created export account accepts shared keys. Only if the exporter needs them.')
param exportSharedKeys bool = false

@description('With network isolation, who reaches the created export account beside the app. `PrivateEndpoints` shuts the exporter out too.')
param exportNetworkAccess StorageAccess = 'TrustedServices'

// Sinks and settings ─────────────────────────────────────────────────────────────────────────────────────────────────

// Text and not a typed list: Bicep has no secure lists, and the app validates each sink with its place and field.
@description('The setting SINKS: a JSON array. Addresses and secrets in it are references: {"setting":"NAME"}.')
@secure()
param sinks string = ''

@description('Names of the settings that SINKS refers to. Each is a reference to the secret of that name in the vault, with - for _.')
param sinkSecrets string[] = []

@description('Any other setting, by name. Values are text: {"MIN_AVERAGE":"30"}.')
param settings Settings = {}

@description('Days that resolved detections, runs and dead letters are kept.')
@minValue(1)
param historyDays int = 90

@description('Node version of the app. 24 is tested most; 22 is for a region that does not offer 24 on Flex Consumption.')
@allowed(['22', '24'])
param nodeVersion string = '24'

// Scale ──────────────────────────────────────────────────────────────────────────────────────────────────────────────

@description('Memory of an instance, MB. An invocation takes less than 256 MB.')
param instanceMemoryMB InstanceMemory = 512

@description('Maximum number of instances over all functions. Flex Consumption allows no limit below 40.')
@minValue(40)
@maxValue(1000)
param maximumInstanceCount int = 40

@description('Instances that are always ready, so that a function does not start from zero. They cost money while idle.')
param alwaysReady AlwaysReady = []

@description('Whether plan and created storage accounts are spread over availability zones. The region must offer it.')
param zoneRedundant bool = false

// People ─────────────────────────────────────────────────────────────────────────────────────────────────────────────

@description('Object id of the group of operators. They read tables, queues and exports, and write secrets. Empty: nobody.')
param operatorsPrincipalId string = ''

param operatorsPrincipalType PrincipalType = 'Group'

@description('Addresses that receive a mail for each alert.')
param alertEmails string[] = []

@description('Resource id of an existing action group that alerts notify. Empty: none.')
param existingActionGroupId string = ''

@description('Client id of the app registration that stands for the HTTP functions and the pages. With it, they require a token or a session of this tenant. Empty: off, and no pages.')
param signInClientId string = ''

@description('Client ids of the applications that may call the HTTP functions. Empty: any application of the tenant.')
param signInAllowedApplications string[] = []

@description('Full resource id of the Log Analytics workspace with Microsoft Sentinel, for the sink `sentinel`. Empty: none.')
param sentinelWorkspaceId string = ''

@description('Whether the analytics rule is deployed beside the table. False: Sentinel is not on the workspace yet, or refuses the rule.')
param sentinelRule bool = true

// Network and log ────────────────────────────────────────────────────────────────────────────────────────────────────

@description('Storage and vault by private endpoints only. Operators then need a connection to the network.')
param networkIsolation bool = false

@description('Addresses (CIDR) that may call the app. Empty: any address.')
param allowedAddresses string[] = []

@description('Days that the log is kept.')
@minValue(30)
param logRetentionDays int = 30

@description('GB of log per day. Above it, the workspace records nothing until the next day.')
param logDailyQuotaGb int = 1

var tags Tags = { 'azd-env-name': environmentName, app: 'beaconwatch' }
var token = toLower(uniqueString(subscription().id, environmentName, location))
var roles = loadJsonContent('roles.json')

var groupName = 'rg-${environmentName}'
var identityName = 'id-beaconwatch-${token}'
var logWorkspaceName = 'log-beaconwatch-${token}'
var componentName = 'appi-beaconwatch-${token}'
var hostAccountName = 'bwhost${token}'
var vaultName = 'kv-bw-${token}'
var networkName = 'vnet-beaconwatch-${token}'
var appName = 'func-beaconwatch-${token}'
var topicName = 'evgt-beaconwatch-${token}'

var subscriptionId = subscription().subscriptionId
var identityId = resourceId(
  subscriptionId,
  groupName,
  'Microsoft.ManagedIdentity/userAssignedIdentities',
  identityName
)
var logWorkspaceId = resourceId(
  subscriptionId,
  groupName,
  'Microsoft.OperationalInsights/workspaces',
  logWorkspaceName
)
var hostAccountId = resourceId(subscriptionId, groupName, 'Microsoft.Storage/storageAccounts', hostAccountName)
var vaultId = resourceId(subscriptionId, groupName, 'Microsoft.KeyVault/vaults', vaultName)

var ownsExports = empty(existingExportAccountId)
var exportAccountId = ownsExports
  ? resourceId(subscriptionId, groupName, 'Microsoft.Storage/storageAccounts', 'bwexports${token}')
  : existingExportAccountId
// /subscriptions/<2>/resourceGroups/<4>/providers/Microsoft.Storage/storageAccounts/<8>
var exportIdParts = split(exportAccountId, '/')
var exportSubscription = exportIdParts[2]
var exportGroup = exportIdParts[4]
var exportAccountName = exportIdParts[8]
var trigger = blobTrigger == 'auto' ? (ownsExports ? 'EventGrid' : 'off') : blobTrigger
var hasTopic = ownsExports && trigger == 'EventGrid'
var storageSku = zoneRedundant ? 'Standard_ZRS' : 'Standard_LRS'

var storageSuffix = environment().suffixes.storage
var hostBlobUri = 'https://${hostAccountName}.blob.${storageSuffix}/'
var packageContainer = 'app-package'
var deadLetters = 'dead-letters'
var countFiles = 'count-files'
var fleetContext = 'context'

resource group 'Microsoft.Resources/resourceGroups@2024-03-01' = {
  name: groupName
  location: location
  tags: tags
}

module identity 'modules/identity.bicep' = {
  name: 'identity'
  scope: group
  params: {
    name: identityName
    location: location
    tags: tags
  }
}

module monitoring 'modules/monitoring.bicep' = {
  name: 'monitoring'
  scope: group
  params: {
    workspaceName: logWorkspaceName
    componentName: componentName
    location: location
    tags: tags
    principalId: identity.outputs.principalId
    principalName: identityId
    retentionDays: logRetentionDays
    dailyQuotaGb: logDailyQuotaGb
  }
}

// The app's own account: its package, its locks, our tables, queues, count files, context and dead letters.
module hostStorage 'modules/storage.bicep' = {
  name: 'host-storage'
  scope: group
  params: {
    name: hostAccountName
    location: location
    tags: tags
    sku: storageSku
    access: networkIsolation ? 'PrivateEndpoints' : 'Open'
    containers: [
      packageContainer
      deadLetters
      countFiles
      fleetContext
    ]
    // No rule for count files and context: the app removes them, counted from the newest report. A rule would count from the clock, and
    // remove the only copy of a day while the exporter is silent.
    lifecycleRules: [
      {
        // The app deletes them once a day; this rule covers days on which it does not run.
        name: 'dead-letters'
        enabled: true
        type: 'Lifecycle'
        definition: {
          filters: {
            blobTypes: [
              'blockBlob'
            ]
            prefixMatch: [
              '${deadLetters}/'
            ]
          }
          actions: {
            baseBlob: {
              delete: {
                daysAfterModificationGreaterThan: historyDays
              }
            }
          }
        }
      }
    ]
  }
}

module hostRoles 'modules/storage-roles.bicep' = {
  name: 'host-roles'
  scope: group
  params: {
    accountName: hostAccountName
    principalId: identity.outputs.principalId
    principalName: identityId
    roles: [
      // Storage Blob Data Owner: the host's package, locks and status of timers, and our dead letters, count files
      // and context.
      { id: roles.storageBlobDataOwner.id, why: 'Beaconwatch: package, locks, its containers' }
      // Storage Queue Data Contributor: the queues ingest, score and notify, their poison queues, and the work queue of
      // the blob trigger. All are created on first use.
      { id: roles.storageQueueDataContributor.id, why: 'Beaconwatch: its queues' }
      // Storage Table Data Contributor: the counts, detections and runs. Tables are created on first use.
      { id: roles.storageTableDataContributor.id, why: 'Beaconwatch: its tables' }
    ]
  }
  dependsOn: [
    hostStorage
  ]
}

// A separate account: the exporter's writes, retention and rights differ from the app's.
module exportStorage 'modules/storage.bicep' = if (ownsExports) {
  name: 'export-storage'
  scope: group
  params: {
    name: exportAccountName
    location: location
    tags: tags
    sku: storageSku
    access: networkIsolation ? exportNetworkAccess : 'Open'
    allowSharedKeyAccess: exportSharedKeys
    lifecycleRules: [
      {
        name: 'exports-end'
        enabled: true
        type: 'Lifecycle'
        definition: {
          filters: {
            // Defender writes append blobs. Deletion is the only action that they allow.
            blobTypes: [
              'appendBlob'
              'blockBlob'
            ]
          }
          actions: {
            baseBlob: {
              delete: {
                daysAfterModificationGreaterThan: exportsKeepDays
              }
            }
          }
        }
      }
      {
        name: 'exports-cool'
        enabled: true
        type: 'Lifecycle'
        definition: {
          filters: {
            blobTypes: [
              'blockBlob'
            ]
          }
          actions: {
            baseBlob: {
              tierToCool: {
                daysAfterModificationGreaterThan: exportsCoolDays
              }
            }
          }
        }
      }
    ]
  }
}

module exportEndpoints 'modules/storage-endpoints.bicep' = {
  name: 'beaconwatch-export-endpoints-${token}'
  scope: resourceGroup(exportSubscription, exportGroup)
  params: {
    accountName: exportAccountName
  }
  dependsOn: [
    exportStorage
  ]
}

module exportRoles 'modules/storage-roles.bicep' = {
  name: 'beaconwatch-export-roles-${token}'
  scope: resourceGroup(exportSubscription, exportGroup)
  params: {
    accountName: exportAccountName
    principalId: identity.outputs.principalId
    principalName: identityId
    roles: trigger == 'off'
      ? [
          // Storage Blob Data Reader: reads exports, and nothing more.
          { id: roles.storageBlobDataReader.id, why: 'Beaconwatch: reads exports' }
        ]
      : [
          // Storage Blob Data Owner: the host requires it on the account that a blob trigger watches.
          { id: roles.storageBlobDataOwner.id, why: 'Beaconwatch: blob trigger on exports' }
          // Storage Queue Data Contributor: the blob trigger's poison queue is on the account of the blobs.
          { id: roles.storageQueueDataContributor.id, why: 'Beaconwatch: poison queue of the blob trigger' }
        ]
  }
  dependsOn: [
    exportStorage
  ]
}

module hostOperators 'modules/storage-roles.bicep' = if (!empty(operatorsPrincipalId)) {
  name: 'host-operators'
  scope: group
  params: {
    accountName: hostAccountName
    principalId: operatorsPrincipalId
    principalName: operatorsPrincipalId
    principalType: operatorsPrincipalType
    roles: [
      // Storage Blob Data Reader, Queue Data Reader, Table Data Reader: for `health`, `dead-letters` and `run --dry-run`.
      { id: roles.storageBlobDataReader.id, why: 'Beaconwatch operators: dead letters, count files' }
      { id: roles.storageQueueDataReader.id, why: 'Beaconwatch operators: lengths of queues' }
      { id: roles.storageTableDataReader.id, why: 'Beaconwatch operators: detections, runs, exports' }
    ]
  }
  dependsOn: [
    hostStorage
  ]
}

module exportOperators 'modules/storage-roles.bicep' = if (!empty(operatorsPrincipalId)) {
  name: 'beaconwatch-export-operators-${token}'
  scope: resourceGroup(exportSubscription, exportGroup)
  params: {
    accountName: exportAccountName
    principalId: operatorsPrincipalId
    principalName: operatorsPrincipalId
    principalType: operatorsPrincipalType
    roles: concat(
      [
        // Storage Blob Data Reader: `health` lists exports.
        { id: roles.storageBlobDataReader.id, why: 'Beaconwatch operators: list exports' }
      ],
      trigger == 'off'
        ? []
        : [
            // Storage Queue Data Reader: `health` counts the blob trigger's poison queue, which is beside the exports.
            { id: roles.storageQueueDataReader.id, why: 'Beaconwatch operators: lengths of queues' }
          ]
    )
  }
  dependsOn: [
    exportStorage
  ]
}

module vault 'modules/vault.bicep' = {
  name: 'vault'
  scope: group
  params: {
    name: vaultName
    location: location
    tags: tags
    principalId: identity.outputs.principalId
    principalName: identityId
    operatorsPrincipalId: operatorsPrincipalId
    operatorsPrincipalType: operatorsPrincipalType
    isPrivate: networkIsolation
    workspaceId: logWorkspaceId
  }
  dependsOn: [
    monitoring
  ]
}

module network 'modules/network.bicep' = if (networkIsolation) {
  name: 'network'
  scope: group
  params: {
    name: networkName
    location: location
    tags: tags
  }
}

var networkId = resourceId(subscriptionId, groupName, 'Microsoft.Network/virtualNetworks', networkName)
var zoneNames = {
  blob: 'privatelink.blob.${storageSuffix}'
  queue: 'privatelink.queue.${storageSuffix}'
  table: 'privatelink.table.${storageSuffix}'
  vault: 'privatelink.vaultcore.azure.net'
}

module dns 'modules/private-dns.bicep' = if (networkIsolation) {
  name: 'dns'
  scope: group
  params: {
    networkId: networkId
    tags: tags
    zoneNames: map(items(zoneNames), item => item.value)
  }
  dependsOn: [
    network
  ]
}

var endpoints = concat(
  [
    { of: 'host', service: 'blob', id: hostAccountId }
    { of: 'host', service: 'queue', id: hostAccountId }
    { of: 'host', service: 'table', id: hostAccountId }
    { of: 'exports', service: 'blob', id: exportAccountId }
    { of: 'secrets', service: 'vault', id: vaultId }
  ],
  // For the blob trigger's poison queue. Not every account of exports has queues.
  trigger == 'off' ? [] : [{ of: 'exports', service: 'queue', id: exportAccountId }]
)

module privateEndpoints 'modules/private-endpoint.bicep' = [
  for endpoint in endpoints: if (networkIsolation) {
    name: 'endpoint-${endpoint.of}-${endpoint.service}'
    scope: group
    params: {
      name: 'pe-${endpoint.of}-${endpoint.service}-${token}'
      location: location
      tags: tags
      subnetId: resourceId(
        subscriptionId,
        groupName,
        'Microsoft.Network/virtualNetworks/subnets',
        networkName,
        'endpoints'
      )
      resourceId: endpoint.id
      service: endpoint.service
      zoneId: resourceId(subscriptionId, groupName, 'Microsoft.Network/privateDnsZones', zoneNames[endpoint.service])
    }
    dependsOn: [
      dns
      hostStorage
      exportStorage
      vault
    ]
  }
]

// As in the code of the app: the scripts need the names too. The app itself reports a source that is unknown.
var sourceContainers = {
  defender: 'insights-logs-advancedhunting-devicenetworkevents'
  'defender-raw': 'insights-logs-advancedhunting-devicenetworkevents'
  sysmon: 'am-event'
  wfp: 'am-securityevent'
  zeek: 'zeek-conn'
}
var knownSources = filter(split(replace(sources, ' ', ''), ','), name => contains(sourceContainers, name))
var containers = empty(exportContainers)
  ? join(union(map(knownSources, name => sourceContainers[name]), []), ',')
  : exportContainers

// Only settings whose value depends on the deployment. All others keep their defaults
// (infra/settings-left-to-default.json says why), unless the parameter `settings` names them.
var ownSettings = {
  AzureWebJobsStorage__credential: 'managedidentity'
  AzureWebJobsStorage__clientId: identity.outputs.clientId
  AzureWebJobsStorage__blobServiceUri: hostBlobUri
  AzureWebJobsStorage__queueServiceUri: 'https://${hostAccountName}.queue.${storageSuffix}/'
  AzureWebJobsStorage__tableServiceUri: 'https://${hostAccountName}.table.${storageSuffix}/'
  ExportStorage__credential: 'managedidentity'
  ExportStorage__clientId: identity.outputs.clientId
  ExportStorage__blobServiceUri: exportEndpoints.outputs.blobServiceUri
  // The blob trigger's poison queue is beside the exports; its work queue is on the app's own account.
  ExportStorage__queueServiceUri: exportEndpoints.outputs.queueServiceUri
  EXPORT_CONTAINERS: containers
  SOURCES: sources
  BLOB_TRIGGER: trigger
  HISTORY_DAYS: string(historyDays)
  // The pages are there only with it. The app believes it only once the platform says that its sign-in is on.
  SIGN_IN: empty(signInClientId) ? 'off' : 'platform'
}
var secretSettings = toObject(
  sinkSecrets,
  name => name,
  name => '@Microsoft.KeyVault(SecretUri=https://${vaultName}${environment().suffixes.keyvaultDns}/secrets/${replace(name, '_', '-')})'
)

module app 'modules/function-app.bicep' = {
  name: 'function-app'
  scope: group
  params: {
    name: appName
    planName: 'plan-beaconwatch-${token}'
    location: location
    tags: tags
    identityId: identityId
    identityClientId: identity.outputs.clientId
    packageContainerUri: '${hostBlobUri}${packageContainer}'
    nodeVersion: nodeVersion
    instanceMemoryMB: instanceMemoryMB
    maximumInstanceCount: maximumInstanceCount
    alwaysReady: alwaysReady
    zoneRedundant: zoneRedundant
    componentName: componentName
    subnetId: networkIsolation
      ? resourceId(subscriptionId, groupName, 'Microsoft.Network/virtualNetworks/subnets', networkName, 'app')
      : ''
    allowedAddresses: allowedAddresses
    admitEventGrid: trigger == 'EventGrid'
    settings: union(ownSettings, secretSettings, settings)
    sinks: sinks
  }
  // Without its roles, names or secrets the first start fails, and the platform tries again only later.
  dependsOn: [
    monitoring
    vault
    network
    hostRoles
    exportRoles
    privateEndpoints
  ]
}

module signIn 'modules/sign-in.bicep' = if (!empty(signInClientId)) {
  name: 'sign-in'
  scope: group
  params: {
    appName: appName
    clientId: signInClientId
    allowedApplications: signInAllowedApplications
  }
  dependsOn: [
    app
  ]
}

module events 'modules/events.bicep' = if (hasTopic) {
  name: 'events'
  scope: group
  params: {
    name: topicName
    location: location
    tags: tags
    storageAccountId: exportAccountId
  }
  dependsOn: [
    exportStorage
  ]
}

// Table, data collection rule, the right to write and the analytics rule, beside the workspace of Sentinel.
var sentinelIdParts = split(empty(sentinelWorkspaceId) ? exportAccountId : sentinelWorkspaceId, '/')
module sentinel 'sentinel/main.bicep' = if (!empty(sentinelWorkspaceId)) {
  name: 'beaconwatch-sentinel-${token}'
  scope: resourceGroup(sentinelIdParts[2], sentinelIdParts[4])
  params: {
    workspaceName: last(sentinelIdParts)
    principalId: identity.outputs.principalId
    principalName: identityId
    deployRule: sentinelRule
    tags: tags
  }
}

module alerts 'modules/alerts.bicep' = {
  name: 'alerts'
  scope: group
  params: {
    namePrefix: 'beaconwatch-${environmentName}'
    location: location
    tags: tags
    workspaceId: logWorkspaceId
    functionAppName: appName
    emails: alertEmails
    existingActionGroupId: existingActionGroupId
  }
  dependsOn: [
    monitoring
  ]
}

module workbook 'modules/workbook.bicep' = {
  name: 'workbook'
  scope: group
  params: {
    location: location
    tags: tags
    workspaceId: logWorkspaceId
    functionAppName: appName
  }
  dependsOn: [
    monitoring
  ]
}

// For the scripts of infra/scripts and for people. None is a secret.
output AZURE_LOCATION string = location
output AZURE_TENANT_ID string = tenant().tenantId
output SUBSCRIPTION_ID string = subscriptionId
output RESOURCE_GROUP string = group.name
@description('Ids of resources that were there before, or `none`. `azd down` would delete their resource groups.')
output EXISTING_RESOURCES string = ownsExports && empty(sentinelWorkspaceId)
  ? 'none'
  : trim('${existingExportAccountId} ${sentinelWorkspaceId}')
output FUNCTION_APP_NAME string = appName
output FUNCTION_APP_HOST string = app.outputs.hostName
output IDENTITY_PRINCIPAL_ID string = identity.outputs.principalId
output HOST_STORAGE_ACCOUNT string = hostAccountName
output EXPORT_STORAGE_ACCOUNT string = exportAccountName
output EXPORT_STORAGE_ACCOUNT_ID string = exportAccountId
output EXPORT_CONTAINERS string = containers
output BLOB_TRIGGER string = trigger
output SYSTEM_TOPIC_NAME string = hasTopic ? topicName : ''
output KEY_VAULT_NAME string = vaultName
output SENTINEL_ENDPOINT string = sentinel.?outputs.endpoint ?? ''
output SENTINEL_RULE_ID string = sentinel.?outputs.ruleId ?? ''
output LOG_WORKSPACE_ID string = logWorkspaceId
