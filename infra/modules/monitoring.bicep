// Log Analytics and Application Insights. Both accept data from Entra identities only.
import { Tags } from '../types.bicep'

param workspaceName string
param componentName string
param location string
param tags Tags
param principalId string

@description('Text from which the name of the role assignment follows.')
param principalName string

@description('Days that the log is kept.')
param retentionDays int

@description('GB per day, so that a fault has a limited cost. Above it, nothing is recorded until the next day: `no-run` and `unread-export` fire, the other alerts stay silent.')
param dailyQuotaGb int

var roles = loadJsonContent('../roles.json')

resource workspace 'Microsoft.OperationalInsights/workspaces@2023-09-01' = {
  name: workspaceName
  location: location
  tags: tags
  properties: {
    sku: {
      name: 'PerGB2018'
    }
    retentionInDays: retentionDays
    workspaceCapping: {
      dailyQuotaGb: dailyQuotaGb
    }
    features: {
      disableLocalAuth: true
      enableLogAccessUsingOnlyResourcePermissions: true
    }
  }
}

resource component 'Microsoft.Insights/components@2020-02-02' = {
  name: componentName
  location: location
  tags: tags
  kind: 'web'
  properties: {
    Application_Type: 'web'
    WorkspaceResourceId: workspace.id
    DisableLocalAuth: true
  }
}

// Monitoring Metrics Publisher: the host sends its log to Application Insights under the app's identity.
resource publisher 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(component.id, principalName, roles.monitoringMetricsPublisher.id)
  scope: component
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId(
      'Microsoft.Authorization/roleDefinitions',
      roles.monitoringMetricsPublisher.id
    )
    description: 'Beaconwatch: the log of the function app'
  }
}
