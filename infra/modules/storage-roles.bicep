// Roles on a storage account; in the resource group of that account, which need not be ours.
param accountName string
param principalId string

@allowed(['ServicePrincipal', 'Group', 'User'])
param principalType string = 'ServicePrincipal'

@description('Each { id, why }: the id of a built-in role, and what it is for.')
param roles array

resource account 'Microsoft.Storage/storageAccounts@2024-01-01' existing = {
  name: accountName
}

resource assignments 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for role in roles: {
    // The same three give the same name: deploying again changes nothing.
    name: guid(account.id, principalId, role.id)
    scope: account
    properties: {
      principalId: principalId
      principalType: principalType
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role.id)
      description: role.why
    }
  }
]
