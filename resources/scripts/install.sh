# Sourced by ./run and ./test: what Etna needs from Debian 12, and how it is built.

build_packages=(build-essential cmake ninja-build ccache pkg-config glslc
  libfmt-dev nlohmann-json3-dev libcli11-dev libhwy-dev libopenblas-dev libpcre2-dev libutf8proc-dev libsentencepiece-dev libyaml-dev
  libcurl4-openssl-dev libssl-dev libsqlite3-dev
  libvulkan-dev libvulkan-volk-dev libmd4c-dev
  qt6-base-dev qt6-declarative-dev qt6-declarative-dev-tools libgl-dev)
run_packages=(mesa-vulkan-drivers libvulkan1 libqt6svg6 qt6-wayland fonts-inter fonts-jetbrains-mono
  qml6-module-qtquick qml6-module-qtquick-controls qml6-module-qtquick-dialogs qml6-module-qtquick-layouts
  qml6-module-qtquick-templates qml6-module-qtquick-window qml6-module-qtqml qml6-module-qtqml-models
  qml6-module-qtqml-workerscript qml6-module-qt-labs-folderlistmodel)
test_packages=(libgtest-dev libgmock-dev vulkan-validationlayers qml6-module-qttest python3)

is_installed() { dpkg-query -W -f='${Status}' "$1" 2>/dev/null | grep -q 'ok installed'; }

# install_missing PURPOSE PACKAGE …: installs what is not there, saying so; fails loudly.
install_missing() {
  local purpose=$1 missing=() package
  shift
  for package in "$@"; do is_installed "$package" || missing+=("$package"); done
  [ ${#missing[@]} -gt 0 ] || return 0
  command -v apt-get >/dev/null || { echo "Etna needs these packages for $purpose, and this system has no apt-get: ${missing[*]}" >&2; exit 1; }
  echo "Installing what is missing for $purpose: ${missing[*]}"
  local root=()
  if [ "$(id -u)" != 0 ]; then
    command -v sudo >/dev/null || { echo "Run as root or install sudo; the packages above are needed." >&2; exit 1; }
    root=(sudo)
  fi
  "${root[@]}" apt-get update -qq
  "${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends -qq "${missing[@]}" >/dev/null
}

# build TARGET …: configures once, builds what changed.
build() {
  local log=build/release/configure.log
  mkdir -p build/release
  if [ ! -f build/release/build.ninja ]; then
    cmake --preset release >"$log" 2>&1 || { cat "$log" >&2; exit 1; }
  fi
  cmake --build --preset release --target "$@"
}
