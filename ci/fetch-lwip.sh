#!/usr/bin/env bash
# fetch-lwip.sh DIR: Debian's source package of lwIP 2.1.3, with Debian's patches applied, in DIR/src. Nothing to do
# when that is there. The machine's own apt configuration is read and never changed: the source list, the package
# lists and the cache lie below DIR. Works as root and as a plain user.
# Needs apt and xz-utils, and either dpkg-dev or patch. The last line that it prints says what happened. Exit status:
#   0  DIR/src is there
#   3  the package cannot be had: no network, no Debian archive with sources, another version
#   4  a program is missing; the message names the package
#   2  wrong use
set -uo pipefail
export LC_ALL=C

readonly version=2.1.3
[ $# -eq 1 ] || { echo "use: $0 DIR" >&2; exit 2; }
mkdir -p "$1" || exit 2
dir=$(cd "$1" && pwd) || exit 2

give_up() {
  local code=$1
  shift
  echo "lwIP: $*"
  exit "$code"
}
have() { command -v "$1" >/dev/null; }
# The first thing that went wrong.
said() { grep -m1 '^[EW]: ' "$1" | sed 's/^[EW]: //; s/  */ /g' | grep . || tail -1 "$1"; }

have apt-get || give_up 4 "apt-get is missing: this is no Debian"
have xz || give_up 4 "xz is missing; as root: apt-get install xz-utils"
have dpkg-source || have patch || give_up 4 "dpkg-source and patch are missing; as root: apt-get install dpkg-dev"

# Several build trees may ask at the same time.
exec 9>"$dir/lock" && flock -w 300 9 || give_up 3 "another fetch holds $dir/lock"
if [ -f "$dir/src/src/core/tcp_in.c" ]; then
  echo "lwIP: $(cat "$dir/src/.version" 2>/dev/null || echo "$version") is in $dir/src"
  exit 0
fi

# The machine's Debian archives: those that have this release's main component, with their keyrings.
codename=$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release 2>/dev/null)
codename=${codename:-bookworm}
binary_sources() {
  local file
  for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
    [ -r "$file" ] || continue
    # deb [signed-by=… arch=…] URI SUITE COMPONENT…
    sed -nE 's/#.*//; /^[[:space:]]*deb[[:space:]]/p' "$file" | awk -v suite="$codename" '{
      options = ""; i = 2
      if ($2 ~ /^\[/) { for (; i <= NF; i++) { options = options $i " "; if ($i ~ /\]$/) { i++; break } } }
      key = match(options, /signed-by=[^] ]*/) ? substr(options, RSTART, RLENGTH) : ""
      main = 0; for (j = i + 2; j <= NF; j++) if ($j == "main") main = 1
      if ($(i + 1) == suite && main) print (key == "" ? "-" : key), $i }'
  done
  for file in /etc/apt/sources.list.d/*.sources; do
    [ -r "$file" ] || continue
    # A stanza for each archive; a Signed-By that holds the key itself is not for one line.
    grep -v '^#' "$file" | awk -v suite="$codename" 'BEGIN { RS = ""; FS = "\n" } {
      uris = suites = components = key = ""; off = 0
      for (i = 1; i <= NF; i++) {
        name = tolower($i); sub(/:.*/, "", name); value = $i; sub(/^[^:]*:[ \t]*/, "", value)
        if (name == "uris") uris = value
        if (name == "suites") suites = " " value " "
        if (name == "components") components = " " value " "
        if (name == "signed-by" && value ~ /^\//) key = "signed-by=" value
        if (name == "enabled" && tolower(value) == "no") off = 1
      }
      if (off || index(suites, " " suite " ") == 0 || index(components, " main ") == 0) next
      n = split(uris, each, /[ \t]+/)
      for (i = 1; i <= n; i++) if (each[i] != "") print (key == "" ? "-" : key), each[i] }'
  done
}

apt_dir=$dir/apt
mkdir -p "$apt_dir"/{lists/partial,cache/archives/partial,etc} || give_up 3 "$dir cannot be written"
binary_sources | sort -u | while read -r key uri; do
  [ "$key" = - ] && key= || key="[$key] "
  echo "deb-src $key$uri $codename main"
done >"$apt_dir/etc/sources.list"
if [ ! -s "$apt_dir/etc/sources.list" ]; then
  echo "deb-src [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://deb.debian.org/debian bookworm main" \
    >"$apt_dir/etc/sources.list"
fi
# Proxies, credentials and the like stay as the machine has them.
cat >"$apt_dir/etc/apt.conf" <<CONF
Dir::State::lists "$apt_dir/lists";
Dir::Cache "$apt_dir/cache";
Dir::Etc::sourcelist "$apt_dir/etc/sources.list";
Dir::Etc::sourceparts "/dev/null";
APT::Sandbox::User "root";
Acquire::Languages "none";
Acquire::Retries "1";
Acquire::http::Timeout "20";
Acquire::https::Timeout "20";
CONF
export APT_CONFIG=$apt_dir/etc/apt.conf

apt-get update -qq >"$apt_dir/log" 2>&1
fetched=$(apt-cache showsrc lwip 2>/dev/null | sed -n 's/^Version: //p' | grep "^$version+" | sort -V | tail -1)
[ -n "$fetched" ] ||
  give_up 3 "no source package of $version: $(said "$apt_dir/log")"
packages=$dir/packages
rm -rf "$packages" "$dir/unpacked"
mkdir -p "$packages"
(cd "$packages" && apt-get source -qq --download-only --only-source "lwip=$fetched") >>"$apt_dir/log" 2>&1 ||
  give_up 3 "lwip=$fetched cannot be downloaded: $(said "$apt_dir/log")"

# apt has compared the files with the signed index.
unpack_by_hand() {
  local name
  mkdir "$dir/unpacked" && tar -xf "$packages"/*.orig.tar.xz -C "$dir/unpacked" --strip-components=1 &&
    tar -xf "$packages"/*.debian.tar.xz -C "$dir/unpacked" || return 1
  sed 's/[ \t]*#.*//; /^$/d' "$dir/unpacked/debian/patches/series" | while read -r name; do
    patch -s -p1 -d "$dir/unpacked" <"$dir/unpacked/debian/patches/$name" || return 1
  done
}
if have dpkg-source; then
  dpkg-source --no-check --no-copy -x "$packages"/*.dsc "$dir/unpacked" >>"$apt_dir/log" 2>&1
else
  unpack_by_hand >>"$apt_dir/log" 2>&1
fi || give_up 3 "lwip=$fetched cannot be unpacked: $(said "$apt_dir/log")"
[ -f "$dir/unpacked/src/core/tcp_in.c" ] || give_up 3 "lwip=$fetched does not hold src/core/tcp_in.c"

echo "$fetched" >"$dir/unpacked/.version"
rm -rf "$dir/src"
mv "$dir/unpacked" "$dir/src" || give_up 3 "$dir cannot be written"
rm -rf "$apt_dir" "$packages"
echo "lwIP: $fetched is in $dir/src"
