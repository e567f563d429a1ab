// What the `sentinel` sink writes to, in the resource group of a workspace with Microsoft Sentinel: the table
// Beaconwatch_CL, a data collection rule with an endpoint of its own, the right to write through it for the identity of
// the app, and the analytics rule that makes incidents. docs/sinks/sentinel.md explains it.
targetScope = 'resourceGroup'

@description('Name of the Log Analytics workspace that Sentinel is on.')
param workspaceName string

@description('Principal id (object id) of the identity that the function app runs as.')
param principalId string

param tags object = {}

@description('Days that rows are kept.')
@minValue(4)
@maxValue(730)
param retentionDays int = 90

@description('Whether the analytics rule is deployed: Sentinel must be on the workspace.')
param deployRule bool = true

var tableName = 'Beaconwatch_CL'
var streamName = 'Custom-${tableName}'
// The columns of the sink's rows (src/notify/sinks/sentinel_row.ts).
var columns = loadJsonContent('columns.json')

resource workspace 'Microsoft.OperationalInsights/workspaces@2023-09-01' existing = {
  name: workspaceName
}

resource table 'Microsoft.OperationalInsights/workspaces/tables@2023-09-01' = {
  parent: workspace
  name: tableName
  properties: {
    plan: 'Analytics'
    retentionInDays: retentionDays
    schema: {
      name: tableName
      description: 'Beacons that Beaconwatch has told of, a row for each opening and change.'
      // A table spells its type otherwise than a stream does.
      columns: [
        for column in columns: {
          name: column.name
          type: column.type == 'datetime' ? 'dateTime' : column.type
        }
      ]
    }
  }
}

module collection 'collection.bicep' = {
  name: 'beaconwatch-collection'
  params: {
    // A rule has to be where its workspace is, and the resource group need not be there.
    location: workspace.location
    workspaceId: workspace.id
    principalId: principalId
    streamName: streamName
    tags: tags
  }
  dependsOn: [
    table
  ]
}

module incidents 'rule.bicep' = if (deployRule) {
  name: 'beaconwatch-incidents'
  params: {
    workspaceName: workspaceName
  }
  dependsOn: [
    table
  ]
}

@description('endpoint of the sink.')
output endpoint string = collection.outputs.endpoint

@description('ruleId of the sink.')
output ruleId string = collection.outputs.ruleId

@description('stream of the sink.')
output stream string = streamName
