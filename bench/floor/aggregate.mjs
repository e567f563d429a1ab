// What every contestant works out of the exports: reports, groups, hours of groups and connections, of reports on public
// addresses. Plain Node, nothing of the project's, so that a change of ours moves no floor.
const PRIVATE = /^(?:10\.|172\.(?:1[6-9]|2\d|3[01])\.|192\.168\.|169\.254\.|127\.)/;
const IPV4 = /^\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}$/;

export class Aggregate {
  #hours = new Map();
  #groups = new Set();
  #reports = 0;

  add({ properties: row }) {
    if (!row.ActionType?.endsWith('AggregatedReport')) return;
    if (!IPV4.test(row.RemoteIP) || PRIVATE.test(row.RemoteIP)) return;
    const group = `${row.DeviceName}|${row.InitiatingProcessFileName}|${row.RemoteIP}`;
    const hour = `${group}|${row.Timestamp.slice(0, 13)}`;
    const count = JSON.parse(row.AdditionalFields).uniqueEventsAggregated;
    this.#reports++;
    this.#groups.add(group);
    this.#hours.set(hour, (this.#hours.get(hour) ?? 0) + count);
  }

  print() {
    let connections = 0;
    for (const count of this.#hours.values()) connections += count;
    const totals = { reports: this.#reports, groups: this.#groups.size, groupHours: this.#hours.size, connections };
    process.stdout.write(JSON.stringify(totals));
  }
}
