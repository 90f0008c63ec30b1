#!/bin/sh
# Runs the X server that speaks VNC, and the session on it: when either ends, so does the container.
# environment: PASSWORD of VNC (its first 8 characters count), WIDTH and HEIGHT of the screen in pixels
set -eu

fail() {
  echo "desktop: $*" >&2
  exit 1
}

[ -n "${PASSWORD:-}" ] || fail "no password is set. Choose one: docker run -e PASSWORD=... (8 characters count)"
for size in "$WIDTH" "$HEIGHT"; do
  case $size in
    '' | *[!0-9]*) fail "WIDTH=$WIDTH and HEIGHT=$HEIGHT are no screen. Set both to pixels: WIDTH=1920 HEIGHT=1080" ;;
  esac
done

# of a container that was killed and is started again: a process with the number of the last X server may be there now
rm -f /tmp/.X1-lock /tmp/.X11-unix/X1

umask 077
printf '%s\n' "$PASSWORD" | vncpasswd -f > /run/vncpasswd
umask 022

# xinit starts the session once the server is ready, and ends the one with the other; all that they say goes to stderr
xinit /usr/local/lib/desktop/session.sh -- /usr/bin/Xtigervnc :1 \
  -SecurityTypes VncAuth -rfbauth /run/vncpasswd -rfbport 5901 -geometry "${WIDTH}x$HEIGHT" -depth 24 >&2 || true
fail "the X server, or noVNC's page before it, has ended"
