using '../../../../infra/main.bicep'

// Operators, alerts by mail and by an action group, sinks with secrets, other settings, no blob trigger.
param environmentName = 'beaconwatch'
param location = 'westeurope'
param blobTrigger = 'off'
param operatorsPrincipalId = '00000000-0000-0000-0000-0000000000b1'
param alertEmails = ['soc@example.com', 'duty@example.com']
param existingActionGroupId = '/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-duty/providers/Microsoft.Insights/actionGroups/duty'
param sinks = '[{"name":"soar","format":"json","url":{"setting":"SOAR_URL"},"secret":{"setting":"SOAR_SECRET"}}]'
param sinkSecrets = ['SOAR_URL', 'SOAR_SECRET']
param settings = { MIN_AVERAGE: '30' }
param historyDays = 30
param exportsKeepDays = 14
param exportsCoolDays = 3
param logRetentionDays = 60
param logDailyQuotaGb = 5
param exportSharedKeys = true
