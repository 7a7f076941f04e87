#!/bin/sh
# PostgreSQL for the hub and the exchange: the first start makes the cluster, the role and the databases; the password is a secret file.
set -eu
data=/var/lib/postgresql/data/cluster
if [ ! -s "$data/PG_VERSION" ]; then
    rm -rf "$data.new"
    initdb --pgdata="$data.new" --username=hub --pwfile=/run/secrets/database_password --auth=scram-sha-256 \
        --encoding=UTF8 --locale=C.UTF-8 >/dev/null
    echo 'host all all all scram-sha-256' >>"$data.new/pg_hba.conf"
    printf 'CREATE DATABASE hub;\nCREATE DATABASE exchange;\nCREATE DATABASE gradebook;\n' | postgres --single -D "$data.new" postgres >/dev/null
    mv "$data.new" "$data"
fi
exec postgres -D "$data" -c jit=off -c listen_addresses='*' -c unix_socket_directories=/tmp
