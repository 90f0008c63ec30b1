#!/bin/sh
# Builds busybox, with a link for each of its programs, into /build/busybox-root: bookworm's busybox-static is linked
# with glibc, whose lookups of users and hosts go ways that musl's do not.
set -eu
mkdir /build/busybox
cd /build/busybox
tar -x --strip-components=1 -f /sources/busybox_*.orig.tar.*
make CC=musl-cc HOSTCC=gcc defconfig
make CC=musl-cc HOSTCC=gcc -j"$(nproc)"

root=/build/busybox-root
mkdir -p "$root/bin" "$root/sbin" "$root/usr/bin" "$root/usr/sbin"
cp busybox "$root/bin/"
./busybox --list-full | while read -r program; do
  [ -e "$root/$program" ] || ln -s /bin/busybox "$root/$program"
done
rm "$root/linuxrc"
