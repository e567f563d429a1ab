"""python3 exports.py FOLDER [prefilter]: the standard library's json and a dict."""

import glob
import json
import re
import sys

PRIVATE = re.compile(r"(?:10\.|172\.(?:1[6-9]|2\d|3[01])\.|192\.168\.|169\.254\.|127\.)")
IPV4 = re.compile(r"\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}$")
folder = sys.argv[1]
prefilter = sys.argv[2:] == ["prefilter"]
hours = {}
groups = set()
reports = 0

for path in sorted(glob.glob(folder + "/2*.json")):
    with open(path, "rb", buffering=1024 * 1024) as lines:
        for line in lines:
            if prefilter and b"AggregatedReport" not in line:
                continue
            row = json.loads(line)["properties"]
            if not (row["ActionType"] or "").endswith("AggregatedReport"):
                continue
            address = row["RemoteIP"]
            if not IPV4.match(address) or PRIVATE.match(address):
                continue
            group = (row["DeviceName"], row["InitiatingProcessFileName"], address)
            hour = group + (row["Timestamp"][:13],)
            count = json.loads(row["AdditionalFields"])["uniqueEventsAggregated"]
            reports += 1
            groups.add(group)
            hours[hour] = hours.get(hour, 0) + count

print(json.dumps({"reports": reports, "groups": len(groups), "groupHours": len(hours), "connections": sum(hours.values())}))
