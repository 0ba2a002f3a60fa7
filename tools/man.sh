#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The manual page run_tests.1, of what --help says and of what README has besides: printed.
set -eu -o pipefail
export LC_ALL=C

root=$(cd "$(dirname "$0")/.." && pwd)

# A line that begins with a dot or a quote is none of troff's; a dash is one.
text()
{
	sed -e 's/\\/\\e/g' -e 's/-/\\-/g' -e "s/^\([.']\)/\\\\\&\1/"
}

section()	# README's lines from one to another
{
	sed -n "/$1/,/$2/p" "$root/README" | sed '$d' | text
}

cat <<'END'
.TH RUN_TESTS 1 "" kvm-coco-selftests
.SH NAME
run_tests.sh \- tests of KVM's exits for confidential VMs
.SH SYNOPSIS
.nf
END
"$root/run_tests.sh" --help | sed -e '/^$/q' -e 's/^\(usage: \| *\)//' | sed '/^$/d' | text
cat <<'END'
.fi
.SH DESCRIPTION
END
sed -n '/^A VM under/,/^$/p' "$root/README" | text
"$root/run_tests.sh" --help | text | awk '
	!body { body = $0 == ""; next }
	/^Run the tests/ { print ".PP" }
	/^  \\-/ && !options { print ".SH OPTIONS"; options = 1 }
	/^Exit status:/ { print ".SH EXIT STATUS"; sub(/^Exit status: /, ""); options = 0 }
	/^Environment:/ { print ".SH ENVIRONMENT"; sub(/^Environment: /, "") }
	options && /^  \\-/ {
		print ".TP"
		name = substr($0, 3)
		rest = ""
		if (match(name, /   */)) {
			rest = substr(name, RSTART + RLENGTH)
			name = substr(name, 1, RSTART - 1)
		}
		print ".B " name
		if (rest != "") print rest
		next
	}
	options && /^ {20,}[a-z]+  +[a-z]/ { print ".br" }
	{ sub(/^ +/, ""); sub(/^[.\047]/, "\\\\\\&&"); print }'
echo ".SH READING A RESULT"
section '^"known issue"' '^Where a tree with'
cat <<'END'
.SH FILES
.TP
.I build/results/latest
output of each test, summary, results.json, results.tap, results.ktap, junit.xml
.TP
.I tools/known\-issues
what versions of the kernel are known to fail
.SH SEE ALSO
README
END
