# Debian packages by name; sourced by the commands of the README.
# RUNLEVEL=1: servers are installed, not started.
#   need_packages NAME…   installs those that are missing (root or sudo), or says which command would.

PACKAGES_BUILD="g++ cmake ninja-build pkg-config libfmt-dev libcli11-dev nlohmann-json3-dev libprotobuf-dev
  protobuf-compiler libpcap-dev libmnl-dev libpugixml-dev libxxhash-dev"
# For lwIP's source (ci/fetch-lwip.sh).
PACKAGES_BUILD+=" xz-utils patch"
PACKAGES_TEST="clang lld libclang-rt-14-dev llvm-14 clang-format libgtest-dev libgmock-dev python3 git"
# The box on a cable (ci/wire.sh), and the foreign stack of the library's example.
PACKAGES_TEST+=" iproute2 ethtool procps util-linux netbase nginx-light redis-server openbsd-inetd libslirp-dev"

need_packages() {
  local missing=() name
  for name in "$@"; do
    dpkg-query -W -f '${Status}\n' "$name" 2>/dev/null | grep -q 'ok installed' || missing+=("$name")
  done
  [ ${#missing[@]} -eq 0 ] && return 0
  local as_root=()
  if [ "$(id -u)" -ne 0 ]; then
    if ! command -v sudo >/dev/null; then
      echo "missing Debian packages; as root: apt-get install -y --no-install-recommends ${missing[*]}" >&2
      return 1
    fi
    as_root=(sudo)
  fi
  echo "installing: ${missing[*]}"
  "${as_root[@]}" apt-get update -qq &&
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 \
      apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}
