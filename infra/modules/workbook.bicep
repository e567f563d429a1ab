// A workbook over the log: runs, exports, detections, notifications, failures.
import { Tags } from '../types.bicep'

param location string
param tags Tags
param workspaceId string
param functionAppName string

resource workbook 'Microsoft.Insights/workbooks@2022-04-01' = {
  name: guid(resourceGroup().id, 'beaconwatch')
  location: location
  tags: tags
  kind: 'shared'
  properties: {
    displayName: 'Beaconwatch'
    category: 'workbook'
    sourceId: workspaceId
    serializedData: replace(
      replace(loadTextContent('../workbook.json'), 'FUNCTION_APP_NAME', functionAppName),
      'WORKSPACE_ID',
      workspaceId
    )
  }
}
