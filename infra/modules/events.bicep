// The topic on which the export account announces new blobs. The subscription to it follows after the deployment, by
// infra/scripts/event-subscription: its key exists only once the app has run.
import { Tags } from '../types.bicep'

param name string
param location string
param tags Tags
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
