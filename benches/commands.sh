#!/usr/bin/env bash
# benches/commands.sh [OBJECTS [HEAP...]]: builds everything, writes a synthetic dump with OBJECTS objects
# (20 million unless given) and runs whole commands on it, for one and two threads, beside a plain read of the
# same bytes. HEAP is passed to make-heap: x86, segments, a number of server heaps.
#
# Columns: seconds of the whole process (the best of three), objects and bytes a second, time as a
# multiple of the plain read's, and the peak of private memory.
# Verbs can be chosen: VERBS="dumpheap -stat;eeheap -gc" benches/commands.sh; OBJECT is the address of an object
# in the middle of the heap.
set -euo pipefail
cd "$(dirname "$0")/.."
objects=${1:-20000000}
heap=("${@:2}")
verbs=${VERBS:-dumpheap -stat;eeheap -gc;verifyheap;dumpheap -dead -stat;gcroot OBJECT;retained --top 5}

cargo build --release --quiet --package clrscope-cli --package clrscope-benches
bin=${CARGO_TARGET_DIR:-target}/release
name="synthetic-$objects${heap[*]:+-${heap[*]}}"
dump=${CARGO_TARGET_DIR:-target}/${name// /-}.dmp
[ -s "$dump" ] && [ -s "${dump%.dmp}.truth.json" ] || "$bin/make-heap" "$dump" "$objects" "${heap[@]}"

truth() { sed -n "s/^  \"$1\": \([0-9]*\),*$/\1/p" "${dump%.dmp}.truth.json"; }
count=$(truth objects)
bytes=$(stat -c %s "$dump")

# The best of three runs: seconds, private bytes, resident bytes, exit code.
best() {
    for _ in 1 2 3; do "$bin/measure" "$@"; done | sort -n | awk '
        NR == 1 { line = $0; split($0, first, " ") }
        $2 > private { private = $2 }
        END { split(line, f, " "); print f[1], private, f[3], f[4] }'
}

object=$("$bin/clrscope" dumpheap "$dump" -short --no-progress 2> /dev/null | sed -n "$((count / 2)){p;q}" || true)
verbs=${verbs//OBJECT/$object}

printf 'dump: %s objects, %s bytes\n' "$count" "$bytes"
printf '%-24s %7s %9s %12s %8s %8s %12s %5s\n' command threads seconds 'Mobjects/s' GB/s 'x read' 'private MB' exit
for threads in 1 2; do
    cat "$dump" > /dev/null
    read -r seconds private _ code < <(best "$bin/plain-read" "$dump" "$threads")
    baseline=$seconds
    row() {
        awk -v name="$1" -v threads="$threads" -v s="$2" -v private="$3" -v code="$4" -v base="$baseline" \
            -v objects="$count" -v bytes="$bytes" 'BEGIN {
            printf "%-24s %7d %9.3f %12.1f %8.2f %8.2f %12.1f %5d\n",
                name, threads, s, objects / s / 1e6, bytes / s / 1e9, s / base, private / 1e6, code }'
    }
    row 'plain read' "$seconds" "$private" "$code"
    IFS=';' read -ra list <<< "$verbs"
    for verb in "${list[@]}"; do
        read -ra words <<< "$verb"
        read -r seconds private _ code < <(
            best "$bin/clrscope" "${words[0]}" "$dump" "${words[@]:1}" --threads "$threads" --no-progress)
        row "$verb" "$seconds" "$private" "$code"
    done
done
