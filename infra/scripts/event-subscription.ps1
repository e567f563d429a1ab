#!/usr/bin/env pwsh
# The same as event-subscription.sh, for PowerShell: subscribes the function `ingestExport` to new exports on Event Grid.
$ErrorActionPreference = 'Stop'
$PSNativeCommandUseErrorActionPreference = $false
. "$PSScriptRoot/environment.ps1"

try {
    Import-Deployment 'SUBSCRIPTION_ID', 'RESOURCE_GROUP', 'FUNCTION_APP_NAME', 'FUNCTION_APP_HOST', 'EXPORT_STORAGE_ACCOUNT_ID', 'EXPORT_CONTAINERS'
} catch {
    [Console]::Error.WriteLine($_.Exception.Message)
    exit 1
}

if ($env:BLOB_TRIGGER -cne 'EventGrid') {
    Write-Output 'BLOB_TRIGGER is off: the sweep finds every export within five minutes. Nothing to connect.'
    exit 0
}

$wait = if ($env:WAIT_SECONDS) { [int] $env:WAIT_SECONDS } else { 30 }
$key = ''
foreach ($try in 1..10) {
    # A host that is still starting answers with an error.
    $key = [string](az functionapp keys list --subscription $env:SUBSCRIPTION_ID --resource-group $env:RESOURCE_GROUP `
            --name $env:FUNCTION_APP_NAME --query systemKeys.blobs_extension --output tsv)
    if ($key -and $key -cne 'None') { break }
    $key = ''
    Write-Output 'The app has not created its key for events yet. Trying again in half a minute.'
    Start-Sleep -Seconds $wait
}
if (-not $key) {
    [Console]::Error.WriteLine("The app has no key blobs_extension. Does it start? See the log of $env:FUNCTION_APP_NAME.")
    exit 1
}

# By a file, which az reads for `@`: a list of processes shows arguments, and cmd.exe splits them at `&`.
$endpoint = (New-TemporaryFile).FullName
try {
    [IO.File]::WriteAllText($endpoint, "https://$env:FUNCTION_APP_HOST/runtime/webhooks/blobs?functionName=Host.Functions.ingestExport&code=$key")
    $container = $env:EXPORT_CONTAINERS.Split(',')[0].Trim()
    $settings = @(
        '--subscription', $env:SUBSCRIPTION_ID
        '--name', $env:FUNCTION_APP_NAME
        '--endpoint-type', 'webhook'
        '--endpoint', "@$endpoint"
        '--included-event-types', 'Microsoft.Storage.BlobCreated'
        '--subject-begins-with', "/blobServices/default/containers/$container/"
        '--advanced-filter', 'data.contentLength', 'NumberGreaterThan', '0'
        '--event-ttl', '60'
        '--max-delivery-attempts', '5'
        '--output', 'none'
    )
    if ($env:SYSTEM_TOPIC_NAME) {
        az eventgrid system-topic event-subscription create --resource-group $env:RESOURCE_GROUP `
            --system-topic-name $env:SYSTEM_TOPIC_NAME @settings
    } else {
        # An existing account can have a topic already: az finds it, or creates one.
        az eventgrid event-subscription create --source-resource-id $env:EXPORT_STORAGE_ACCOUNT_ID @settings
    }
    if ($LASTEXITCODE -ne 0) { exit $LASTEXITCODE }
} finally {
    Remove-Item $endpoint
}
Write-Output "Event Grid notifies $env:FUNCTION_APP_NAME of new blobs in $container."
exit 0
