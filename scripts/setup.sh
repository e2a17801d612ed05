#!/usr/bin/env bash
# Makes sure of what a build needs besides Go modules and models: system packages, whisper.cpp as
# static libraries, onnxruntime as a shared library, and the console's pages. "setup.sh tests" also brings the programs that
# the tests place calls with, PostgreSQL, schemathesis and the linter; "setup.sh browser" only Chromium and what drives it,
# "setup.sh rtpengine" only the relay that ours is measured against. Everything goes to the user's cache folder; the
# checkout only gets the link .native and folders node_modules. A second run takes no time.
set -euo pipefail
cd "$(dirname "$0")/.."

whisper_version=1.9.1
whisper_npm=nodejs-whisper@0.3.1
whisper_npm_sha256=92041caf2b26c74b7f489fedf37bd093f216eebd61df512045ec2d19d0531d37
onnx_version=1.32.0
lint_version=2.15.0
schemathesis_version=4.32.5

cache=${XDG_CACHE_HOME:-$HOME/.cache}/hotline
native=$cache/native
mkdir -p "$native" "$cache/console"

main() {
  exec 9>"$cache/setup.lock"
  flock 9 # two makes at once: the second waits and then finds everything done
  case ${1:-} in
  rtpengine)
    rtpengine
    return
    ;;
  browser)
    system_packages browser
    packages web/widget
    return
    ;;
  esac
  system_packages "$@"
  whisper
  onnxruntime
  link .native "$native"
  console "${1:-}"
  if [[ ${1:-} == tests ]]; then
    linter
    schemathesis
    packages web/widget
  fi
}

say() { printf 'setup: %s\n' "$*" >&2; }
die() { say "$@"; exit 1; }

# System packages are judged by what they bring, so that any distribution will do.
system_packages() {
  local want=()
  need() { "${@:2}" >/dev/null 2>&1 || want+=("$1"); }
  need g++ command -v g++
  need make command -v make
  need cmake command -v cmake
  need curl command -v curl
  need pkg-config command -v pkg-config
  need libopus-dev pkg-config --exists opus
  need libopusfile-dev pkg-config --exists opusfile
  need python3-pip python3 -m pip --version
  if [[ ${1:-} == tests ]]; then
    need openssl command -v openssl
    need sip-tester command -v sipp
    need baresip-core command -v baresip
    need postgresql compgen -G "/usr/lib/postgresql/*/bin/initdb"
    need python3-venv python3 -m venv --help
  fi
  if [[ ${1:-} == tests || ${1:-} == browser ]]; then
    need chromium chromium_there
    need nodejs command -v node
    need npm command -v npm
  fi
  ((${#want[@]})) || return 0
  if ((EUID != 0)) || ! command -v apt-get >/dev/null; then
    die "请先安装 please install: ${want[*]}  (Debian/Ubuntu: sudo apt-get install ${want[*]})"
  fi
  say "apt-get install ${want[*]}"
  local log=$cache/apt.log
  if ! { apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "${want[@]}"; } >"$log" 2>&1 </dev/null; then
    tail -n 20 "$log" >&2
    die "apt-get failed; the whole log is $log"
  fi
}

chromium_there() { command -v chromium || command -v chromium-browser || command -v google-chrome; }

# whisper.cpp is compiled for the very processor it is on, so the result is kept by its features
# and by the compiler.
whisper() {
  local tag dir
  tag=$({ uname -m; c++ -dumpfullversion; grep -m1 -E '^(flags|Features)' /proc/cpuinfo; sha256sum scripts/whisper.manifest; } | sha256sum | cut -c1-12)
  dir=$native/whisper-$whisper_version-$tag
  if [[ ! -e $dir/complete ]]; then
    local work
    work=$(mktemp -d "$cache/whisper.XXXXXX")
    trap "rm -rf '$work'" EXIT
    whisper_source "$work"
    whisper_build "$work/source" "$work/installed"
    touch "$work/installed/complete"
    rm -rf "$dir"
    mv "$work/installed" "$dir"
    rm -rf "$work"
    trap - EXIT
  fi
  # Go does not see that a static library has changed under it.
  if [[ -L $native/whisper && $(readlink "$native/whisper") != "${dir##*/}" ]]; then
    say "another processor or compiler than last time: emptying Go's build cache"
    go clean -cache
  fi
  link "$native/whisper" "${dir##*/}"
}

# whisper_source leaves exactly the files of the manifest in $1/source, from the first source
# that has them all unchanged.
whisper_source() {
  local from
  for from in github npm; do
    rm -rf "$1/tree" "$1/source"
    mkdir -p "$1/tree" "$1/source"
    "whisper_from_$from" "$1/tree" || continue
    if ! (cd "$1/tree" && sha256sum --check --quiet --strict -) <scripts/whisper.manifest >&2; then
      say "whisper.cpp from $from is not the source that scripts/whisper.manifest names"
      continue
    fi
    cut -c67- scripts/whisper.manifest | tar -C "$1/tree" -cf - -T - | tar -C "$1/source" -xf -
    say "whisper.cpp $whisper_version from $from"
    return 0
  done
  die "无法获取 cannot get whisper.cpp $whisper_version: neither its release nor the npm package can be fetched"
}

whisper_from_github() {
  curl -fsSL --connect-timeout 3 --max-time 300 -o "$1.tgz" \
    "https://github.com/ggml-org/whisper.cpp/archive/refs/tags/v$whisper_version.tar.gz" 2>/dev/null &&
    tar -xzf "$1.tgz" --strip-components=1 -C "$1"
}

whisper_from_npm() {
  local packed try
  for try in 1 2; do
    rm -rf "$1.npm"
    mkdir "$1.npm"
    npm pack --silent --ignore-scripts --pack-destination "$1.npm" "$whisper_npm" >/dev/null 2>&1 </dev/null || continue
    packed=("$1.npm"/*.tgz)
    if sha256sum --check --status <<<"$whisper_npm_sha256  ${packed[0]}"; then
      tar -xzf "${packed[0]}" --strip-components=3 -C "$1" package/cpp/whisper.cpp
      return
    fi
  done
  return 1
}

whisper_build() {
  local flags='' log=$cache/whisper-build.log
  # gcc 12 miscompiles the AMX tile code of ggml.
  [[ $(uname -m) == x86_64 ]] && flags='-mno-amx-tile -mno-amx-int8'
  say "building whisper.cpp (a minute or two)"
  {
    # Without OpenMP: its threads spin against media and against each other.
    cmake -S "$1" -B "$1/build" -DCMAKE_BUILD_TYPE=Release -DCMAKE_INSTALL_PREFIX="$2" \
      -DCMAKE_INSTALL_LIBDIR=lib -DCMAKE_C_FLAGS="$flags" -DCMAKE_CXX_FLAGS="$flags" \
      -DBUILD_SHARED_LIBS=OFF -DGGML_OPENMP=OFF -DGGML_CCACHE=OFF \
      -DWHISPER_BUILD_TESTS=OFF -DWHISPER_BUILD_EXAMPLES=OFF -DWHISPER_BUILD_SERVER=OFF &&
      cmake --build "$1/build" --parallel "$(nproc)" --target whisper &&
      mkdir -p "$2/include" "$2/lib" "$2/bin" &&
      cp "$1"/include/whisper.h "$1"/ggml/include/*.h "$2/include" &&
      find "$1/build" -name 'lib*.a' -exec cp {} "$2/lib" \; &&
      # whisper-cli is the yardstick of the accuracy measurements.
      c++ -O2 -std=c++17 -I"$2/include" -I"$1/examples" -o "$2/bin/whisper-cli" \
        "$1"/examples/cli/cli.cpp "$1"/examples/common*.cpp "$1"/examples/grammar-parser.cpp \
        -DWHISPER_VERSION="\"$whisper_version\"" \
        -L"$2/lib" -lwhisper -lggml -lggml-cpu -lggml-base -lpthread -ldl -lm
  } >"$log" 2>&1 </dev/null || {
    tail -n 20 "$log" >&2
    die "whisper.cpp does not build; the whole log is $log"
  }
}

# onnxruntime comes as a shared library inside its Python wheel.
onnxruntime() {
  local dir=$native/onnxruntime-$onnx_version platform sum work wheel try
  if [[ ! -e $dir/libonnxruntime.so ]]; then
    case $(uname -m) in
    x86_64) platform=manylinux_2_28_x86_64 sum=5a34fc4dfeb5a7b4a74c95dcba1e773d722abda720b474edf1b0c419dc6d163d ;;
    aarch64) platform=manylinux_2_28_aarch64 sum=2303372a85299b6757b0e11e1cbf13e410ddf7e10c37f4b37e99d1c90e7daf7c ;;
    *) die "no onnxruntime for $(uname -m): put libonnxruntime.so $onnx_version into $dir" ;;
    esac
    work=$(mktemp -d "$cache/onnxruntime.XXXXXX")
    trap "rm -rf '$work'" EXIT
    for try in 1 2; do
      rm -f "$work"/*.whl
      python3 -m pip download --quiet --disable-pip-version-check --no-deps --only-binary=:all: \
        --python-version 3.11 --platform "$platform" --dest "$work" "onnxruntime==$onnx_version" </dev/null || continue
      wheel=("$work"/*.whl)
      sha256sum --check --status <<<"$sum  ${wheel[0]}" && break
      say "onnxruntime came broken"
      wheel=()
    done
    [[ -n ${wheel[0]:-} ]] || die "无法获取 cannot get onnxruntime $onnx_version"
    python3 -m zipfile -e "${wheel[0]}" "$work/wheel"
    mkdir -p "$dir"
    cp "$work/wheel/onnxruntime/LICENSE" "$work/wheel/onnxruntime/ThirdPartyNotices.txt" "$dir"
    cp "$work/wheel/onnxruntime/capi/libonnxruntime.so.$onnx_version" "$dir/libonnxruntime.so.part"
    mv "$dir/libonnxruntime.so.part" "$dir/libonnxruntime.so"
    rm -rf "$work"
    trap - EXIT
    say "onnxruntime $onnx_version"
  fi
  link "$native/onnxruntime" "${dir##*/}"
}

linter() {
  local dir=$cache/bin/golangci-lint-$lint_version-$(go env GOVERSION)
  if [[ ! -x $dir/golangci-lint ]]; then
    say "building golangci-lint $lint_version (a few minutes)"
    GOBIN=$dir go install "github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v$lint_version" 2>"$cache/lint-build.log" || {
      tail -n 20 "$cache/lint-build.log" >&2
      die "golangci-lint does not build"
    }
  fi
  link "$cache/bin/golangci-lint" "${dir##*/}/golangci-lint"
}

# schemathesis asks the API whatever its description allows and forbids.
schemathesis() {
  local dir=$cache/schemathesis-$schemathesis_version
  if [[ ! -x $dir/bin/schemathesis ]]; then
    say "schemathesis $schemathesis_version"
    rm -rf "$dir"
    python3 -m venv "$dir" &&
      "$dir/bin/pip" install --quiet --disable-pip-version-check "schemathesis==$schemathesis_version" >"$cache/schemathesis.log" 2>&1 </dev/null || {
      tail -n 20 "$cache/schemathesis.log" >&2
      rm -rf "$dir"
      die "schemathesis cannot be installed"
    }
  fi
  link "$cache/schemathesis" "${dir##*/}"
}

# packages fetches what the folder $1 is built and tested with, exactly as its lock file says.
packages() {
  local sum log
  sum=$(sha256sum <"$1/package-lock.json")
  log=$cache/${1##*/}.log
  [[ -f $1/node_modules/.locked && $(<"$1/node_modules/.locked") == "$sum" ]] && return
  say "packages of $1"
  (cd "$1" && npm ci) >"$log" 2>&1 </dev/null || {
    tail -n 20 "$log" >&2
    die "无法安装 cannot install the packages of $1; the whole log is $log"
  }
  echo "$sum" >"$1/node_modules/.locked"
}

# console builds the pages of agents and administrators into web/console/dist, where the program takes them from. What was
# built is kept by the hash of its sources.
console() {
  local dir=web/console tag built old
  [[ ${1:-} == tests ]] && packages "$dir"
  tag=$(cd "$dir" && find src public ../sdp.ts index.html package-lock.json tsconfig.json vite.config.ts -type f -print0 |
    LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum | cut -c1-12)
  built=$cache/console/$tag
  [[ -f $dir/dist/.built && $(<"$dir/dist/.built") == "$tag" ]] && return
  if [[ ! -f $built/index.html ]]; then
    if ! node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 1)' 2>/dev/null; then
      say "没有 Node.js 20.19 以上，程序将不含工作台 no Node.js 20.19 or later: the program is built without the console"
      return
    fi
    packages "$dir"
    say "building the console"
    rm -rf "$built.part"
    (cd "$dir" && node node_modules/vite/bin/vite.js build --outDir "$built.part" --emptyOutDir) >"$cache/console-build.log" 2>&1 </dev/null || {
      tail -n 20 "$cache/console-build.log" >&2
      die "the console does not build; the whole log is $cache/console-build.log"
    }
    mv "$built.part" "$built"
    # shellcheck disable=SC2012 # the names are hashes
    ls -1dt "$cache"/console/* | tail -n +6 | while read -r old; do rm -rf "$old"; done
  fi
  find "$dir/dist" -mindepth 1 -delete
  cp -r "$built/." "$dir/dist"
  echo "$tag" >"$dir/dist/.built"
}

# rtpengine and the libraries it misses here are unpacked, not installed: no service starts. 18 MB to
# fetch, 71 MB on disk.
rtpengine() {
  local work packages
  { [[ -x $cache/rtpengine/usr/bin/rtpengine ]] || type -P rtpengine >/dev/null; } && return
  command -v apt-get >/dev/null || die "rtpengine 只能从 Debian 的软件源获取 comes from Debian's archive only"
  work=$(mktemp -d "$cache/rtpengine.XXXXXX")
  trap "rm -rf '$work'" EXIT
  wanted() { apt-get install -s --no-install-recommends rtpengine-daemon 2>/dev/null | awk '/^Inst/ { print $2 }'; }
  packages=$(wanted)
  if [[ -z $packages ]] && ((EUID == 0)); then
    apt-get update >"$cache/apt.log" 2>&1 </dev/null && packages=$(wanted)
  fi
  [[ -n $packages ]] || die "无法获取 cannot get rtpengine: the archive does not have rtpengine-daemon; the log is $cache/apt.log"
  say "rtpengine"
  # shellcheck disable=SC2086 # one word a package
  (cd "$work" && apt-get download $packages) >"$cache/apt.log" 2>&1 </dev/null || {
    tail -n 20 "$cache/apt.log" >&2
    die "无法获取 cannot get rtpengine; the whole log is $cache/apt.log"
  }
  local deb
  for deb in "$work"/*.deb; do
    dpkg-deb -x "$deb" "$work/root"
  done
  mv "$work/root" "$cache/rtpengine"
  rm -rf "$work"
  trap - EXIT
}

# link points $1 at $2. A real folder of that name, made by hand, steps aside.
link() {
  [[ -L $1 && $(readlink "$1") == "$2" ]] && return
  if [[ -e $1 && ! -L $1 ]]; then
    mv "$1" "$1.$(date +%s).old"
  fi
  ln -sfn "$2" "$1"
}

main "$@"
