using '../../../../infra/main.bicep'

// What `azd up` deploys where nothing is set.
param environmentName = 'beaconwatch'
param location = 'westeurope'
