#!/bin/sh
# Runs PostgreSQL in a folder, as somebody who is not root. Before it listens there are: the database vestnik, and for each
# service a user with the password of now, who owns a schema and may do nothing else.
#   start.sh <folder>
set -eu
folder=$1
cluster=$folder/cluster
services='gateway users films mailer'

for service in $services; do
  name=$(echo "$service" | tr a-z A-Z)_DATABASE_PASSWORD
  eval "password=\${$name:-}"
  case $password in
  '' | *[!A-Za-z0-9_-]*)
    echo "$name must be letters, digits, - or _" >&2
    exit 2
    ;;
  esac
  # Single-user mode takes a statement a line.
  users="${users:-}DO \$\$BEGIN IF to_regrole('$service') IS NULL THEN CREATE ROLE $service LOGIN; END IF; END\$\$;
ALTER ROLE $service PASSWORD '$password';
GRANT CONNECT ON DATABASE vestnik TO $service;
CREATE SCHEMA IF NOT EXISTS $service AUTHORIZATION $service;
"
done

# A start that is killed leaves nothing half made under the name that counts.
if [ ! -d "$cluster" ]; then
  rm -rf "$cluster.new"
  initdb -D "$cluster.new" -U postgres -E UTF8 --locale=C.UTF-8 -A reject >/dev/null
  echo 'CREATE DATABASE vestnik;' | postgres --single -D "$cluster.new" postgres >/dev/null
  mv "$cluster.new" "$cluster"
fi

printf '%s' "REVOKE ALL ON DATABASE vestnik FROM PUBLIC;
REVOKE ALL ON SCHEMA public FROM PUBLIC;
$users" | postgres --single -c password_encryption=scram-sha-256 -c log_min_error_statement=panic -D "$cluster" vestnik 2>&1 >/dev/null | tee "/tmp/vestnik-users.$$" >&2
# It goes on after an error, and ends as if there had been none.
if grep -qE 'ERROR|FATAL|PANIC' "/tmp/vestnik-users.$$"; then exit 1; fi
rm -f "/tmp/vestnik-users.$$"

# Whoever runs the server may be its superuser, at the socket; over the network there are the services and nobody else.
cat >"$cluster/pg_hba.conf" <<END
local all postgres peer map=owner
host vestnik $(echo "$services" | tr ' ' ',') all scram-sha-256
END
echo "owner $(id -un) postgres" >"$cluster/pg_ident.conf"

unset GATEWAY_DATABASE_PASSWORD USERS_DATABASE_PASSWORD FILMS_DATABASE_PASSWORD MAILER_DATABASE_PASSWORD
exec postgres -D "$cluster" -c listen_addresses='*' -c unix_socket_directories="${PGHOST:-/tmp}"
