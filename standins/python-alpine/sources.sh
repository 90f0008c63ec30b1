#!/bin/sh
# Installs a compiler for musl, and fetches the sources into /sources.
set -eu
export DEBIAN_FRONTEND=noninteractive

# The libc is that of the next Debian: wheels that bundle a libgcc_s of today crash on bookworm's musl 1.2.3.
# Sources come from the release alone: a mirror of the security archive may lack some of them.
awk '$1 == "deb" { print "deb-src", $2, $3, "main"; print "deb", $2, "trixie", "main"; exit }' \
  /etc/apt/sources.list > /etc/apt/sources.list.d/recipe.list
cat > /etc/apt/preferences.d/recipe <<'PREFERENCES'
Package: *
Pin: release n=trixie
Pin-Priority: 50
PREFERENCES
apt-get update -qq

# tcl8.6: sqlite assembles its source with it
apt-get install -qq -y --no-install-recommends > /tmp/apt.log 2>&1 \
  bzip2 \
  gcc \
  libc6-dev \
  make \
  musl-dev/trixie \
  musl-tools/trixie \
  musl/trixie \
  netbase \
  perl \
  python3-wheel-whl \
  tcl8.6 \
  tzdata \
  xz-utils || { cat /tmp/apt.log; exit 1; }

mkdir /sources
cd /sources
# root, because apt's own user cannot write here, which it would warn of
apt-get -o APT::Sandbox::User=root source -qq --download-only --tar-only \
  busybox \
  bzip2 \
  gdbm \
  libffi \
  ncurses \
  openssl \
  python3.11 \
  readline \
  sqlite3 \
  util-linux \
  xz-utils \
  zlib
rm -f -- *.orig-*.tar.*  # sqlite's website
rm -rf /var/lib/apt/lists/* /var/cache/apt/*.bin /var/cache/apt/archives/*.deb

gnu=$(gcc -dumpmachine)
musl=${gnu%gnu}musl
machine=$(uname -m)

# CPython asks the compiler for the triplet, and names extension modules by it; with musl-gcc's answer (…-gnu) those
# in musllinux wheels would not be found. On arm64, gcc's outline atomics need a function that only glibc has.
options=
[ "$machine" != aarch64 ] || options=-mno-outline-atomics
cat > /usr/local/bin/musl-cc <<CC
#!/bin/sh
case " \$* " in *'-print-multiarch '*) echo $musl; exit ;; esac
exec musl-gcc $options "\$@"
CC
chmod +x /usr/local/bin/musl-cc

# the kernel's headers, which musl does not bring
for directory in asm-generic linux mtd sound video; do
  ln -s "/usr/include/$directory" "/usr/include/$musl/"
done
ln -s "/usr/include/$gnu/asm" "/usr/include/$musl/"

# where programs find our libraries while we build: told to musl's loader alone, glibc's must not see them
echo /out/usr/local/lib > "/etc/ld-musl-$machine.path"
