using '../../../../infra/main.bicep'

// The same, with the account of the exports closed to trusted services too, and no blob trigger.
param environmentName = 'beaconwatch'
param location = 'westeurope'
param networkIsolation = true
param exportNetworkAccess = 'PrivateEndpoints'
param blobTrigger = 'off'
