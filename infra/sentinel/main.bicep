// The receiving side of the sink `sentinel`, in the resource group of a workspace with Microsoft Sentinel: the table
// Beaconwatch_CL, a data collection rule with its own endpoint, the right of the app's identity to write to it, and the
// analytics rule that creates incidents. docs/sinks/sentinel.md explains it.
targetScope = 'resourceGroup'

import { Tags } from '../types.bicep'

@description('Name of the Log Analytics workspace with Sentinel.')
param workspaceName string

@description('Principal id (object id) of the identity of the function app.')
param principalId string

@description('Text from which the name of the role assignment follows: the resource id of the identity. Known before the deployment.')
param principalName string = principalId

param tags Tags = {}

@description('Days that rows are kept.')
@minValue(4)
@maxValue(730)
param retentionDays int = 90

@description('Whether the analytics rule is deployed. Sentinel must be on the workspace.')
param deployRule bool = true

var tableName = 'Beaconwatch_CL'
var streamName = 'Custom-${tableName}'
// The columns of the sink's rows.
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
      description: 'Beacons that Beaconwatch detected: one row for each opening and change.'
      // A table spells this type differently from a stream.
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
    // A rule must be in the region of its workspace. The resource group can be in another one.
    location: workspace.location
    workspaceId: workspace.id
    principalId: principalId
    principalName: principalName
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
  // Last: a query over a table that was created a moment ago can be refused.
  dependsOn: [
    table
    collection
  ]
}

@description('endpoint of the sink.')
output endpoint string = collection.outputs.endpoint

@description('ruleId of the sink.')
output ruleId string = collection.outputs.ruleId

@description('stream of the sink.')
output stream string = streamName
