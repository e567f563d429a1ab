// Where the export account announces new blobs. Who hears of them is said after the deployment, by
// infra/scripts/event-subscription.sh: the key for that exists only when the app has run.
param name string
param location string
param tags object
param storageAccountId string

resource topic 'Microsoft.EventGrid/systemTopics@2022-06-15' = {
  name: name
  location: location
  tags: tags
  properties: {
    source: storageAccountId
    topicType: 'Microsoft.Storage.StorageAccounts'
  }
}

output name string = topic.name
