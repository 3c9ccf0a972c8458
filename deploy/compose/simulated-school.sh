#!/bin/sh
# One simulated school in FOLDER: its devices and its own broker. The plan is made once, for its ports must stay. Its agent is told to
# send to the real broker, and enrolment.yaml has the school without the simulator's own centre.
set -eu
folder=${1:?"simulated-school.sh FOLDER"}
uplink='uplink: {host: broker, port: 8883, username: no-1-primary, password_file: /run/campanile/broker-password.txt,'
uplink="$uplink tls: {ca_file: /run/campanile/ca.pem}}"

if [ ! -s "$folder/enrolment.yaml" ]; then
    campanile simulate plan --dir "$folder" --schools 1 --broker-port 1883
    sed -i "s|^uplink: .*|$uplink|" "$folder/agents/no-1-primary.yaml"
    sed 's/"clearwater"/"bureau"/; /^  - id: centre$/,/^  - id: no-1-primary$/{/^  - id: no-1-primary$/!d}' \
        "$folder/district.yaml" >"$folder/enrolment.yaml"
fi
campanile simulate brokers --dir "$folder" &
exec campanile simulate run --dir "$folder"
