// The network of the app's outgoing traffic, with a subnet for the private endpoints of storage and vault.
import { Tags } from '../types.bicep'

param name string
param location string
param tags Tags
param addressPrefix string = '10.60.0.0/24'
param appSubnetPrefix string = '10.60.0.0/26'
param endpointSubnetPrefix string = '10.60.0.64/26'

resource network 'Microsoft.Network/virtualNetworks@2024-05-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    addressSpace: {
      addressPrefixes: [
        addressPrefix
      ]
    }
    subnets: [
      {
        name: 'app'
        properties: {
          addressPrefix: appSubnetPrefix
          delegations: [
            {
              name: 'flex'
              properties: {
                serviceName: 'Microsoft.App/environments'
              }
            }
          ]
        }
      }
      {
        name: 'endpoints'
        properties: {
          addressPrefix: endpointSubnetPrefix
          privateEndpointNetworkPolicies: 'Disabled'
        }
      }
    ]
  }
}
