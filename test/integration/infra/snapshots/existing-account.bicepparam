using '../../../../infra/main.bicep'

// Defender already exports to an account of another subscription.
param environmentName = 'beaconwatch'
param location = 'westeurope'
param existingExportAccountId = '/subscriptions/00000000-0000-0000-0000-00000000000a/resourceGroups/rg-defender/providers/Microsoft.Storage/storageAccounts/defenderexports'
