using '../../../../infra/main.bicep'

// HTTP functions behind Entra sign-in, for one application, from one network.
param environmentName = 'beaconwatch'
param location = 'westeurope'
param signInClientId = '00000000-0000-0000-0000-0000000000c1'
param signInAllowedApplications = ['00000000-0000-0000-0000-0000000000c2']
param allowedAddresses = ['203.0.113.0/24', '198.51.100.7/32']
