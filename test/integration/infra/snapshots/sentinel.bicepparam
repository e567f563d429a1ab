using '../../../../infra/main.bicep'

// Table, data collection rule and analytics rule in the resource group of a Sentinel workspace, and a sink that writes there.
param environmentName = 'beaconwatch'
param location = 'westeurope'
param sentinelWorkspaceId = '/subscriptions/00000000-0000-0000-0000-00000000000b/resourceGroups/rg-sentinel/providers/Microsoft.OperationalInsights/workspaces/log-sentinel'
param sinks = '[{"name":"sentinel","format":"sentinel","endpoint":"https://dcr-beaconwatch.example.com","ruleId":"dcr-00000000000000000000000000000000"}]'
