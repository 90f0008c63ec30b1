#!/bin/sh
# Gathers what the lab leaves on a student's machine into one archive; `sh collect.sh -h` says how.
# It reads, and writes one file: no network, no container, nothing removed.
set -u
umask 077 # the archive is the student's alone until they hand it in
unset CDPATH
limit=1000000 # bytes of a file: the lab's own are far smaller
case ${LANGUAGE:-${LC_ALL:-${LC_MESSAGES:-${LANG-}}}} in ru*) ru=1 ;; *) ru= ;; esac # gettext's order

# say ENGLISH RUSSIAN [ARGUMENT…]
say() {
  if [ -n "$ru" ]; then format=$2; else format=$1; fi
  shift 2
  # shellcheck disable=SC2059 # the formats stand in this file
  printf "$format\n" "$@"
}

note() { say "$@" >> "$tmp/notes"; }
unreadable() { note 'no right to read %s. Run: %s' 'нет прав читать %s. Выполните: %s' "$1" "$again"; }
fail() { say "$@" >&2; exit 1; }

usage() {
  say 'Usage: sh collect.sh [-o OUT.tar.gz] [-i IMAGE] [-n] [FOLDER]
Gathers your work on the lab into one archive. Sends nothing anywhere.
  FOLDER    where Dockerfile and app.py are (this one, else ~/tutorial/flask)
  -o OUT    the archive to write (docker-lab-USER.tar.gz in your home)
  -i IMAGE  the image of step 137 (var_keeper:latest, else USER/var_keeper)
  -n        files only, no image' \
    'Запуск: sh collect.sh [-o АРХИВ.tar.gz] [-i ОБРАЗ] [-n] [КАТАЛОГ]
Собирает вашу работу в один архив. Никуда ничего не отправляет.
  КАТАЛОГ   где лежат Dockerfile и app.py (текущий, иначе ~/tutorial/flask)
  -o АРХИВ  куда записать (docker-lab-ЛОГИН.tar.gz в домашнем каталоге)
  -i ОБРАЗ  образ из шага 137 (var_keeper:latest, иначе ЛОГИН/var_keeper)
  -n        только файлы, без образа'
}

# keep FILE COPY: not what a link points to, nor what is too big
keep() {
  if [ -L "$1" ]; then
    note 'left out, a symbolic link: %s' 'не взято, символическая ссылка: %s' "$1"
  elif [ ! -r "$1" ]; then
    unreadable "$1"
  elif [ "$(wc -c < "$1")" -gt "$limit" ]; then
    note 'left out, over 1 MB: %s' 'не взято, больше 1 МБ: %s' "$1"
  elif ! error=$({ mkdir -p "${2%/*}" && cp -- "$1" "$2"; } 2>&1); then
    note 'not copied: %s' 'не скопировано: %s' "$error"
  fi
}

take_app() {
  for file in "$app"/* "$app"/.[!.]*; do
    [ -f "$file" ] || [ -L "$file" ] || continue
    base=${file##*/}
    case $(printf %s "$base" | tr '[:upper:]' '[:lower:]') in
      docker*file* | *docker*ignore* | requirement* | *.py) keep "$file" "$pack/flask/$base" ;;
      *) continue ;;
    esac
    case $base in
      Dockerfile.txt | Dockerfile.md | *.bak) ;;
      Dockerfile | Dockerfile.* | .dockerignore | requirements*.txt | *.py) continue ;;
    esac
    note 'this is not its name in the lab: %s' 'в лабораторной имя другое: %s' "$base"
  done
  for file in "$app"/*/pyvenv.cfg "$app"/.[!.]*/pyvenv.cfg; do # what an environment is called, not what is in it
    [ ! -f "$file" ] || [ -L "${file%/*}" ] || keep "$file" "$pack/flask/${file#"$app"/}"
  done
}

take_content() {
  find "$content" -name '.?*' -prune -o \( -type f -o -type l \) -print 2> /dev/null | while IFS= read -r file; do
    keep "$file" "$pack/content/${file#"$content"/}"
  done
}

# netplan files may hold passwords of Wi-Fi: what follows such a key goes, save closing brackets
mask() {
  awk '
    { match($0, /[^ \t]/); depth = RSTART }
    secret && (!depth || depth > secret) { next } # its value goes on
    { secret = 0 }
    match(tolower($0), /(^|[^a-z])(pass[a-z]*|psk|private|shared|secret|key|pin)["\047]?[ \t]*:/) {
      value = brackets = substr($0, RSTART + RLENGTH)
      secret = value ~ /^[ \t\r]*$/ ? depth - 1 : depth
      sub(/^.*[^]} \t\r]/, "", brackets)
      $0 = substr($0, 1, RSTART + RLENGTH - 1) " \"********\"" brackets # netplan wants eight characters
    }
    { print }' "$1"
}

# interfaces without any name server: the step was skipped; beside one they are a part of the settings
take_netplan() {
  for file in "$netplan" "$netplan"/*; do
    [ ! -e "$file" ] || [ -r "$file" ] || unreadable "$file"
  done
  grep -qsiE 'name.?serv|dns' -- "$netplan"/* || return
  for file in "$netplan"/*; do
    grep -qsiE 'name.?serv|dns|ethernets|wifis' -- "$file" || continue
    mkdir -p "$pack/netplan"
    mask "$file" > "$pack/netplan/${file##*/}"
    cmp -s "$file" "$pack/netplan/${file##*/}" || note 'passwords masked: %s' 'пароли закрыты: %s' "$file"
  done
}

docker_failed() {
  case $error in
    *'permission denied'*) note 'no right to use Docker (step 5: group docker). Run: %s' \
      'нет прав на Docker (шаг 5: группа docker). Выполните: %s' "$again" ;;
    *'daemon '*running*) note 'Docker does not run. Run: sudo service docker start' \
      'Docker не запущен. Выполните: sudo service docker start' ;;
    *) note 'no image: %s' 'нет образа: %s' "$(printf %s "$error" | head -n 1)" ;;
  esac
}

# mistakes that leave no trace in the files
look_around() {
  case $(readlink -f -- "$(command -v docker)") in /snap/* | /usr/bin/snap)
    note 'Docker is a snap: in containers, folders outside of your home are empty (step 5)' \
      'Docker поставлен как snap: каталоги вне домашнего в контейнерах пусты (шаг 5)' ;;
  esac
  ! docker volume ls -q 2> /dev/null | grep -qx content ||
    note 'a volume is called content: at step 81 -v content: was typed without ~/' \
      'есть том content: на шаге 81 набрано -v content: без ~/'
}

take_image() {
  command -v docker > /dev/null || { note 'Docker is not installed (step 5)' 'Docker не установлен (шаг 5)'; return; }
  error=$(docker image ls 2>&1 > "$tmp/images") || { docker_failed; return; }
  mv "$tmp/images" "$pack/images.txt"
  look_around
  for pattern in '^var_keeper:latest$' '^var_keeper:' '/var_keeper:'; do
    [ -z "$image" ] || break
    image=$(docker image ls --format '{{.Repository}}:{{.Tag}}' | grep "$pattern" | head -n 1)
  done
  [ -n "$image" ] || { note 'no image var_keeper; another name: -i IMAGE' 'нет образа var_keeper; другое имя: -i ОБРАЗ'; return; }
  if error=$(docker history --no-trunc -- "$image" 2>&1 > "$tmp/history") &&
    say 'Saving %s, it may take a minute …' 'Сохраняю %s, это может занять минуту …' "$image" &&
    error=$(docker save -- "$image" 2>&1 > "$tmp/image"); then
    mv "$tmp/history" "$pack/history.txt"
    mv "$tmp/image" "$pack/image.tar"
  else
    rm -f "$tmp/image" # half an image may fill the disk
    docker_failed
  fi
}

# row NAME STEP WHERE: columns hold ASCII alone, as printf's widths count bytes
row() {
  if [ -e "$pack/$1" ]; then
    say 'found    %-22s step %-5s %s' 'есть  %-22s шаг %-5s %s' "$@"
  else
    say 'MISSING  %-22s step %s' 'нет   %-22s шаг %s' "$1" "$2"
  fi
}

table() {
  row flask/Dockerfile 113 "$app"
  row flask/.dockerignore 123 "$app"
  row flask/requirements.txt 111 "$app"
  row flask/app.py 108 "$app"
  row content/index.html 80 "$content"
  row netplan '2 *' "$netplan"
  row image.tar 137 "$image"
  say '* needed only where names did not resolve' '* нужно, только если имена не определялись'
  [ ! -s "$tmp/notes" ] || sed 's/^/- /' "$tmp/notes"
}

image='' out='' files_only='' again="sudo sh $0"
for argument do # in quotes, so that the command can be pasted
  again="$again '$(printf %s "$argument" | sed "s/'/'\\\\''/g")'"
done
while getopts :o:i:nh option; do
  case $option in
    o) out=$OPTARG ;;
    i) image=$OPTARG ;;
    n) files_only=1 ;;
    h) usage; exit ;;
    *) usage >&2; exit 2 ;;
  esac
done
shift $((OPTIND - 1))
[ $# -le 1 ] || { usage >&2; exit 2; }
start=$(cd -- "${1:-.}" 2> /dev/null && pwd) || fail 'There is no folder %s.' 'Нет каталога %s.' "$1"

home=$HOME user=$(id -un)
case ${SUDO_USER:-root} in
  root | *[!A-Za-z0-9._@-]*) ;;
  *) user=$SUDO_USER; eval "home=~$user" ;; # with sudo, HOME is root's
esac
if [ -z "$out" ]; then # not in this folder: `COPY / /app` would put it into the next image
  out=$home/docker-lab-$user.tar.gz count=2
  while [ -e "$out" ]; do out=$home/docker-lab-$user-$count.tar.gz count=$((count + 1)); done
fi
case $out in /*) ;; *) out=$PWD/$out ;; esac
case $out in *.tar.gz) ;; *) out=$out.tar.gz ;; esac
[ ! -e "$out" ] || fail '%s is there already: choose another name (-o).' '%s уже есть: выберите другое имя (-o).' "$out"

tmp=''
trap '[ -z "$tmp" ] || rm -rf -- "$tmp"' EXIT
trap 'say "Interrupted: nothing was written." "Прервано: ничего не записано." >&2; exit 130' HUP INT TERM
tmp=$(mktemp -d "${out%/*}/.collect.XXXXXX" 2> /dev/null) || # beside the archive: /tmp may be small
  fail 'Nothing can be written into %s: choose another place (-o).' 'В %s нельзя писать: выберите другое место (-o).' "${out%/*}/"
name=${out##*/} name=${name%.tar.gz} pack=$tmp/pack/$name
mkdir -p "$pack"

app='' content='' netplan='' # of several places the last one counts
for place in "${1:-$home/tutorial/flask}" "$start/tutorial/flask" "$start/flask" "$start"; do
  for file in "$place"/[Dd]ocker*[Ff]ile* "$place/app.py" "$place/requirements.txt"; do
    [ ! -f "$file" ] || app=$place
  done
done
for place in "$home/content" "$start/content"; do [ ! -d "$place" ] || [ -L "$place" ] || content=$place; done
for place in /etc/netplan "$start/netplan"; do [ ! -d "$place" ] || netplan=$place; done
[ -z "$app" ] || take_app
[ -z "$content" ] || take_content
if [ -n "$content" ] && [ -n "$(find "$content" -prune -user root)" ] && [ "$user" != root ]; then
  note 'root made %s: step 81 came before step 80, and nginx answers 403' \
    'каталог %s создан root: шаг 81 выполнен раньше 80, и nginx отвечает 403' "$content"
fi
[ -z "$netplan" ] || take_netplan
if [ -n "$files_only" ]; then note 'no image, as you asked (-n)' 'без образа, как вы просили (-n)'; else take_image; fi
table=$(table)
printf '%s\n' "$table"
find "$pack" -type f ! -name images.txt | grep -q . || fail 'Nothing of the lab is here: nothing was written.' \
  'Ничего из лабораторной здесь нет: ничего не записано.'
{
  echo "collect.sh 1, $(date -u '+%Y-%m-%d %H:%M UTC'), $(uname -srm)"
  [ -n "$files_only" ] || docker version --format 'docker {{.Client.Version}}, engine {{.Server.Version}}' 2> /dev/null
  printf '%s\n' "$table"
} > "$pack/collected.txt"
error=$({ tar -czf "$tmp/archive" -C "$tmp/pack" -- "$name" && mv "$tmp/archive" "$out"; } 2>&1) ||
  fail 'The archive was not written: %s' 'Архив не записан: %s' "$error"
[ -z "${SUDO_UID-}" ] || chown "$SUDO_UID:${SUDO_GID-}" "$out"
tenths=$((($(wc -c < "$out") + 99999) / 100000))
say '
The archive: %s, %s MB
Nothing was sent anywhere. Look inside: tar -tzf, then hand it in yourself;
your instructor gives it to: make check' \
  '
Архив: %s, %s МБ
Никуда ничего не отправлено. Загляните внутрь (tar -tzf) и сдайте архив сами;
преподаватель проверит его командой make check' "$out" "$((tenths / 10)).$((tenths % 10))"
