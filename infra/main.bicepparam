using './main.bicep'

// `azd env set NAME VALUE` sets these; lists and objects as JSON.
param environmentName = readEnvironmentVariable('AZURE_ENV_NAME', 'beaconwatch')
param location = readEnvironmentVariable('AZURE_LOCATION', 'westeurope')

param existingExportAccountId = readEnvironmentVariable('BEACONWATCH_EXPORT_ACCOUNT_ID', '')
param blobTrigger = readEnvironmentVariable('BEACONWATCH_BLOB_TRIGGER', 'auto')
param exportContainers = readEnvironmentVariable('BEACONWATCH_EXPORT_CONTAINERS', '')
param sources = readEnvironmentVariable('BEACONWATCH_SOURCES', 'defender')
param exportsKeepDays = int(readEnvironmentVariable('BEACONWATCH_EXPORTS_KEEP_DAYS', '30'))
param exportSharedKeys = bool(readEnvironmentVariable('BEACONWATCH_EXPORT_SHARED_KEYS', 'false'))

param sinks = readEnvironmentVariable('BEACONWATCH_SINKS', '')
param sentinelWorkspaceId = readEnvironmentVariable('BEACONWATCH_SENTINEL_WORKSPACE_ID', '')
param sinkSecrets = json(readEnvironmentVariable('BEACONWATCH_SINK_SECRETS', '[]'))
param settings = json(readEnvironmentVariable('BEACONWATCH_SETTINGS', '{}'))
param historyDays = int(readEnvironmentVariable('BEACONWATCH_HISTORY_DAYS', '90'))

param nodeVersion = readEnvironmentVariable('BEACONWATCH_NODE_VERSION', '24')
param instanceMemoryMB = int(readEnvironmentVariable('BEACONWATCH_INSTANCE_MEMORY_MB', '2048'))
param maximumInstanceCount = int(readEnvironmentVariable('BEACONWATCH_MAXIMUM_INSTANCES', '40'))

param operatorsPrincipalId = readEnvironmentVariable('BEACONWATCH_OPERATORS_ID', '')
param operatorsPrincipalType = readEnvironmentVariable('BEACONWATCH_OPERATORS_TYPE', 'Group')
param alertEmails = json(readEnvironmentVariable('BEACONWATCH_ALERT_EMAILS', '[]'))
param existingActionGroupId = readEnvironmentVariable('BEACONWATCH_ACTION_GROUP_ID', '')
param signInClientId = readEnvironmentVariable('BEACONWATCH_SIGN_IN_CLIENT_ID', '')
param signInAllowedApplications = json(readEnvironmentVariable('BEACONWATCH_SIGN_IN_APPLICATIONS', '[]'))

param networkIsolation = bool(readEnvironmentVariable('BEACONWATCH_NETWORK_ISOLATION', 'false'))
param allowedAddresses = json(readEnvironmentVariable('BEACONWATCH_ALLOWED_ADDRESSES', '[]'))
param logRetentionDays = int(readEnvironmentVariable('BEACONWATCH_LOG_RETENTION_DAYS', '30'))
param logDailyQuotaGb = int(readEnvironmentVariable('BEACONWATCH_LOG_DAILY_QUOTA_GB', '1'))
