using './main.bicep'

// `azd env set NAME VALUE` sets these; lists and objects as JSON. An empty variable means the default, like one that is
// not set. Variables and not a function: `extends` and older compilers know no functions here.
var envName = readEnvironmentVariable('AZURE_ENV_NAME', '')
var envLocation = readEnvironmentVariable('AZURE_LOCATION', '')
var envBlobTrigger = readEnvironmentVariable('BEACONWATCH_BLOB_TRIGGER', '')
var envSources = readEnvironmentVariable('BEACONWATCH_SOURCES', '')
var envExportsKeepDays = readEnvironmentVariable('BEACONWATCH_EXPORTS_KEEP_DAYS', '')
var envExportsCoolDays = readEnvironmentVariable('BEACONWATCH_EXPORTS_COOL_DAYS', '')
var envExportSharedKeys = readEnvironmentVariable('BEACONWATCH_EXPORT_SHARED_KEYS', '')
var envExportNetworkAccess = readEnvironmentVariable('BEACONWATCH_EXPORT_NETWORK_ACCESS', '')
var envSinkSecrets = readEnvironmentVariable('BEACONWATCH_SINK_SECRETS', '')
var envSettings = readEnvironmentVariable('BEACONWATCH_SETTINGS', '')
var envHistoryDays = readEnvironmentVariable('BEACONWATCH_HISTORY_DAYS', '')
var envNodeVersion = readEnvironmentVariable('BEACONWATCH_NODE_VERSION', '')
var envInstanceMemory = readEnvironmentVariable('BEACONWATCH_INSTANCE_MEMORY_MB', '')
var envMaximumInstances = readEnvironmentVariable('BEACONWATCH_MAXIMUM_INSTANCES', '')
var envAlwaysReady = readEnvironmentVariable('BEACONWATCH_ALWAYS_READY', '')
var envZoneRedundant = readEnvironmentVariable('BEACONWATCH_ZONE_REDUNDANT', '')
var envOperatorsType = readEnvironmentVariable('BEACONWATCH_OPERATORS_TYPE', '')
var envAlertEmails = readEnvironmentVariable('BEACONWATCH_ALERT_EMAILS', '')
var envSignInApplications = readEnvironmentVariable('BEACONWATCH_SIGN_IN_APPLICATIONS', '')
var envSentinelRule = readEnvironmentVariable('BEACONWATCH_SENTINEL_RULE', '')
var envNetworkIsolation = readEnvironmentVariable('BEACONWATCH_NETWORK_ISOLATION', '')
var envAllowedAddresses = readEnvironmentVariable('BEACONWATCH_ALLOWED_ADDRESSES', '')
var envLogRetentionDays = readEnvironmentVariable('BEACONWATCH_LOG_RETENTION_DAYS', '')
var envLogDailyQuota = readEnvironmentVariable('BEACONWATCH_LOG_DAILY_QUOTA_GB', '')

param environmentName = empty(envName) ? 'beaconwatch' : envName
param location = empty(envLocation) ? 'westeurope' : envLocation

param existingExportAccountId = readEnvironmentVariable('BEACONWATCH_EXPORT_ACCOUNT_ID', '')
param blobTrigger = empty(envBlobTrigger) ? 'auto' : envBlobTrigger
param exportContainers = readEnvironmentVariable('BEACONWATCH_EXPORT_CONTAINERS', '')
param sources = empty(envSources) ? 'defender' : envSources
param exportsKeepDays = int(empty(envExportsKeepDays) ? '30' : envExportsKeepDays)
param exportsCoolDays = int(empty(envExportsCoolDays) ? '7' : envExportsCoolDays)
param exportSharedKeys = bool(empty(envExportSharedKeys) ? 'false' : envExportSharedKeys)
param exportNetworkAccess = empty(envExportNetworkAccess) ? 'TrustedServices' : envExportNetworkAccess

param sinks = readEnvironmentVariable('BEACONWATCH_SINKS', '')
param sinkSecrets = json(empty(envSinkSecrets) ? '[]' : envSinkSecrets)
param settings = json(empty(envSettings) ? '{}' : envSettings)
param historyDays = int(empty(envHistoryDays) ? '90' : envHistoryDays)

param nodeVersion = empty(envNodeVersion) ? '24' : envNodeVersion
// any(): the compiler knows int() as any number, and the template allows three.
param instanceMemoryMB = any(int(empty(envInstanceMemory) ? '512' : envInstanceMemory))
param maximumInstanceCount = int(empty(envMaximumInstances) ? '40' : envMaximumInstances)
param alwaysReady = json(empty(envAlwaysReady) ? '[]' : envAlwaysReady)
param zoneRedundant = bool(empty(envZoneRedundant) ? 'false' : envZoneRedundant)

param operatorsPrincipalId = readEnvironmentVariable('BEACONWATCH_OPERATORS_ID', '')
param operatorsPrincipalType = empty(envOperatorsType) ? 'Group' : envOperatorsType
param alertEmails = json(empty(envAlertEmails) ? '[]' : envAlertEmails)
param existingActionGroupId = readEnvironmentVariable('BEACONWATCH_ACTION_GROUP_ID', '')
param signInClientId = readEnvironmentVariable('BEACONWATCH_SIGN_IN_CLIENT_ID', '')
param signInAllowedApplications = json(empty(envSignInApplications) ? '[]' : envSignInApplications)
param sentinelWorkspaceId = readEnvironmentVariable('BEACONWATCH_SENTINEL_WORKSPACE_ID', '')
param sentinelRule = bool(empty(envSentinelRule) ? 'true' : envSentinelRule)

param networkIsolation = bool(empty(envNetworkIsolation) ? 'false' : envNetworkIsolation)
param allowedAddresses = json(empty(envAllowedAddresses) ? '[]' : envAllowedAddresses)
param logRetentionDays = int(empty(envLogRetentionDays) ? '30' : envLogRetentionDays)
param logDailyQuotaGb = int(empty(envLogDailyQuota) ? '1' : envLogDailyQuota)
