// The alerts. Each is a query of infra/alerts over the log lines of the functions. It returns a row when something is
// wrong. docs/deploy.md has a runbook for each.
import { Tags } from '../types.bicep'

param namePrefix string
param location string
param tags Tags
param workspaceId string
param functionAppName string

@description('Addresses that receive a mail. Empty: none.')
param emails string[] = []

@description('Resource id of an existing action group that is notified as well. Empty: none.')
param existingActionGroupId string = ''

var rules = [
  {
    name: 'no-run'
    title: 'No scoring run for two hours'
    severity: 1
    every: 'PT30M'
    window: 'PT2H'
    query: loadTextContent('../alerts/no-run.kql')
  }
  {
    name: 'unread-export'
    title: 'An export has waited for two hours to be read'
    severity: 1
    every: 'PT30M'
    window: 'PT1H'
    query: loadTextContent('../alerts/unread-export.kql')
  }
  {
    name: 'no-telemetry'
    title: 'No report for six hours, or no container to read'
    severity: 2
    every: 'PT1H'
    window: 'PT2H'
    query: loadTextContent('../alerts/no-telemetry.kql')
  }
  {
    name: 'dead-letters'
    title: 'Dead letters are growing'
    severity: 3
    every: 'PT1H'
    window: 'PT1H'
    query: loadTextContent('../alerts/dead-letters.kql')
  }
  {
    name: 'poison'
    title: 'Messages ended in a poison queue'
    severity: 2
    every: 'PT1H'
    window: 'PT1H'
    query: loadTextContent('../alerts/poison.kql')
  }
  {
    name: 'sink-failed'
    title: 'A sink rejected a notification, or is skipped'
    severity: 1
    every: 'PT15M'
    window: 'PT15M'
    query: loadTextContent('../alerts/sink-failed.kql')
  }
  {
    name: 'errors'
    title: 'Functions keep failing'
    severity: 2
    every: 'PT1H'
    window: 'PT1H'
    query: loadTextContent('../alerts/errors.kql')
  }
]

resource mails 'Microsoft.Insights/actionGroups@2023-01-01' = if (!empty(emails)) {
  name: '${namePrefix}-operators'
  location: 'global'
  tags: tags
  properties: {
    groupShortName: 'beaconwatch'
    enabled: true
    emailReceivers: [
      for (email, index) in emails: {
        name: 'operator-${index}'
        emailAddress: email
        useCommonAlertSchema: true
      }
    ]
  }
}

resource alerts 'Microsoft.Insights/scheduledQueryRules@2023-12-01' = [
  for rule in rules: {
    name: '${namePrefix}-${rule.name}'
    location: location
    tags: tags
    kind: 'LogAlert'
    properties: {
      displayName: 'Beaconwatch: ${rule.title}'
      description: 'Runbook: docs/deploy.md, "${rule.name}"'
      enabled: true
      severity: rule.severity
      evaluationFrequency: rule.every
      windowSize: rule.window
      scopes: [
        workspaceId
      ]
      // The tables exist only after the first line has arrived.
      skipQueryValidation: true
      autoMitigate: true
      criteria: {
        allOf: [
          {
            query: replace(rule.query, 'FUNCTION_APP_NAME', functionAppName)
            timeAggregation: 'Count'
            operator: 'GreaterThan'
            threshold: 0
            failingPeriods: {
              numberOfEvaluationPeriods: 1
              minFailingPeriodsToAlert: 1
            }
          }
        ]
      }
      actions: {
        actionGroups: concat(
          empty(emails) ? [] : [mails.id],
          empty(existingActionGroupId) ? [] : [existingActionGroupId]
        )
      }
    }
  }
]
