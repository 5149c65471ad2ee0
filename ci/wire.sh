#!/usr/bin/env bash
# A box on a cable, made of this machine's kernel: a namespace with nginx, redis, an inetd and tcpspec-agent, a veth pair
# to it, and the tester on the other end with addresses of its own.
#   ci/wire.sh BIN_DIR REPORT_DIR [TARGET…]
# BIN_DIR holds tcpspec and tcpspec-agent. TARGETs: l0-nginx l0-redis l1-inetd l2-agent (default: all of them, with all
# cases), each with `:WORD…`, which selects cases as after `tcpspec run` (`:L1`: those that need level L1); or `shell` for
# a shell on the tester's side. Leaves one JSON and one JUnit report per target. Exit: 0 all as the baselines say, 1 not,
# 4 the machine does not permit it.
set -uo pipefail
cd "$(dirname "$0")/.."

bin=$(realpath "$1") report=$(realpath "$2")
shift 2
targets=("$@")
[ ${#targets[@]} -gt 0 ] || targets=(l0-nginx l0-redis l1-inetd l2-agent)

# The tester's side is a network namespace of its own: nothing here can reach, or be reached from, the machine's links.
if [ -z "${TCPSPEC_WIRE_INSIDE:-}" ]; then
  as_root=()
  [ "$(id -u)" -eq 0 ] || as_root=(--user --map-root-user)
  unshare "${as_root[@]}" --net true 2>/dev/null || {
    echo "ci/wire.sh: this machine permits no network namespaces (tcpspec doctor says more)" >&2
    exit 4
  }
  TCPSPEC_WIRE_INSIDE=1 exec unshare "${as_root[@]}" --net --mount --pid --fork --mount-proc \
    bash "$0" "$bin" "$report" "${targets[@]}"
fi

work=$(mktemp -d)
chmod 755 "$work"
trap 'kill $(jobs -p) 2>/dev/null; rm -rf "$work"' EXIT

dut4=10.9.0.2 dut6=fd00:9::2
ip link set lo up
unshare --net sleep infinity &
box=$!
until [ "$(readlink /proc/$box/ns/net)" != "$(readlink /proc/self/ns/net)" ]; do sleep 0.01; done
on_box() { nsenter --target "$box" --net "$@"; }

# The tester's kernel has no address on the cable: whatever answers there is tcpspec.
ip link add wire0 type veth peer name eth0 netns "$box"
sysctl -qw net.ipv6.conf.wire0.disable_ipv6=1
on_box ip link set lo up
on_box ip address add $dut4/24 dev eth0
on_box ip address add $dut6/64 dev eth0 nodad
for end in "ethtool -K wire0" "on_box ethtool -K eth0"; do $end tx off gso off tso off gro off lro off >/dev/null 2>&1; done
# A veth's two directions run on whatever core is at hand, and overtake each other; a cable does not do that.
mount -t sysfs none /sys 2>/dev/null && echo 1 >/sys/class/net/wire0/queues/rx-0/rps_cpus 2>/dev/null
on_box bash -c 'mount -t sysfs none /sys 2>/dev/null && echo 1 >/sys/class/net/eth0/queues/rx-0/rps_cpus' 2>/dev/null
ip link set wire0 up
on_box ip link set eth0 up

# As the `linux` target sets up its namespaces, so that both can be compared case by case.
while read -r name value; do on_box sysctl -qw "net.ipv4.$name=$value" 2>/dev/null; done <<'END'
tcp_congestion_control reno
tcp_rmem 4096 131072 6291456
tcp_wmem 4096 16384 4194304
tcp_fastopen 0
tcp_autocorking 0
tcp_no_metrics_save 1
tcp_invalid_ratelimit 0
tcp_challenge_ack_limit 2147483647
END

start_nginx() {
  mkdir -p "$work/nginx"
  echo 'hello' >"$work/nginx/index.html"
  cat >"$work/nginx.conf" <<END
worker_processes 1;
daemon off;
pid $work/nginx.pid;
error_log $work/nginx.log;
events { worker_connections 4096; }
http {
  access_log off;
  client_body_temp_path $work/nginx; proxy_temp_path $work/nginx; fastcgi_temp_path $work/nginx;
  uwsgi_temp_path $work/nginx; scgi_temp_path $work/nginx;
  client_header_timeout 600s;
  server { listen 80; listen [::]:80; root $work/nginx; }
}
END
  chmod -R a+rX "$work"
  on_box nginx -p "$work" -c "$work/nginx.conf" -e "$work/nginx.log" &
}

start_redis() {
  on_box redis-server --bind '*' -::* --protected-mode no --save '' --appendonly no --dir "$work" --maxclients 5000 \
    --timeout 0 --tcp-keepalive 0 >"$work/redis.log" 2>&1 &
}

start_inetd() {
  for family in tcp tcp6; do
    for service in echo discard chargen; do echo "$service stream $family nowait root internal"; done
  done >"$work/inetd.conf"
  on_box inetd -i -R 1000000 "$work/inetd.conf" >"$work/inetd.log" 2>&1 &
}

start_agent() {
  on_box "$bin/tcpspec-agent" --listen "unix:$work/agent" >"$work/agent.log" 2>&1 &
}

wait_for() {  # PORT: until something listens there
  for _ in $(seq 200); do
    on_box bash -c "exec 3<>/dev/tcp/$dut4/$1" 2>/dev/null && return 0
    sleep 0.02
  done
  echo "ci/wire.sh: nothing listens on port $1 of the box" >&2
  return 1
}

# Many addresses of ours, so that many cases are under way at once.
cable="wire:wire0,dut=$dut4,dut6=$dut6,self=10.9.0.16-10.9.0.215,self6=fd00:9::1000-fd00:9::10c7"
# Below L2 a server closes where the agent would half-close; what differs then stands in wire-l0.txt.
baseline_of() {
  if [[ $1 == l2-* ]]; then
    cat ci/baseline/linux.txt
  else
    grep -vE '^sequence/old-without-ack/fin-wait-2/passive ' ci/baseline/linux.txt
    cat ci/baseline/wire-l0.txt
  fi
}

play() {  # NAME TARGET WORD…
  local name=$1 target=$2 words
  shift 2
  words=("$@")
  local baseline=$work/baseline-$name
  baseline_of "$name" >"$baseline"
  if [ "${1:-}" = L1 ]; then mapfile -t words < <("$bin/tcpspec" list --control | sed -nE 's/^L1  \S+ +(.*\[v[46]\]) .*/\1/p'); fi
  "$bin/tcpspec" run "${words[@]}" --target "$target" --jobs 200 --json "$report/wire-$name.json" --junit "$report/cases-wire-$name.xml" \
    --pcap "$report/wire-$name" --baseline "$baseline" | tee "$report/wire-$name.txt" | tail -n 30
  return "${PIPESTATUS[0]}"
}

status=0
for target in "${targets[@]}"; do
  words=()
  [[ $target != *:* ]] || read -ra words <<<"${target#*:}"
  case ${target%%:*} in
    l0-nginx)
      start_nginx && wait_for 80 && play l0-nginx "$cable,port=80" "${words[@]}"
      ;;
    l0-redis)
      start_redis && wait_for 6379 && play l0-redis "$cable,port=6379,ask=QUIT\\r\\n" "${words[@]}"
      ;;
    l1-inetd)
      start_inetd && wait_for 7 && play l1-inetd "$cable" "${words[@]}"
      ;;
    l2-agent)
      start_agent && until [ -S "$work/agent" ]; do sleep 0.02; done && play l2-agent "$cable,agent=unix:$work/agent" "${words[@]}"
      ;;
    shell)
      start_nginx; start_redis; start_inetd; start_agent
      echo "cable: $cable   agent: unix:$work/agent   on the box: nsenter --target $box --net"
      bash -i
      ;;
    *) echo "ci/wire.sh: no target is called $target" >&2; exit 2 ;;
  esac
  code=$?
  echo "wire $target: exit $code"
  [ $code -eq 0 ] || status=1
done
exit $status
