#!/usr/bin/env pwsh
# The same as before-down.sh, for PowerShell: stops `azd down` where the deployment uses resources that were there before.
$ErrorActionPreference = 'Stop'
. "$PSScriptRoot/environment.ps1"

function Stop-Down([string] $Reason) {
    [Console]::Error.WriteLine(@"
Stopped: $Reason
azd down would delete every resource group that the deployment has written to, with all its content. Follow "Uninstall" in
docs/deploy.md instead.
"@)
    exit 1
}

try {
    Import-Deployment 'SUBSCRIPTION_ID', 'RESOURCE_GROUP', 'EXPORT_STORAGE_ACCOUNT_ID', 'EXISTING_RESOURCES'
} catch {
    [Console]::Error.WriteLine($_.Exception.Message)
    exit 1
}

if ($env:EXISTING_RESOURCES -cne 'none') { Stop-Down "the last deployment uses $env:EXISTING_RESOURCES." }
foreach ($id in $env:BEACONWATCH_EXPORT_ACCOUNT_ID, $env:BEACONWATCH_SENTINEL_WORKSPACE_ID) {
    if ($id) { Stop-Down "this azd environment names $id." }
}
$own = "/subscriptions/$env:SUBSCRIPTION_ID/resourceGroups/$env:RESOURCE_GROUP/"
if (-not $env:EXPORT_STORAGE_ACCOUNT_ID.StartsWith($own, [StringComparison]::OrdinalIgnoreCase)) {
    Stop-Down "the exports are in $env:EXPORT_STORAGE_ACCOUNT_ID, which is outside $env:RESOURCE_GROUP."
}
exit 0
