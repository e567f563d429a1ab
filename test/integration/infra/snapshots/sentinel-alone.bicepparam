using '../../../../infra/sentinel/main.bicep'

// The template of docs/sinks/sentinel.md, in the resource group of the workspace.
param workspaceName = 'log-sentinel'
param principalId = '00000000-0000-0000-0000-0000000000d1'
