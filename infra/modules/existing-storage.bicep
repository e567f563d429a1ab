// Where an account that is there already answers.
param accountName string

resource account 'Microsoft.Storage/storageAccounts@2024-01-01' existing = {
  name: accountName
}

output blobServiceUri string = account.properties.primaryEndpoints.blob
// Not every kind of account has queues; nobody needs them without a blob trigger.
output queueServiceUri string = account.properties.primaryEndpoints.?queue ?? ''
