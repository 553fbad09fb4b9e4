# SPDX-License-Identifier: MIT
# What the command's tests share; to be sourced. Usage of each test: TEST.sh PLAIT REPOSITORY
set -eu
plait=$1
# shellcheck disable=SC2034 # read by the tests
models=$2/tests/golden/data/keras
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

# expect CODE OUT ERR ARGUMENTS...: plait must end with CODE, print OUT, a pattern of the shell, on standard
# output and ERR on standard error. A failure (1) has one line there.
expect() {
    code=$1
    out=$2
    err=$3
    shift 3
    got=0
    "$plait" "$@" >"$work/out" 2>"$work/err" || got=$?
    if [ "$got" != "$code" ]; then
        complain "ended with $got, not $code" "$@"
    fi
    # shellcheck disable=SC2254 # patterns on purpose
    case $(cat "$work/out") in
    $out) ;;
    *) complain "did not print \"$out\"" "$@" ;;
    esac
    # shellcheck disable=SC2254
    case $(cat "$work/err") in
    $err) ;;
    *) complain "did not print \"$err\" on standard error" "$@" ;;
    esac
    if [ "$code" = 1 ] && [ "$(wc -l <"$work/err")" != 1 ]; then
        complain "printed more than a line, or none" "$@"
    fi
}

# same FILE FILE
same() {
    if ! cmp "$1" "$2"; then
        echo "$1 and $2 differ"
        exit 1
    fi
}

# complain WHAT ARGUMENTS...
complain() {
    what=$1
    shift
    echo "plait $*"
    echo "$what; it printed:"
    cat "$work/out" "$work/err"
    exit 1
}
