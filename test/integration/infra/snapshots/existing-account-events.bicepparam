using '../../../../infra/main.bicep'

// The same account, with the blob trigger on, and Sysmon and the Windows firewall as sources.
param environmentName = 'beaconwatch'
param location = 'westeurope'
param existingExportAccountId = '/subscriptions/00000000-0000-0000-0000-00000000000a/resourceGroups/rg-defender/providers/Microsoft.Storage/storageAccounts/defenderexports'
param blobTrigger = 'EventGrid'
param sources = 'sysmon, wfp'
param operatorsPrincipalId = '00000000-0000-0000-0000-0000000000b1'
