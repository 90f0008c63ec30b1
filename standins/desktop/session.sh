#!/bin/sh
# What runs on the X server: window manager, desktop with its icons, and noVNC's page.
set -eu
export NO_AT_BRIDGE=1 # there is no screen reader to look for
[ -n "${DBUS_SESSION_BUS_ADDRESS:-}" ] || exec dbus-run-session -- "$0"

xfwm4 --compositor=off &
xfdesktop &
# without the warning that numpy is not there
exec python3 -W ignore::UserWarning -m websockify --web /usr/share/novnc 6080 localhost:5901
