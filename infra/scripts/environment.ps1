# Sourced by the scripts beside it: the outputs of the deployment. azd puts them into the environment of a hook; by hand
# they are read from `azd env get-values`.

# Loads the outputs if need be. Throws where one of these names is missing.
function Import-Deployment([string[]] $Names) {
    if (-not $env:RESOURCE_GROUP -and (Get-Command azd -ErrorAction Ignore)) {
        # No environment is selected: azd says so, and the names below are missing.
        $values = azd env get-values --output json | ConvertFrom-Json -AsHashtable
        if ($LASTEXITCODE -eq 0) { foreach ($name in $values.Keys) { Set-Item "env:$name" $values[$name] } }
    }
    foreach ($name in $Names) {
        if (-not [Environment]::GetEnvironmentVariable($name)) {
            throw "$name is not set. It is an output of infra/main.bicep: run azd env refresh, or azd up."
        }
    }
}
