#!/bin/sh
# The exit: the registries' names lead to this machine, and what calls them by name is passed on to them; no other name
# is known. Its settings are written by labcheck/exits.py before the machine starts.
set -eu

# what the engine itself fetches (ADD http://…) looks up names here too
echo 'nameserver 198.51.100.1' > /etc/resolv.conf
dnsmasq --conf-file=/machine/exit/dnsmasq.conf
if [ -e /machine/exit/haproxy.cfg ]; then
  haproxy -D -q -f /machine/exit/haproxy.cfg
fi
if [ -e /machine/exit/addresses ]; then # registries that are named by their address
  while read -r address port; do
    for chain in PREROUTING OUTPUT; do
      [ $chain = OUTPUT ] && not_haproxy='--match owner ! --uid-owner haproxy' || not_haproxy=
      # shellcheck disable=SC2086 # several words, or none
      iptables --table nat --append $chain --protocol tcp --destination "$address" --dport "$port" $not_haproxy \
        --jump DNAT --to-destination "198.51.100.1:$port"
    done
  done < /machine/exit/addresses
fi
