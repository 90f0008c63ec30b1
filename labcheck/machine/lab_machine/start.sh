#!/bin/sh
# Starts the lab machine; its engine answers on /machine/docker.sock.
# environment: PROFILE grading|walkthrough, DISK_MB, PROCESSES, OWNER the user whose the socket is to be
# /machine: a folder of the host's for the socket and the exit's settings
set -eu

# without --privileged, which some hosts refuse, cgroups are mounted read-only
for mount in /sys/fs/cgroup /sys/fs/cgroup/*; do
  if mountpoint -q "$mount"; then mount -o remount,bind,rw "$mount"; fi
done
# cgroup v2: no process may stay in a group whose children get controllers
if [ -f /sys/fs/cgroup/cgroup.controllers ]; then
  mkdir -p /sys/fs/cgroup/init
  xargs -rn1 < /sys/fs/cgroup/cgroup.procs > /sys/fs/cgroup/init/cgroup.procs || true
  sed -e 's/ / +/g' -e 's/^/+/' < /sys/fs/cgroup/cgroup.controllers > /sys/fs/cgroup/cgroup.subtree_control
fi

# what runs in it gets less than the machine has: of many small processes the kernel would kill the engine, the biggest
bound() { # CONTROLLER FILE VALUE, for the group that the engine puts its containers in
  group=/sys/fs/cgroup/$1/docker
  [ -d "/sys/fs/cgroup/$1" ] || group=/sys/fs/cgroup/docker # cgroup v2
  mkdir -p "$group"
  [ ! -f "$group/$2" ] || echo "$3" > "$group/$2"
}
for limit in /sys/fs/cgroup/memory/memory.limit_in_bytes /sys/fs/cgroup/memory.max; do
  [ ! -f "$limit" ] || bytes=$(($(cat "$limit") * 7 / 8))
done
bound memory memory.limit_in_bytes "$bytes"
bound memory memory.max "$bytes"
bound pids pids.max "$((PROCESSES * 3 / 4))"

# all that the engine keeps lies on a disk of fixed size
if [ ! -e /disk ]; then
  truncate --size "${DISK_MB}M" /disk.new
  mkfs.ext4 -q -O ^has_journal /disk.new
  mv /disk.new /disk
fi
e2fsck -p /disk > /dev/null # without a journal a crash may break it: then this machine is made anew
for _ in 1 2 3 4 5; do # two machines that start may be given the same free device
  device=$(losetup --find | cut -d ' ' -f 1) # "/dev/loop0 (lost)" where its node is missing
  [ -b "$device" ] || mknod "$device" b 7 "${device#/dev/loop}"
  if losetup "$device" /disk; then break; fi
done
mkdir -p /var/lib/docker
mount -o noatime "$device" /var/lib/docker
losetup --detach "$device" # once it is unmounted

sh /walls.sh
sh /exit.sh

rm -f /machine/docker.sock /var/run/docker.pid /var/run/docker/containerd/containerd.pid
set -- --host unix:///machine/docker.sock --host unix:///var/run/docker.sock --dns 198.51.100.1 --shutdown-timeout 1 \
  --log-level warn --log-opt max-size=10m --log-opt max-file=1
if [ "$PROFILE" = grading ]; then
  set -- "$@" --userns-remap default --icc=false --default-ulimit nproc=512 --default-ulimit nofile=16384
fi
dockerd "$@" &
engine=$!
trap 'kill "$engine"' TERM
while [ ! -S /machine/docker.sock ]; do
  kill -0 "$engine"
  sleep 0.1
done
chown "$OWNER" /machine/docker.sock
wait "$engine" || true
wait "$engine" # again, after TERM
