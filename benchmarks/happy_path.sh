#!/bin/sh
# Grades one submission as a plain script would, what `make check-class` is compared with: it walks the happy path of
# lab steps 114-143 and asks nothing else. No limits, no walls, no hints, no report; on the engine that is there.
# usage: happy_path.sh FOLDER BASE MYSQL NAME   FOLDER with Dockerfile, app.py and requirements.txt; BASE, MYSQL: images;
# NAME: what its things are called, labelled with it too
set -eu
folder=$1 base=$2 mysql=$3 name=$4

tidy() {
  docker rm --force --volumes "$name-base" "$name-db" "$name-keeper" > /dev/null 2>&1 || true
  docker network rm "$name" > /dev/null 2>&1 || true
  docker rmi --force "$name-flask" "$name-keeper" > /dev/null 2>&1 || true
}
trap tidy EXIT
trap 'exit 130' INT TERM
label="--label labcheck.run=$LABCHECK_RUN"

answers() { # COMMAND…: until it succeeds, 60 s at most
  for _ in $(seq 600); do
    if "$@" > /dev/null 2>&1; then return 0; fi
    sleep 0.1
  done
  return 1
}

# step 114: the image is built
sed "s|^FROM .*|FROM $base|" "$folder/Dockerfile" | docker build -q --no-cache -t "$name-flask" -f - "$folder" > /dev/null
# shellcheck disable=SC2086 # two words
docker run -d $label --name="$name-base" --entrypoint sleep "$name-flask" 600 > /dev/null
# steps 133-137: the keeper's image out of the container; app.py is the keeper already, and ends without a database
docker exec "$name-base" pip install -q mysql-connector-python > /dev/null 2>&1
docker cp "$folder/app.py" "$name-base:/app/app.py" > /dev/null 2>&1
docker stop -t 0 "$name-base" > /dev/null
docker commit --change 'ENTRYPOINT ["python"]' --change 'CMD ["app.py"]' "$name-base" "$name-keeper" > /dev/null
# steps 140-143: the database, the keeper, a value in and out
# shellcheck disable=SC2086
docker network create $label "$name" > /dev/null
# shellcheck disable=SC2086
docker run -d $label --name="$name-db" --network="$name" --network-alias=db -e MYSQL_ROOT_PASSWORD=123 "$mysql" > /dev/null
answers docker exec "$name-db" mysqladmin ping --silent --host=127.0.0.1 --user=root --password=123
# shellcheck disable=SC2086
docker run -d $label --name="$name-keeper" --network="$name" -p 5000 "$name-keeper" > /dev/null
address=$(docker inspect -f '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}' "$name-keeper"):5000
answers curl -fsS --noproxy '*' -o /dev/null -d value=1 "http://$address/var/a"
[ "$(curl -fsS --noproxy '*' "http://$address/var/a")" = 1 ]
