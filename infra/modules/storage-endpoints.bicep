// The endpoints of a storage account. An existing account need not have the usual addresses.
param accountName string

resource account 'Microsoft.Storage/storageAccounts@2024-01-01' existing = {
  name: accountName
}

output blobServiceUri string = account.properties.primaryEndpoints.blob
// Not every kind of account has queues. They are needed only with a blob trigger.
output queueServiceUri string = account.properties.primaryEndpoints.?queue ?? ''
