// The data collection rule that the `sentinel` sink writes through, and the right to do so.
param location string
param workspaceId string
param principalId string
param streamName string
param tags object

// The columns of the sink's rows (src/notify/sinks/sentinel_row.ts).
var columns = loadJsonContent('columns.json')

// kind Direct: it has an ingestion endpoint itself (from 2023-03-11 on), and needs no data collection endpoint.
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

// Monitoring Metrics Publisher on this rule alone: what it takes to write rows through it, and no more.
var monitoringMetricsPublisher = '3913510d-42f4-4e42-8a64-420c390055eb'

resource mayWrite 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(rule.id, principalId, monitoringMetricsPublisher)
  scope: rule
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', monitoringMetricsPublisher)
  }
}

output endpoint string = rule.properties.endpoints.logsIngestion
output ruleId string = rule.properties.immutableId
