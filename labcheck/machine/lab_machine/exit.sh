#!/bin/sh
# The exit: the registries' names lead to this machine, and what calls them by name is passed on to them; no other name
# is known. Its settings are written by labcheck/machine/exits.py; run again, it takes new ones.
set -eu

# what the engine itself fetches (ADD http://…) looks up names here too
echo 'nameserver 198.51.100.1' > /etc/resolv.conf
pkill -x 'dnsmasq|haproxy' || true
while pgrep -x 'dnsmasq|haproxy' > /dev/null; do sleep 0.05; done
dnsmasq --conf-file=/machine/exit/dnsmasq.conf
if [ -s /machine/exit/haproxy.cfg ]; then
  haproxy -D -q -f /machine/exit/haproxy.cfg
fi

iptables --flush EXIT
while read -r _ inner; do
  iptables --append EXIT --protocol tcp --dport "$inner" --jump ACCEPT
done < /machine/exit/ports

# what asks for a registry's port comes to the one that the exit listens at: a container may publish port 80 here
iptables --table nat --new-chain EXIT 2> /dev/null || iptables --table nat --flush EXIT
if ! iptables --table nat --check PREROUTING --jump EXIT 2> /dev/null; then
  iptables --table nat --append PREROUTING --jump EXIT
  iptables --table nat --append OUTPUT --match owner --uid-owner haproxy --jump RETURN
  iptables --table nat --append OUTPUT --jump EXIT
fi
lead() { # ADDRESS PORT INNER
  iptables --table nat --append EXIT --protocol tcp --destination "$1" --dport "$2" \
    --jump DNAT --to-destination "198.51.100.1:$3"
}
while read -r port inner; do
  lead 198.51.100.1 "$port" "$inner"
done < /machine/exit/ports
# registries that are named by their address
while read -r address port inner; do
  lead "$address" "$port" "$inner"
done < /machine/exit/addresses
