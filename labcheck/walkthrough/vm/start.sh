#!/bin/sh
# Boots the emulated machine, whose console is the socket /console; what it shows is on standard output too.
# environment: SECONDS_TO_LIVE
set -eu

# Google's name server: of the names in the world it knows the one that step 5 needs (its address is nobody's, RFC 5737)
ip address add 8.8.8.8/32 dev lo
dnsmasq --no-resolv --no-hosts --bind-interfaces --listen-address=8.8.8.8 \
  --address=/download.docker.com/192.0.2.1

# the router's, which DHCP names, is of no use: QEMU asks whom this container would, and no road leads there
echo 'nameserver 192.0.2.53' > /etc/resolv.conf

truncate --size 2G /disk
mkfs.ext4 -q -d /machine /disk

# The card is in slot 3, and Linux names it by that alone where slots are not ACPI's to plug: enp0s3, as in VirtualBox.
# https://www.freedesktop.org/software/systemd/man/latest/systemd.net-naming-scheme.html
exec timeout "$SECONDS_TO_LIVE" qemu-system-x86_64 -accel tcg,thread=multi -smp 2 -m 1024 -nodefaults -display none \
  -global PIIX4_PM.acpi-root-pci-hotplug=off -global PIIX4_PM.acpi-pci-hotplug-with-bridge-support=off \
  -kernel /machine/vmlinuz -initrd /machine/initrd.img \
  -append 'console=ttyS0 root=/dev/vda rw quiet systemd.show_status=0' \
  -chardev socket,id=console,path=/console,server=on,wait=off,logfile=/dev/stdout,logappend=on -serial chardev:console \
  -drive file=/disk,format=raw,if=none,id=disk -device virtio-blk-pci,drive=disk,addr=5 \
  -netdev user,id=network -device virtio-net-pci,netdev=network,addr=3
