#!/bin/sh
# PostgreSQL for the hub, the exchange and the gradebook. Its first start makes the cluster, roles and databases; passwords are secret files.
set -eu
data=/var/lib/postgresql/data/cluster
if [ ! -s "$data/PG_VERSION" ]; then
    rm -rf "$data.new"
    initdb --pgdata="$data.new" --username=hub --pwfile=/run/secrets/database_password --auth=scram-sha-256 \
        --encoding=UTF8 --locale=C.UTF-8 >/dev/null
    printf 'CREATE DATABASE hub;\nCREATE DATABASE exchange;\nCREATE DATABASE gradebook;\n' | postgres --single -D "$data.new" postgres >/dev/null
    mv "$data.new" "$data"
fi
if [ ! -e "$data/gradebook.owned" ]; then # a cluster of an earlier version has no such role either
    printf "CREATE ROLE gradebook LOGIN PASSWORD '%s';\nALTER DATABASE gradebook OWNER TO gradebook;\n" "$(cat /run/secrets/gradebook_password)" |
        postgres --single -D "$data" postgres >/dev/null
    touch "$data/gradebook.owned"
fi
exec postgres -D "$data" -c jit=off -c listen_addresses='*' -c unix_socket_directories=/tmp \
    -c hba_file=/etc/postgresql-common/database_access.conf
