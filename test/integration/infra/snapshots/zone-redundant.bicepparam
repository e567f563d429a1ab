using '../../../../infra/main.bicep'

// Spread over zones, with instances that are always ready, large ones, and the older Node.
param environmentName = 'beaconwatch'
param location = 'westeurope'
param zoneRedundant = true
param alwaysReady = [
  { name: 'http', instanceCount: 1 }
  { name: 'function:scorePartition', instanceCount: 2 }
]
param instanceMemoryMB = 4096
param maximumInstanceCount = 100
param nodeVersion = '22'
