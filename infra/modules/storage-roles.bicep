// Roles on a storage account, in the resource group of that account. That group need not be the deployment's own.
import { PrincipalType, Role } from '../types.bicep'

param accountName string
param principalId string

@description('Text from which the names of the assignments follow. Known before the deployment, unlike the principal id of a new identity.')
param principalName string

param principalType PrincipalType = 'ServicePrincipal'

param roles Role[]

resource account 'Microsoft.Storage/storageAccounts@2024-01-01' existing = {
  name: accountName
}

resource assignments 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for role in roles: {
    // The same three give the same name, so that a second deployment changes nothing.
    name: guid(account.id, principalName, role.id)
    scope: account
    properties: {
      principalId: principalId
      principalType: principalType
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role.id)
      description: role.why
    }
  }
]
