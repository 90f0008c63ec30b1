#!/bin/sh
# The walls: nothing in here reaches the host, its networks or the world, nor this machine itself, but for the exit.
# Inside are the engine's bridges, docker0 and br-…; whatever else there is leads outside.
set -eu
exit=198.51.100.1 # https://www.rfc-editor.org/rfc/rfc5737: never anybody's

ip address replace $exit/32 dev lo

for tables in iptables ip6tables; do
  for chain in INPUT OUTPUT FORWARD; do
    $tables --policy $chain DROP
    $tables --flush $chain
  done
  for chain in INPUT OUTPUT; do
    $tables --append $chain --match conntrack --ctstate ESTABLISHED,RELATED --jump ACCEPT
  done
  $tables --append INPUT --in-interface lo --jump ACCEPT
  $tables --append OUTPUT --out-interface lo --jump ACCEPT
done

iptables --new-chain EXIT # exit.sh fills it
for bridge in docker0 br-+; do
  # containers reach the exit: names, and the ports of registries
  for protocol in udp tcp; do
    iptables --append INPUT --in-interface $bridge --destination $exit --protocol $protocol --dport 53 --jump ACCEPT
  done
  iptables --append INPUT --in-interface $bridge --destination $exit --protocol tcp --jump EXIT
  iptables --append OUTPUT --out-interface $bridge --jump ACCEPT
done
# the exit reaches the registries: it alone leaves
iptables --append OUTPUT --match owner --uid-owner haproxy --jump ACCEPT
# the engine asks this chain first: containers do not leave by forwarding, from outside their published ports are reached
iptables --new-chain DOCKER-USER 2> /dev/null || iptables --flush DOCKER-USER
iptables --append DOCKER-USER --match conntrack --ctstate ESTABLISHED,RELATED --jump RETURN
for bridge in docker0 br-+; do
  iptables --append DOCKER-USER --out-interface $bridge --jump RETURN
done

# an answer at once, not a time-out
for tables in iptables ip6tables; do
  for chain in INPUT OUTPUT FORWARD; do
    [ "$tables $chain" != 'iptables FORWARD' ] || chain=DOCKER-USER
    $tables --append $chain --protocol tcp --jump REJECT --reject-with tcp-reset
    $tables --append $chain --jump REJECT
  done
done
