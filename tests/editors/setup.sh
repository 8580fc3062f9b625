# Gets what the tests of editors need, as far as it may; sourced by scripts/test-editors.
# Sets NODE, CODE_SERVER, PLAYWRIGHT, CHROMIUM, EDITOR_ROOT, each empty where it cannot be had
# (EDITOR_ROOT: also where this Debian has the terminal editors itself).

CACHE=${DAPPER_ATTACH_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/dapper-attach}/editors
# Where this machine gets Debian from; DEBIAN_MIRROR names another place.
MIRROR=${DEBIAN_MIRROR:-$(apt-get indextargets --format '$(REPO_URI)' 2>/dev/null | grep '/debian/*$' | head -1 || true)}
NODE_MAJOR=24
# A Debian that has Helix and dape.
SUITE=trixie
TERMINAL_PACKAGES=(hx emacs-nox elpa-dape neovim)

cannot() { echo "cannot be had: $*" >&2; }

may_install() { [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; }

# has_packages PACKAGE...: whether this Debian knows all of them.
has_packages() {
    local package
    for package in "$@"; do
        apt-cache show "$package" >/dev/null 2>&1 || return 1
    done
}

# apt_install PACKAGE...: those that are missing.
apt_install() {
    local missing=() package
    for package in "$@"; do
        [ "$(dpkg-query -W -f '${Status}' "$package" 2>/dev/null)" = "install ok installed" ] || missing+=("$package")
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    may_install || { cannot "${missing[*]} (apt-get install ${missing[*]})"; return 1; }
    echo "installing ${missing[*]}"
    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
        "${missing[@]}" >"$CACHE/apt.log" 2>&1 || { cannot "${missing[*]}: see $CACHE/apt.log"; return 1; }
}

# npm_install NAME PACKAGE...: into a folder of the cache, anew if an earlier try failed.
npm_install() {
    local folder=$CACHE/$1
    shift
    [ ! -e "$folder/complete" ] || return 0
    echo "installing $* (npm)"
    rm -rf "$folder" && mkdir -p "$folder"
    echo '{"private": true}' >"$folder/package.json"
    (cd "$folder" && npm install --no-audit --no-fund --foreground-scripts "$@") >"$folder/npm.log" 2>&1 ||
        { cannot "$*: see $folder/npm.log"; return 1; }
    touch "$folder/complete"
}

# What code-server runs on, with the headers that its native modules are built with.
# The node package of npm lacks the rules for node-gyp: those of the node installed here do.
setup_node() {
    command -v npm >/dev/null || { cannot "npm (apt-get install npm)"; return 1; }
    npm_install node "node@$NODE_MAJOR" playwright-core || return 1
    NODE=$CACHE/node/node_modules/node/bin/node
    PLAYWRIGHT=$CACHE/node/node_modules/playwright-core/index.mjs
    local headers rules
    headers=$(dirname "$(find "$CACHE/node/node_modules" -path '*/include/node/node_api.h' -print -quit)")
    rules=$(npm config get nodedir 2>/dev/null)/include/node
    [ -e "$rules/common.gypi" ] || rules=$(dirname "$(dirname "$(readlink -f "$(command -v node)")")")/include/node
    # Without them node-gyp fetches its own.
    [ -e "$headers/node_api.h" ] && [ -e "$rules/common.gypi" ] && [ -e "$rules/config.gypi" ] || return 0
    mkdir -p "$CACHE/nodedir/include/node"
    cp -r "$headers/." "$rules/common.gypi" "$rules/config.gypi" "$CACHE/nodedir/include/node/"
    export npm_config_nodedir=$CACHE/nodedir
}

setup_vscode() {
    apt_install chromium libkrb5-dev build-essential python3 || return 1
    CHROMIUM=$(command -v chromium)
    PATH=$(dirname "$NODE"):$PATH npm_install code-server code-server || return 1
    CODE_SERVER=$CACHE/code-server/node_modules/code-server/out/node/entry.js
}

# This Debian's own packages, or else a small Debian of their suite in a folder.
setup_terminal_editors() {
    apt_install tmux || return 1
    EDITOR_ROOT=
    if has_packages "${TERMINAL_PACKAGES[@]}"; then
        apt_install "${TERMINAL_PACKAGES[@]}"
        return
    fi
    local root=$CACHE/$SUITE
    [ "$(id -u)" = 0 ] || { cannot "${TERMINAL_PACKAGES[*]}: they are in Debian $SUITE and later"; return 1; }
    if [ ! -e "$root/complete" ]; then
        [ -n "$MIRROR" ] || { cannot "a mirror of Debian: name one in DEBIAN_MIRROR"; return 1; }
        apt_install debootstrap || return 1
        echo "installing Debian $SUITE with ${TERMINAL_PACKAGES[*]} into $root"
        rm -rf "$root"
        debootstrap --variant=minbase "$SUITE" "$root" "$MIRROR" >"$CACHE/debootstrap.log" 2>&1 &&
            unshare --mount chroot "$root" sh -c "mount -t proc proc /proc && apt-get update -qq &&
                DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends ${TERMINAL_PACKAGES[*]}" \
                >>"$CACHE/debootstrap.log" 2>&1 || { cannot "Debian $SUITE: see $CACHE/debootstrap.log"; return 1; }
        touch "$root/complete"
    fi
    EDITOR_ROOT=$root
}
