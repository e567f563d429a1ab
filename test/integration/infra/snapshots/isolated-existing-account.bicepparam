using '../../../../infra/main.bicep'

// Private endpoints, one of them on an account that Defender already exports to.
param environmentName = 'beaconwatch'
param location = 'westeurope'
param networkIsolation = true
param existingExportAccountId = '/subscriptions/00000000-0000-0000-0000-00000000000a/resourceGroups/rg-defender/providers/Microsoft.Storage/storageAccounts/defenderexports'
