#!/bin/sh
# Starts the engine; it answers on /sock/docker.sock.
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

exec dockerd --data-root /var/lib/engine --host unix:///sock/docker.sock
