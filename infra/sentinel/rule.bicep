// The analytics rule: each row of Beaconwatch_CL becomes an alert with its entities. All alerts of one beacon join one
// incident.
param workspaceName string

@description('False: the rule is deployed, but switched off.')
param enabled bool = true

resource workspace 'Microsoft.OperationalInsights/workspaces@2023-09-01' existing = {
  name: workspaceName
}

resource rule 'Microsoft.SecurityInsights/alertRules@2024-09-01' = {
  scope: workspace
  name: guid(workspace.id, 'beaconwatch')
  kind: 'Scheduled'
  properties: {
    displayName: 'Beaconwatch: uniform connections to one address'
    description: 'A process makes about the same number of connections to one address, hour after hour. The alert says how regular, how rare and why; Beaconwatch keeps the evidence.'
    enabled: enabled
    severity: 'Medium'
    query: loadTextContent('rule.kql')
    // The period is longer than the frequency: rows arrive some minutes after their TimeGenerated. rule.kql returns each once.
    queryFrequency: 'PT15M'
    queryPeriod: 'PT1H'
    triggerOperator: 'GreaterThan'
    triggerThreshold: 0
    suppressionEnabled: false
    suppressionDuration: 'PT1H'
    tactics: [
      'CommandAndControl'
    ]
    eventGroupingSettings: {
      aggregationKind: 'AlertPerResult'
    }
    entityMappings: [
      {
        entityType: 'Host'
        fieldMappings: [
          {
            identifier: 'FullName'
            columnName: 'DeviceName'
          }
        ]
      }
      {
        entityType: 'IP'
        fieldMappings: [
          {
            identifier: 'Address'
            columnName: 'RemoteIP'
          }
        ]
      }
      {
        entityType: 'File'
        fieldMappings: [
          {
            identifier: 'Name'
            columnName: 'InitiatingProcessFileName'
          }
          {
            identifier: 'Directory'
            columnName: 'InitiatingProcessFolderPath'
          }
        ]
      }
      {
        entityType: 'FileHash'
        fieldMappings: [
          {
            identifier: 'Algorithm'
            columnName: 'HashAlgorithm'
          }
          {
            identifier: 'Value'
            columnName: 'FileHash'
          }
        ]
      }
      {
        entityType: 'Account'
        fieldMappings: [
          {
            identifier: 'Name'
            columnName: 'AccountName'
          }
          {
            identifier: 'UPNSuffix'
            columnName: 'AccountUpnSuffix'
          }
          {
            identifier: 'NTDomain'
            columnName: 'InitiatingProcessAccountDomain'
          }
        ]
      }
      {
        entityType: 'Process'
        fieldMappings: [
          {
            identifier: 'ProcessId'
            columnName: 'InitiatingProcessId'
          }
          {
            identifier: 'CommandLine'
            columnName: 'InitiatingProcessCommandLine'
          }
        ]
      }
    ]
    customDetails: {
      Detection: 'DetectionId'
      Change: 'Headline'
      AverageConnections: 'avg_conn_count'
      DevicesThere: 'Devices'
      Why: 'SeverityReason'
      DeviceId: 'DeviceId'
      Parent: 'InitiatingProcessParentFileName'
    }
    alertDetailsOverride: {
      // No name of the telemetry is in a title, since attackers choose them. They are entities.
      alertDisplayNameFormat: 'Beaconwatch: {{Headline}}, {{RemoteIP}}'
      alertSeverityColumnName: 'AlertSeverity'
    }
    incidentConfiguration: {
      createIncident: true
      groupingConfiguration: {
        enabled: true
        reopenClosedIncident: false
        lookbackDuration: 'P7D'
        matchingMethod: 'Selected'
        groupByEntities: []
        groupByAlertDetails: []
        groupByCustomDetails: [
          'Detection'
        ]
      }
    }
  }
}
