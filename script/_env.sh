# Sourced by the other scripts: stands in the project's root and provides prepare_environment.
# All talk goes to standard error, so that standard output stays the command's own.

cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 6

# fail SENTENCE…: one sentence (English, then Chinese), exit code 6 = configuration or environment.
fail() {
    printf '%s\n' "$@" >&2
    exit 6
}

# create_environment: makes .venv with the system's Python 3.11 or newer, or mends one that lacks pip.
create_environment() {
    local python=${PYTHON:-python3} existed=no
    command -v "$python" >/dev/null ||
        fail "There is no '$python' on this machine: install Python 3.11 or newer (apt install python3 python3-venv)." \
            "本机没有 '$python'：安装 Python 3.11 或更新版本（apt install python3 python3-venv）。"
    "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
        fail "'$python' is $("$python" --version 2>&1), but 3.11 or newer is needed: install it and name it with PYTHON=python3.11." \
            "'$python' 的版本是 $("$python" --version 2>&1)，需要 3.11 或更新版本：安装后用 PYTHON=python3.11 指定。"
    [ -e .venv ] && existed=yes
    echo "Making .venv with $("$python" --version 2>&1) … 正在创建 .venv" >&2
    if ! "$python" -m venv .venv >/dev/null 2>&1; then
        [ "$existed" = yes ] || rm -rf .venv
        fail "Could not make .venv in $PWD: install python3-venv (apt install python3-venv), check that the folder is writable, remove a broken .venv, and run again." \
            "无法在 $PWD 创建 .venv：安装 python3-venv（apt install python3-venv），确认目录可写，删除损坏的 .venv，然后重新运行。"
    fi
}

# install_locked LOCKFILE: installs what the lock names, with hashes checked.
install_locked() {
    echo "Installing $1 into .venv (the first time takes a minute or two) … 正在安装依赖" >&2
    .venv/bin/python -m pip install --quiet --disable-pip-version-check --no-input \
        --require-hashes --only-binary :all: --requirement "$1" >.venv/pip.log 2>&1 </dev/null ||
        fail "Could not install $1: $(grep -m 1 '^ERROR' .venv/pip.log || tail -n 1 .venv/pip.log) — check the network (or set PIP_INDEX_URL to a mirror) and run again; all of pip's words are in .venv/pip.log." \
            "无法安装 $1：检查网络（或用 PIP_INDEX_URL 指定镜像）后重新运行；pip 的完整输出在 .venv/pip.log。"
}

# prepare_environment LOCKFILE: makes .venv when absent; installs only when the lock has changed since last time.
# One process at a time, so that two scripts started together do not install over each other.
prepare_environment() {
    local lock=$1 stamp=.venv/$1.sha256 sum
    sum=$(sha256sum "$lock") || fail "$PWD/$lock is missing: restore it from the repository. 缺少 $lock：从代码库恢复。"
    [ -w . ] ||
        fail "The folder $PWD cannot be written by $(id -un): clone the repository where this user may write." \
            "$(id -un) 不能写入目录 $PWD：把代码库克隆到该用户可写的位置。"
    (
        flock 9
        .venv/bin/python -m pip --version >/dev/null 2>&1 || create_environment
        [ "$(cat "$stamp" 2>/dev/null)" = "$sum" ] && exit 0
        install_locked "$lock"
        echo "$sum" >"$stamp"
    ) 9>.venv.lock || exit $?
}
