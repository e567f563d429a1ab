// The plan and the app. The package is put into the container by whoever deploys; the app fetches it by its identity.
param name string
param planName string
param location string
param tags object

@description('Full name of the user-assigned identity, and the id by which a token is asked for it.')
param identityId string
param identityClientId string

@description('Container of the deployment package, as an address.')
param packageContainerUri string

@allowed(['22', '24'])
param nodeVersion string

@allowed([512, 2048, 4096])
param instanceMemoryMB int

@description('Instances, over all functions together.')
@minValue(40)
@maxValue(1000)
param maximumInstanceCount int

@description('Name of the Application Insights component in this resource group.')
param componentName string

@description('Subnet that outgoing traffic takes; none where empty.')
param subnetId string = ''

@description('Addresses (CIDR) that may call the app; everybody where empty.')
param allowedAddresses array = []

@description('Whether Event Grid, which has many addresses, may call it as well.')
param admitEventGrid bool = false

@description('Settings, by name.')
@secure()
param settings object

resource component 'Microsoft.Insights/components@2020-02-02' existing = {
  name: componentName
}

var hostSettings = {
  // The component takes nothing without a token, so this names a place and opens nothing.
  APPLICATIONINSIGHTS_CONNECTION_STRING: component.properties.ConnectionString
  APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'ClientId=${identityClientId};Authorization=AAD'
}
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
  }
}

resource app 'Microsoft.Web/sites@2024-04-01' = {
  name: name
  location: location
  // By this tag `azd deploy` finds the app.
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
      }
    }
    // Flex Consumption refuses what it does not know, `ftpsState` among it; of the rest this is what is needed.
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
  properties: union(hostSettings, settings)
}

// Publishing by name and password: off; deployments come with a token. There is no FTP on this plan. After the settings:
// two changes of one app at a time get in each other's way.
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

output id string = app.id
output name string = app.name
output hostName string = app.properties.defaultHostName
