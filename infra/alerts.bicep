// What wakes a person. Every alert stands in docs/operations.md with its meaning and the way out.
// All of them ask for the connector's own metrics (shared/telemetry/names.py): counters add up in Sum; what a timer measured
// every five minutes is one value a row, in Sum too. Rules look at the workspace, whose tables they know.

@description('Required. Resource id of the workspace.')
param workspaceId string

@description('Required. Azure region.')
param location string

@description('Required. Resource id of the action group; empty: alerts are only shown in the portal.')
param actionGroupId string

@description('Required. Tags of every resource.')
param tags object

var rules = [
  {
    name: 'exchange-silent'
    description: 'No timer has measured anything for half an hour: the functions do not start, cannot reach their storage, or tell nothing.'
    severity: 0
    window: 'PT30M'
    query: 'AppMetrics | where Name == "exchange.actions.oldest_waiting"'
    operator: 'LessThan'
    threshold: 1
  }
  {
    name: 'exchange-poison'
    description: 'A message was given up after five tries, or lies on a poison queue.'
    severity: 1
    window: 'PT15M'
    query: 'AppMetrics | where Name in ("exchange.messages.given_up", "exchange.messages.poison") | summarize messages = sum(Sum) | where messages > 0'
    operator: 'GreaterThan'
    threshold: 0
  }
  {
    name: 'exchange-server-errors'
    description: 'The HTTP endpoints answered 5xx more than five times.'
    severity: 2
    window: 'PT15M'
    query: 'AppMetrics | where Name == "exchange.http.server_errors" | summarize times = sum(Sum) | where times > 5'
    operator: 'GreaterThan'
    threshold: 0
  }
  {
    name: 'exchange-actions-failing'
    description: 'More than a fifth of at least ten actions failed.'
    severity: 2
    window: 'PT30M'
    query: 'AppMetrics | where Name == "exchange.actions.finished" | extend failed = iff(tostring(Properties.outcome) == "failed", Sum, 0.0) | summarize failures = sum(failed), finished = sum(Sum) | where finished >= 10 and failures > finished / 5'
    operator: 'GreaterThan'
    threshold: 0
  }
  {
    name: 'exchange-actions-waiting'
    description: 'An action has been waiting for more than 30 minutes after it was due.'
    severity: 2
    window: 'PT15M'
    query: 'AppMetrics | where Name == "exchange.actions.oldest_waiting" | summarize seconds = max(Sum) | where seconds > 1800'
    operator: 'GreaterThan'
    threshold: 0
  }
  {
    name: 'exchange-mailbox-lag'
    description: 'A watched mailbox has not been looked at for more than 15 minutes.'
    severity: 2
    window: 'PT15M'
    query: 'AppMetrics | where Name == "exchange.mailbox.lag" | summarize seconds = max(Sum) | where seconds > 900'
    operator: 'GreaterThan'
    threshold: 0
  }
  {
    name: 'exchange-connections-suspended'
    description: 'A connection is suspended: its password, permission or mailbox needs a person.'
    severity: 3
    window: 'PT15M'
    query: 'AppMetrics | where Name == "exchange.connections.suspended" | summarize connections = max(Sum) | where connections > 0'
    operator: 'GreaterThan'
    threshold: 0
  }
  {
    name: 'exchange-throttled'
    description: 'Exchange asked to come back later more than a hundred times.'
    severity: 3
    window: 'PT30M'
    query: 'AppMetrics | where Name == "exchange.throttled" | summarize times = sum(Sum) | where times > 100'
    operator: 'GreaterThan'
    threshold: 0
  }
]

resource alerts 'Microsoft.Insights/scheduledQueryRules@2023-12-01' = [
  for rule in rules: {
    name: rule.name
    location: location
    tags: tags
    kind: 'LogAlert'
    properties: {
      displayName: rule.name
      description: rule.description
      severity: rule.severity
      enabled: true
      scopes: [workspaceId]
      evaluationFrequency: 'PT5M'
      windowSize: rule.window
      autoMitigate: true
      // a table is unknown until its first row has come
      skipQueryValidation: true
      criteria: {
        allOf: [
          {
            query: rule.query
            timeAggregation: 'Count'
            operator: rule.operator
            threshold: rule.threshold
            failingPeriods: {
              numberOfEvaluationPeriods: 1
              minFailingPeriodsToAlert: 1
            }
          }
        ]
      }
      actions: {
        actionGroups: empty(actionGroupId) ? [] : [actionGroupId]
      }
    }
  }
]
