#!/bin/sh
# Redis between the coordinator and the grading workers. What it keeps can be made again (docs/farm.md): a journal, no snapshots.
set -eu
password=$(cat /run/secrets/broker_password)
if [ "${1:-}" = healthy ]; then
    REDISCLI_AUTH=$password redis-cli ping | grep -qx PONG
    exit
fi
# By way of its input: everybody may read a command line. When it is full, answers that nobody asked for lately go first.
exec redis-server - <<CONFIGURATION
bind *
dir /srv/broker
user default on >$password ~* &* +@all -@admin
appendonly yes
save ""
maxmemory 192mb
maxmemory-policy volatile-lru
CONFIGURATION
