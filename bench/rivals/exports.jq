# jq -r -f exports.jq FILES: of each report its group, its hour and its count, with tabs between
.properties
| select((.ActionType // "" | endswith("AggregatedReport"))
    and (.RemoteIP | test("^\\d{1,3}\\.\\d{1,3}\\.\\d{1,3}\\.\\d{1,3}$"))
    and (.RemoteIP | test("^(?:10\\.|172\\.(?:1[6-9]|2\\d|3[01])\\.|192\\.168\\.|169\\.254\\.|127\\.)") | not))
| [([.DeviceName, .InitiatingProcessFileName, .RemoteIP] | join("|")), .Timestamp[:13], (.AdditionalFields | fromjson | .uniqueEventsAggregated)]
| @tsv
