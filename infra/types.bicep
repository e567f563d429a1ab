// Types that several templates share.

@export()
@description('Tags of a resource.')
type Tags = {
  *: string
}

@export()
@description('Application settings of the function app: name and value, both text.')
type Settings = {
  *: string
}

@export()
@description('Who a role is assigned to: the kind of the principal.')
type PrincipalType = 'Group' | 'User' | 'ServicePrincipal'

@export()
@description('One role on a storage account: the id of a built-in role, and the description that the assignment carries.')
type Role = {
  id: string
  why: string
}

@export()
@description('`Open`: any network. `TrustedServices`: private endpoints, and what Azure calls trusted services (the exporter is one). `PrivateEndpoints`: private endpoints only. None of them replaces sign-in.')
type StorageAccess = 'Open' | 'TrustedServices' | 'PrivateEndpoints'

@export()
@description('Memory of an instance in MB: the sizes of Flex Consumption.')
type InstanceMemory = 512 | 2048 | 4096

@export()
@description('Instances that are always ready: `http`, `blob`, or `function:<name>`, and how many.')
type AlwaysReady = {
  name: string
  @minValue(1)
  instanceCount: int
}[]

@export()
@description('Services that a private endpoint can stand for.')
type EndpointService = 'blob' | 'queue' | 'table' | 'vault'
