#!/usr/bin/env bash
# Runs every fuzz target for SECONDS each (default 30), or only the targets named behind it:
#   fuzz/run.sh 300 minidump memory
# FUZZ_SEED=N makes a run that takes the same inputs in the same order.
# Works on the stable toolchain: coverage comes from the compiler, no sanitizer is used.
set -eu
# One thread does all the work, so that an input takes the same way each time.
export RAYON_NUM_THREADS=1
cd "$(dirname "$0")"
seconds=${1:-30}
shift $(($# > 0 ? 1 : 0))
command -v cargo-fuzz > /dev/null || cargo install cargo-fuzz --locked
cargo run --quiet --release --bin seeds
targets=("$@")
[ ${#targets[@]} -gt 0 ] || mapfile -t targets < <(cargo fuzz list)
for target in "${targets[@]}"; do
    echo "== $target: $seconds s"
    mkdir -p "corpus/$target" "seeds/$target"
    # Of a real process only few inputs a second are read: they are long from the beginning.
    [ "$target" = process ] && length=(-len_control=0) || length=()
    cargo fuzz run --sanitizer none "$target" "corpus/$target" "seeds/$target" -- \
        "${length[@]}" -seed="${FUZZ_SEED:-0}" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=1024 -malloc_limit_mb=512 -print_final_stats=1
done
