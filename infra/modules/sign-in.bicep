// Entra sign-in in front of the HTTP functions, beside their keys. The platform checks tokens and sessions, and removes headers that
// name a caller from what comes in. It lets unsigned callers through: it has one answer for all of them, and people need the sign-in
// page where programs need 401. The app's own check gives both, in front of every HTTP function (src/http/guard.ts).
param appName string

@description('Client id of the app registration that stands for this API.')
param clientId string

@description('Client ids of the applications that may call it. Empty: any application of the tenant that obtains a token.')
param allowedApplications string[] = []

resource app 'Microsoft.Web/sites@2024-04-01' existing = {
  name: appName
}

resource signIn 'Microsoft.Web/sites/config@2024-04-01' = {
  parent: app
  name: 'authsettingsV2'
  properties: {
    platform: {
      enabled: true
      runtimeVersion: '~1'
    }
    globalValidation: {
      requireAuthentication: false
      unauthenticatedClientAction: 'AllowAnonymous'
      // Event Grid authenticates with a key of its own instead of a token.
      excludedPaths: [
        '/runtime/webhooks/blobs'
      ]
    }
    httpSettings: {
      requireHttps: true
    }
    identityProviders: {
      azureActiveDirectory: {
        enabled: true
        registration: {
          clientId: clientId
          openIdIssuer: '${environment().authentication.loginEndpoint}${tenant().tenantId}/v2.0'
        }
        validation: {
          allowedAudiences: [
            clientId
            'api://${clientId}'
          ]
          // People sign in through the registration itself.
          defaultAuthorizationPolicy: empty(allowedApplications)
            ? {}
            : { allowedApplications: union([clientId], allowedApplications) }
        }
      }
    }
    login: {
      tokenStore: {
        enabled: false
      }
    }
  }
}
