// The data collection rule that the sink `sentinel` writes to, and the right to write to it.
import { Tags } from '../types.bicep'

param location string
param workspaceId string
param principalId string

@description('Text from which the name of the role assignment follows.')
param principalName string
param streamName string
param tags Tags

// The columns of the sink's rows.
var columns = loadJsonContent('columns.json')
var roles = loadJsonContent('../roles.json')

// Kind Direct: the rule has its own ingestion endpoint (since API version 2023-03-11) and needs no data collection endpoint.
resource rule 'Microsoft.Insights/dataCollectionRules@2023-03-11' = {
  name: 'dcr-beaconwatch'
  location: location
  tags: tags
  kind: 'Direct'
  properties: {
    streamDeclarations: {
      '${streamName}': {
        columns: columns
      }
    }
    destinations: {
      logAnalytics: [
        {
          name: 'workspace'
          workspaceResourceId: workspaceId
        }
      ]
    }
    dataFlows: [
      {
        streams: [
          streamName
        ]
        destinations: [
          'workspace'
        ]
        transformKql: 'source'
        outputStream: streamName
      }
    ]
  }
}

// Monitoring Metrics Publisher on this rule only: it allows writing rows to the rule, and nothing else.
resource mayWrite 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(rule.id, principalName, roles.monitoringMetricsPublisher.id)
  scope: rule
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId(
      'Microsoft.Authorization/roleDefinitions',
      roles.monitoringMetricsPublisher.id
    )
    description: 'Beaconwatch: rows of the sink sentinel'
  }
}

output endpoint string = rule.properties.endpoints.logsIngestion
output ruleId string = rule.properties.immutableId
