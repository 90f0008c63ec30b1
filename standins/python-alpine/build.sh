#!/bin/sh
# Builds everything and leaves the image's root in /rootfs. What does not depend on each other is built side by side.
set -eu
cd "$(dirname "$0")"
mkdir -p /build /out/usr/local/include /out/usr/local/lib

# start NAME COMMAND...: in the background; it says when it is done, for a long silence looks like a stuck build
start() {
  name=$1
  shift
  (
    "$@" > "/build/$name.log" 2>&1
    echo "build.sh: $name is built"
  ) &
  eval "pid_$name=\$!"
}

# finish NAME...: wait for them; the first that failed ends the build with its last words
finish() {
  for name in "$@"; do
    eval "wait \"\$pid_$name\"" && continue
    echo "build.sh: $name failed:" >&2
    tail -n 40 "/build/$name.log" >&2
    exit 1
  done
}

# nobody waits for busybox until the end: it takes what the others leave of the processors
start busybox nice sh ./busybox.sh
start openssl sh ./library.sh openssl
start terminal sh ./library.sh ncurses readline gdbm sqlite3
start compression sh ./library.sh zlib bzip2 xz-utils libffi util-linux
finish terminal compression openssl
start python sh ./python.sh
finish python busybox
start rootfs sh ./rootfs.sh
finish rootfs
rm -rf /build /out
