using '../../../../infra/main.bicep'

// Private endpoints only; the exporter reaches its account as a trusted service.
param environmentName = 'beaconwatch'
param location = 'westeurope'
param networkIsolation = true
