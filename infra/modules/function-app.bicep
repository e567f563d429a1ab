// The plan and the app. A deployment puts the package into the container; the app reads it with its identity.
import { AlwaysReady, InstanceMemory, Settings, Tags } from '../types.bicep'

param name string
param planName string
param location string
param tags Tags

@description('Resource id of the user-assigned identity, and the client id with which tokens are requested for it.')
param identityId string
param identityClientId string

@description('Container of the deployment package, as an address.')
param packageContainerUri string

@allowed(['22', '24'])
param nodeVersion string

param instanceMemoryMB InstanceMemory

@description('Maximum number of instances over all functions.')
@minValue(40)
@maxValue(1000)
param maximumInstanceCount int

param alwaysReady AlwaysReady = []

@description('Whether the plan is spread over availability zones.')
param zoneRedundant bool = false

@description('Name of the Application Insights component in this resource group.')
param componentName string

@description('Subnet of outgoing traffic. Empty: none.')
param subnetId string = ''

@description('Addresses (CIDR) that may call the app. Empty: any address.')
param allowedAddresses string[] = []

@description('Whether Event Grid, which has many addresses, may call it too.')
param admitEventGrid bool = false

param settings Settings

@description('The setting SINKS. Empty: it is not set.')
@secure()
param sinks string = ''

resource component 'Microsoft.Insights/components@2020-02-02' existing = {
  name: componentName
}

var hostSettings = {
  // The component accepts nothing without a token, so this is an address and no secret.
  APPLICATIONINSIGHTS_CONNECTION_STRING: component.properties.ConnectionString
  APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'ClientId=${identityClientId};Authorization=AAD'
}
// V8 collects earlier, whatever it takes for the machine's memory. `settings` may say otherwise.
var smallInstance = instanceMemoryMB > 512 ? {} : { languageWorkers__node__arguments: '--max-semi-space-size=4 --max-old-space-size=256' }
var admitted = [
  for (address, index) in allowedAddresses: {
    name: 'allowed-${index}'
    priority: 100 + index
    action: 'Allow'
    ipAddress: address
  }
]
var eventGrid = {
  name: 'event-grid'
  priority: 90
  action: 'Allow'
  tag: 'ServiceTag'
  ipAddress: 'AzureEventGrid'
}

resource plan 'Microsoft.Web/serverfarms@2024-04-01' = {
  name: planName
  location: location
  tags: tags
  kind: 'functionapp'
  sku: {
    name: 'FC1'
    tier: 'FlexConsumption'
  }
  properties: {
    reserved: true
    zoneRedundant: zoneRedundant
  }
}

resource app 'Microsoft.Web/sites@2024-04-01' = {
  name: name
  location: location
  // `azd deploy` finds the app by this tag.
  tags: union(tags, { 'azd-service-name': 'beaconwatch' })
  kind: 'functionapp,linux'
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: {
      '${identityId}': {}
    }
  }
  properties: {
    serverFarmId: plan.id
    httpsOnly: true
    clientAffinityEnabled: false
    keyVaultReferenceIdentity: identityId
    virtualNetworkSubnetId: empty(subnetId) ? null : subnetId
    functionAppConfig: {
      deployment: {
        storage: {
          type: 'blobContainer'
          value: packageContainerUri
          authentication: {
            type: 'UserAssignedIdentity'
            userAssignedIdentityResourceId: identityId
          }
        }
      }
      runtime: {
        name: 'node'
        version: nodeVersion
      }
      scaleAndConcurrency: {
        instanceMemoryMB: instanceMemoryMB
        maximumInstanceCount: maximumInstanceCount
        alwaysReady: alwaysReady
      }
    }
    // Flex Consumption refuses properties that it does not know, `ftpsState` among them. These are the needed ones.
    siteConfig: {
      minTlsVersion: '1.2'
      scmMinTlsVersion: '1.2'
      ipSecurityRestrictionsDefaultAction: empty(allowedAddresses) ? 'Allow' : 'Deny'
      ipSecurityRestrictions: empty(allowedAddresses) ? [] : admitEventGrid ? concat([eventGrid], admitted) : admitted
    }
  }
}

resource appSettings 'Microsoft.Web/sites/config@2024-04-01' = {
  parent: app
  name: 'appsettings'
  properties: union(hostSettings, smallInstance, settings, empty(sinks) ? {} : { SINKS: sinks })
}

// Publishing with name and password is off: deployments use a token. This plan has no FTP. It follows the settings, since
// two changes of one app at a time conflict.
resource noPasswords 'Microsoft.Web/sites/basicPublishingCredentialsPolicies@2024-04-01' = {
  parent: app
  name: 'scm'
  properties: {
    allow: false
  }
  dependsOn: [
    appSettings
  ]
}

output hostName string = app.properties.defaultHostName
