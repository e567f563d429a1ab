using '../../../../infra/main.bicep'

// The same without the analytics rule: Sentinel is not on the workspace yet, or has refused the rule.
param environmentName = 'beaconwatch'
param location = 'westeurope'
param sentinelWorkspaceId = '/subscriptions/00000000-0000-0000-0000-00000000000b/resourceGroups/rg-sentinel/providers/Microsoft.OperationalInsights/workspaces/log-sentinel'
param sentinelRule = false
