#!/bin/sh
# Checks that the rows of this bundle are in anchors of the office's record, and when a time-stamp authority stamped
# these. It needs sha256sum (on macOS: shasum), openssl and the usual tools of POSIX, and no part of the product.
#
#     sh check-anchors.sh [CERTIFICATES.pem]
#
# Get the certificates from the authority itself. Those in this bundle (anchors/authority.pem) are the office's copy.
# Compare each root that it prints with an email that you received from the office. Its exit code:
#     0  all rows are in anchors
#     1  something is wrong
#     3  nothing is wrong, but some rows are in no anchor and so are not proved
set -u
LC_ALL=C
export LC_ALL
here=$(pwd)
cd "$(dirname "$0")" || exit 2
certificates=anchors/authority.pem
case ${1-} in
  '') ;;
  /*) certificates=$1 ;;
  *) certificates=$here/$1 ;;
esac
faults=0
rows=0
anchored=0

fault() {
  echo "WRONG: $1"
  faults=$((faults + 1))
}

sha256() {
  if command -v sha256sum >/dev/null; then sha256sum; else shasum -a 256; fi | cut -c 1-64
}

bytes() { # writes hexadecimal digits as bytes
  digits=$1
  while [ -n "$digits" ]; do
    pair=${digits%"${digits#??}"}
    digits=${digits#??}
    # shellcheck disable=SC2059  # the format is the byte
    printf "\\$(printf '%03o' "0x$pair")"
  done
}

node() { # the hash of two neighbours (RFC 6962, section 2.1)
  { printf '\001' && bytes "$1" && bytes "$2"; } | sha256
}

root_by_proof() { # a proof has the leaf, then its neighbours up to the root
  leaf=$(sed -n 1p "$1")
  value=$({ printf '\000' && printf %s "$leaf"; } | sha256)
  while read -r side neighbour; do
    case $side in
      left) value=$(node "$neighbour" "$value") ;;
      right) value=$(node "$value" "$neighbour") ;;
    esac
  done <<END
$(sed 1d "$1")
END
  echo "$value"
}

rows_between() { # the lines of a chain from one position to another
  awk -v first="$2" -v last="$3" '$1 >= first && $1 <= last' "$1.chain"
}

check_proof() { # directory of the anchor, name of the file of rows, name of the chain
  root=$(cat "$1/root")
  [ "$(root_by_proof "$1/$2")" = "$root" ] || fault "$1: the proof of $2 gives another root"
  read -r chain position row_hash first digest <"$1/$2"
  [ "$chain" = "$3" ] || fault "$1: the proof of $2 belongs to another chain"
  [ "$(rows_between "$2" "$first" "$position" | sha256)" = "$digest" ] ||
    fault "$1: rows $first to $position of $2.chain are not those of the anchor"
  [ "$(rows_between "$2" "$position" "$position" | cut -d ' ' -f 3)" = "$row_hash" ] ||
    fault "$1: row $position of $2.chain is not that of the anchor"
}

check_time_stamp() { # directory of the anchor
  if [ ! -f "$1/response.tsr" ]; then
    echo "  It has no time stamp. Only an email or a backup shows how old this root is."
  elif said=$(openssl ts -verify -data "$1/root" -in "$1/response.tsr" -CAfile "$certificates" \
    -attime "$(cat "$1/stamped_at")" 2>&1); then
    openssl ts -reply -in "$1/response.tsr" -text 2>/dev/null | sed -n 's/^Time stamp: /  The authority stamped it at /p'
  else
    fault "$1: openssl does not accept the time stamp: $said"
  fi
}

check_rows() { # name of the file of rows
  if [ ! -f "$1.jsonl" ]; then
    fault "$1.jsonl is missing"
    return
  fi
  # The hash of a row is that of its line. A line of a chain is position, hash of the row before, hash of the row.
  computed=$(while IFS= read -r row; do
    printf '%s\n' "$row" | sed -E 's/^\[[0-9]+,([0-9]+),"([0-9a-f]{64})",.*$/\1 \2/' | tr '\n' ' '
    printf %s "$row" | sha256
  done <"$1.jsonl")
  wrong=$(printf '%s\n' "$computed" | sort -u | awk 'FNR == NR { held[$0] = 1; next } NF && !($0 in held)' "$1.chain" -)
  [ -z "$wrong" ] || fault "$1.jsonl: rows that are not in $1.chain:
$wrong"
  ranges=$(for proof in anchors/*/"$1"; do [ -f "$proof" ] && sed -n '1s/^[^ ]* \([0-9]*\) [^ ]* \([0-9]*\) .*/\2 \1/p' "$proof"; done)
  counted=$(printf '%s\n' "$computed" | awk -v ranges="$ranges" '
    BEGIN { count = split(ranges, ends) }
    NF { rows++; for (i = 1; i < count; i += 2) if ($1 >= ends[i] && $1 <= ends[i + 1]) { anchored++; break } }
    END { printf "%d %d\n", rows, anchored }')
  echo "$1: ${counted% *} rows, ${counted#* } of them in an anchor above"
  rows=$((rows + ${counted% *}))
  anchored=$((anchored + ${counted#* }))
}

for anchor in anchors/*/; do
  anchor=${anchor%/}
  [ -d "$anchor" ] || continue # there are no anchors
  if [ ! -f "$anchor/root" ]; then
    fault "$anchor: the file root is missing"
    continue
  fi
  echo "anchor ${anchor#anchors/} root $(cat "$anchor/root")"
  if [ -f "$anchor/looks" ]; then check_proof "$anchor" looks releases.observation; fi
  if [ -f "$anchor/events" ]; then check_proof "$anchor" events releases.event; fi
  check_time_stamp "$anchor"
done
check_rows looks
check_rows events
if [ "$faults" -gt 0 ]; then exit 1; fi
missing=$((rows - anchored))
if [ "$rows" -eq 0 ] || [ "$missing" -gt 0 ]; then
  if [ "$missing" -eq 1 ]; then missing="1 row is"; else missing="$missing rows are"; fi
  echo "NOT PROVED: $missing in no anchor. The office may have added rows after the newest anchor, or anchors may be"
  echo "missing. Ask the office for a newer bundle."
  exit 3
fi
echo "All rows are in the anchors above. A time stamp, or the same root in an email that you saved, shows how old they"
echo "are."
