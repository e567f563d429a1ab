// Beaconwatch in a subscription: one resource group, one function app, one identity, no keys. Plain resources, so that
// what is deployed can be read here. Parameters come from main.bicepparam; docs/operations.md explains them.
targetScope = 'subscription'

@description('Name of the azd environment: names of resources follow from it.')
@minLength(1)
@maxLength(40)
param environmentName string

@description('Region of everything that has one. Flex Consumption must be offered there, with the Node of `nodeVersion`.')
param location string

// Exports ────────────────────────────────────────────────────────────────────────────────────────────────────────────

@description('Full resource id of a storage account that Defender exports to already; one is made where empty.')
param existingExportAccountId string = ''

@description('Whether the platform tells of new exports. `auto`: for an account made here. It needs far more rights on the exports than reading; the sweep finds everything without.')
@allowed(['auto', 'EventGrid', 'off'])
param blobTrigger string = 'auto'

@description('Containers with exports, with commas between; those of the sources where empty.')
param exportContainers string = ''

@description('Kinds of telemetry, with commas between.')
param sources string = 'defender'

@description('Days after which exports are deleted, of an account made here. More than RETENTION_DAYS: what is gone cannot be read again.')
@minValue(7)
param exportsKeepDays int = 30

@description('Days after which exports that are block blobs go to the cool tier; append blobs cannot.')
param exportsCoolDays int = 7

@description('Whether the account of exports that is made here takes shared keys: only where the exporter turns out to need them.')
param exportSharedKeys bool = false

// Sinks and settings ─────────────────────────────────────────────────────────────────────────────────────────────────

@description('The setting SINKS: JSON. Addresses and secrets in it as {"setting":"NAME"}.')
@secure()
param sinks string = ''

@description('Names of the settings that SINKS refers to. Each is a reference to the secret of that name in the vault, with - for _.')
param sinkSecrets array = []

@description('Any other setting of the README by its name.')
param settings object = {}

@description('Days that resolved detections, runs and dead letters are kept.')
@minValue(1)
param historyDays int = 90

@description('Version of Node. 24 is what we test most; 22 for a region that does not offer it on Flex Consumption.')
@allowed(['22', '24'])
param nodeVersion string = '24'

// Scale ──────────────────────────────────────────────────────────────────────────────────────────────────────────────

@description('Memory of an instance, MB.')
@allowed([512, 2048, 4096])
param instanceMemoryMB int = 2048

@description('Instances over all functions; the plan allows no fewer than 40.')
@minValue(40)
@maxValue(1000)
param maximumInstanceCount int = 40

// People ─────────────────────────────────────────────────────────────────────────────────────────────────────────────

@description('Object id of the group that operates this: reads tables, queues and exports, writes secrets. None where empty.')
param operatorsPrincipalId string = ''

@allowed(['Group', 'User', 'ServicePrincipal'])
param operatorsPrincipalType string = 'Group'

@description('Who gets a mail when something needs them.')
param alertEmails array = []

@description('An action group that is there already; none where empty.')
param existingActionGroupId string = ''

@description('App registration that stands for the HTTP functions: with it, they ask for a token of this tenant. Off where empty.')
param signInClientId string = ''

@description('Client ids that may call them; any of the tenant where empty.')
param signInAllowedApplications array = []

@description('Full resource id of the Log Analytics workspace that Microsoft Sentinel is on, for the sink `sentinel`; none where empty.')
param sentinelWorkspaceId string = ''

// Network and log ────────────────────────────────────────────────────────────────────────────────────────────────────

@description('Storage and vault by private endpoints only: whoever operates must then come from within the network.')
param networkIsolation bool = false

@description('Addresses (CIDR) that may call the app; everybody where empty.')
param allowedAddresses array = []

@description('Days that the log is kept.')
@minValue(30)
param logRetentionDays int = 30

@description('GB of log a day, after which no more is taken.')
param logDailyQuotaGb int = 1

var tags = { 'azd-env-name': environmentName, app: 'beaconwatch' }
var token = toLower(uniqueString(subscription().id, environmentName, location))
var roles = loadJsonContent('roles.json')

var ownsExports = empty(existingExportAccountId)
var ownExportsId = '${subscription().id}/resourceGroups/rg-${environmentName}/providers/Microsoft.Storage/storageAccounts/bwexports${token}'
// /subscriptions/<2>/resourceGroups/<4>/providers/Microsoft.Storage/storageAccounts/<8>
var exportIdParts = split(ownsExports ? ownExportsId : existingExportAccountId, '/')
var exportSubscription = exportIdParts[2]
var exportGroup = exportIdParts[4]
var exportAccountName = exportIdParts[8]
var trigger = blobTrigger == 'auto' ? (ownsExports ? 'EventGrid' : 'off') : blobTrigger
var networkDefaultAction = networkIsolation ? 'Deny' : 'Allow'

var vaultName = 'kv-bw-${token}'
var packageContainer = 'app-package'
var deadLetters = 'dead-letters'

resource group 'Microsoft.Resources/resourceGroups@2024-03-01' = {
  name: 'rg-${environmentName}'
  location: location
  tags: tags
}

module identity 'modules/identity.bicep' = {
  name: 'identity'
  scope: group
  params: {
    name: 'id-beaconwatch-${token}'
    location: location
    tags: tags
  }
}

module monitoring 'modules/monitoring.bicep' = {
  name: 'monitoring'
  scope: group
  params: {
    workspaceName: 'log-beaconwatch-${token}'
    componentName: 'appi-beaconwatch-${token}'
    location: location
    tags: tags
    principalId: identity.outputs.principalId
    retentionDays: logRetentionDays
    dailyQuotaGb: logDailyQuotaGb
  }
}

// The app's own account: its package, its locks, our tables, queues and dead letters.
module hostStorage 'modules/storage.bicep' = {
  name: 'host-storage'
  scope: group
  params: {
    name: 'bwhost${token}'
    location: location
    tags: tags
    networkDefaultAction: networkDefaultAction
    containers: [
      packageContainer
      deadLetters
    ]
    lifecycleRules: [
      {
        // The app does this itself once a day; here for the days that it does not run.
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
    accountName: hostStorage.outputs.name
    principalId: identity.outputs.principalId
    roles: [
      // Storage Blob Data Owner: the host's package, locks and status of timers, and our dead letters.
      { id: roles.storageBlobDataOwner.id, why: 'Beaconwatch: package, locks, dead letters' }
      // Storage Queue Data Contributor: the queues ingest, score and notify and their poison queues, made on first use.
      { id: roles.storageQueueDataContributor.id, why: 'Beaconwatch: its queues' }
      // Storage Table Data Contributor: the counts, detections and runs; tables are made on first use.
      { id: roles.storageTableDataContributor.id, why: 'Beaconwatch: its tables' }
    ]
  }
}

// Apart from the app's: the exporter's writes, retention and rights are another matter than ours.
module exportStorage 'modules/storage.bicep' = if (ownsExports) {
  name: 'export-storage'
  scope: group
  params: {
    name: exportAccountName
    location: location
    tags: tags
    networkDefaultAction: networkDefaultAction
    allowSharedKeyAccess: exportSharedKeys
    lifecycleRules: [
      {
        name: 'exports-end'
        enabled: true
        type: 'Lifecycle'
        definition: {
          filters: {
            // Of append blobs, which is what Defender writes, this is the only action that there is.
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

module existingExports 'modules/existing-storage.bicep' = if (!ownsExports) {
  name: 'existing-exports'
  scope: resourceGroup(exportSubscription, exportGroup)
  params: {
    accountName: exportAccountName
  }
}

var exportBlobUri = ownsExports ? exportStorage.outputs.blobServiceUri : existingExports.outputs.blobServiceUri
var exportQueueUri = ownsExports ? exportStorage.outputs.queueServiceUri : existingExports.outputs.queueServiceUri

module exportRoles 'modules/storage-roles.bicep' = {
  name: 'beaconwatch-export-roles-${token}'
  scope: resourceGroup(exportSubscription, exportGroup)
  params: {
    accountName: exportAccountName
    principalId: identity.outputs.principalId
    roles: trigger == 'off'
      ? [
          // Storage Blob Data Reader: reads exports, and nothing more.
          { id: roles.storageBlobDataReader.id, why: 'Beaconwatch: reads exports' }
        ]
      : [
          // Storage Blob Data Owner: what the host asks for on the account that a blob trigger watches.
          { id: roles.storageBlobDataOwner.id, why: 'Beaconwatch: blob trigger on exports' }
          // Storage Queue Data Contributor: the blob trigger's own queue and its poison queue, on the same account.
          { id: roles.storageQueueDataContributor.id, why: 'Beaconwatch: queue of the blob trigger' }
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
    accountName: hostStorage.outputs.name
    principalId: operatorsPrincipalId
    principalType: operatorsPrincipalType
    roles: [
      // Storage Blob Data Reader, Queue Data Reader, Table Data Reader: `health` and `dead-letters`, by people.
      { id: roles.storageBlobDataReader.id, why: 'Beaconwatch operators: dead letters' }
      { id: roles.storageQueueDataReader.id, why: 'Beaconwatch operators: lengths of queues' }
      { id: roles.storageTableDataReader.id, why: 'Beaconwatch operators: detections, runs, exports' }
    ]
  }
}

module exportOperators 'modules/storage-roles.bicep' = if (!empty(operatorsPrincipalId)) {
  name: 'beaconwatch-export-operators-${token}'
  scope: resourceGroup(exportSubscription, exportGroup)
  params: {
    accountName: exportAccountName
    principalId: operatorsPrincipalId
    principalType: operatorsPrincipalType
    roles: concat(
      [
        // Storage Blob Data Reader: `health` lists exports; whoever checks that data arrives, too.
        { id: roles.storageBlobDataReader.id, why: 'Beaconwatch operators: list exports' }
      ],
      trigger == 'off'
        ? []
        : [
            // Storage Queue Data Reader: `health` counts the blob trigger's poison queue, which lies beside the exports.
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
    operatorsPrincipalId: operatorsPrincipalId
    operatorsPrincipalType: operatorsPrincipalType
    networkDefaultAction: networkDefaultAction
    workspaceId: monitoring.outputs.workspaceId
  }
}

module network 'modules/network.bicep' = if (networkIsolation) {
  name: 'network'
  scope: group
  params: {
    name: 'vnet-beaconwatch-${token}'
    location: location
    tags: tags
  }
}

module dns 'modules/private-dns.bicep' = if (networkIsolation) {
  name: 'dns'
  scope: group
  params: {
    networkId: network.outputs.networkId
    tags: tags
    services: ['blob', 'queue', 'table', 'vault']
  }
}

var exportAccountId = ownsExports ? exportStorage.outputs.id : existingExportAccountId
var endpoints = concat(
  [
    { of: 'host', service: 'blob' }
    { of: 'host', service: 'queue' }
    { of: 'host', service: 'table' }
    { of: 'exports', service: 'blob' }
    { of: 'secrets', service: 'vault' }
  ],
  // For the blob trigger's own queue; not every account of exports has queues.
  trigger == 'off' ? [] : [{ of: 'exports', service: 'queue' }]
)

module privateEndpoints 'modules/private-endpoint.bicep' = [
  for endpoint in endpoints: if (networkIsolation) {
    name: 'endpoint-${endpoint.of}-${endpoint.service}'
    scope: group
    params: {
      name: 'pe-${endpoint.of}-${endpoint.service}-${token}'
      location: location
      tags: tags
      subnetId: network.outputs.endpointSubnetId
      // Here and not in the list: a loop must know its list before anything is deployed.
      resourceId: endpoint.of == 'host'
        ? hostStorage.outputs.id
        : endpoint.of == 'exports' ? exportAccountId : vault.outputs.id
      service: endpoint.service
      zoneId: dns.outputs.zoneIds[endpoint.service]
    }
  }
]

// As in src/config.ts: the scripts have to know them as well. What is no source is left to the app, which says so.
var sourceContainers = {
  defender: 'insights-logs-advancedhunting-devicenetworkevents'
  'defender-raw': 'insights-logs-advancedhunting-devicenetworkevents'
  sysmon: 'am-event'
  wfp: 'am-securityevent'
}
var knownSources = filter(split(replace(sources, ' ', ''), ','), name => contains(sourceContainers, name))
var containers = empty(exportContainers)
  ? join(union(map(knownSources, name => sourceContainers[name]), []), ',')
  : exportContainers

// Only what is not the same everywhere; all other settings of the README keep their defaults
// (infra/settings-left-to-default.json says why), unless the parameter `settings` names them.
var ownSettings = {
  AzureWebJobsStorage__credential: 'managedidentity'
  AzureWebJobsStorage__clientId: identity.outputs.clientId
  AzureWebJobsStorage__blobServiceUri: hostStorage.outputs.blobServiceUri
  AzureWebJobsStorage__queueServiceUri: hostStorage.outputs.queueServiceUri
  AzureWebJobsStorage__tableServiceUri: hostStorage.outputs.tableServiceUri
  ExportStorage__credential: 'managedidentity'
  ExportStorage__clientId: identity.outputs.clientId
  ExportStorage__blobServiceUri: exportBlobUri
  // The blob trigger's own queue lies beside the exports.
  ExportStorage__queueServiceUri: exportQueueUri
  EXPORT_CONTAINERS: containers
  SOURCES: sources
  BLOB_TRIGGER: trigger
  HISTORY_DAYS: string(historyDays)
}
var sinkSettings = empty(sinks) ? {} : { SINKS: sinks }
var secretSettings = toObject(
  sinkSecrets,
  name => name,
  // By its name: Resource Manager is known to stumble over what a module puts out within a lambda.
  name => '@Microsoft.KeyVault(SecretUri=https://${vaultName}${environment().suffixes.keyvaultDns}/secrets/${replace(name, '_', '-')})'
)

module app 'modules/function-app.bicep' = {
  name: 'function-app'
  scope: group
  params: {
    name: 'func-beaconwatch-${token}'
    planName: 'plan-beaconwatch-${token}'
    location: location
    tags: tags
    identityId: identity.outputs.id
    identityClientId: identity.outputs.clientId
    packageContainerUri: '${hostStorage.outputs.blobServiceUri}${packageContainer}'
    nodeVersion: nodeVersion
    instanceMemoryMB: instanceMemoryMB
    maximumInstanceCount: maximumInstanceCount
    componentName: monitoring.outputs.componentName
    subnetId: networkIsolation ? network.outputs.appSubnetId : ''
    allowedAddresses: allowedAddresses
    admitEventGrid: trigger == 'EventGrid'
    settings: union(ownSettings, sinkSettings, secretSettings, settings)
  }
  // A start without its roles, names or secrets would fail, and be tried again only later.
  dependsOn: [
    vault
    hostRoles
    exportRoles
    privateEndpoints
  ]
}

module signIn 'modules/sign-in.bicep' = if (!empty(signInClientId)) {
  name: 'sign-in'
  scope: group
  params: {
    appName: app.outputs.name
    clientId: signInClientId
    allowedApplications: signInAllowedApplications
  }
}

module events 'modules/events.bicep' = if (ownsExports && trigger == 'EventGrid') {
  name: 'events'
  scope: group
  params: {
    name: 'evgt-beaconwatch-${token}'
    location: location
    tags: tags
    storageAccountId: exportAccountId
  }
}

// Table, rule of collection, the right to write and the analytics rule, beside the workspace of Sentinel.
var sentinelIdParts = split(empty(sentinelWorkspaceId) ? ownExportsId : sentinelWorkspaceId, '/')
module sentinel 'sentinel/main.bicep' = if (!empty(sentinelWorkspaceId)) {
  name: 'beaconwatch-sentinel-${token}'
  scope: resourceGroup(sentinelIdParts[2], sentinelIdParts[4])
  params: {
    workspaceName: last(sentinelIdParts)
    principalId: identity.outputs.principalId
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
    workspaceId: monitoring.outputs.workspaceId
    functionAppName: app.outputs.name
    emails: alertEmails
    existingActionGroupId: existingActionGroupId
  }
}

module workbook 'modules/workbook.bicep' = {
  name: 'workbook'
  scope: group
  params: {
    location: location
    tags: tags
    workspaceId: monitoring.outputs.workspaceId
    functionAppName: app.outputs.name
  }
}

// What infra/scripts and people need; nothing of it is a secret.
output SUBSCRIPTION_ID string = subscription().subscriptionId
output RESOURCE_GROUP string = group.name
output FUNCTION_APP_NAME string = app.outputs.name
output FUNCTION_APP_HOST string = app.outputs.hostName
output IDENTITY_PRINCIPAL_ID string = identity.outputs.principalId
output HOST_STORAGE_ACCOUNT string = hostStorage.outputs.name
output EXPORT_STORAGE_ACCOUNT string = exportAccountName
output EXPORT_STORAGE_ACCOUNT_ID string = exportAccountId
output EXPORT_CONTAINERS string = containers
output BLOB_TRIGGER string = trigger
output SYSTEM_TOPIC_NAME string = ownsExports && trigger == 'EventGrid' ? events.outputs.name : ''
output KEY_VAULT_NAME string = vault.outputs.name
output SENTINEL_ENDPOINT string = empty(sentinelWorkspaceId) ? '' : sentinel.outputs.endpoint
output SENTINEL_RULE_ID string = empty(sentinelWorkspaceId) ? '' : sentinel.outputs.ruleId
output LOG_WORKSPACE_ID string = monitoring.outputs.workspaceId
