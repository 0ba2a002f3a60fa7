#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# What developers keep patches in, as files that patch(1) takes, in the order of the series:
# prints their paths, one a line.
#
#	tools/series.sh --out DIR SOURCE...
#
# A SOURCE is a unified diff, or one with the head that git format-patch writes: printed as
# it is; or a mail, an mbox or a maildir of a series as it comes from the list, or a directory
# of such files (with a file "series" in it these, as quilt has them): then the patches are
# taken out of the mails by git mailinfo, and lie in DIR.
#
# Mails may come in any order, several times, in any encoding; cover letters and replies are
# none of the patches, and of several versions of a series the newest counts.  Status 2, with
# one line, if there is no patch in it or one of the series is missing.
set -eu -o pipefail
export LC_ALL=C

die()
{
	echo "series.sh: $*" >&2
	exit 2
}

[ $# -ge 2 ] && [ "$1" = --out ] || die "usage: series.sh --out DIR SOURCE..."
out=$2
shift 2
tmp=
trap '[ -z "$tmp" ] || rm -rf "$tmp"' EXIT
trap 'exit 2' INT TERM HUP

has_diff()	# FILE
{
	grep -qE '^(diff --git |\+\+\+ )' "$1"
}

# Is the file a patch that needs nothing done to it?  More than one mail does, and so do
# encodings and line ends of mail.
plain()	# FILE
{
	has_diff "$1" || return
	! grep -q $'\r$' "$1" || return
	! sed '/^diff --git \|^--- /q' "$1" | grep -qiE \
		'^Content-(Transfer-Encoding: *(quoted-printable|base64)|Type: *multipart/)' || return
	[ "$(grep -cE '^From [^ ]+ .*[0-9]{4}$' "$1")" -le 1 ]
}

# The files of a directory, in the order that they are meant to be applied.
files()	# DIRECTORY
{
	if [ -f "$1/series" ]; then
		sed -e 's/[ 	]*#.*//' -e 's/[ 	].*//' -e '/^$/d' -e "s|^|$1/|" "$1/series"
	else
		find "$1" -maxdepth 1 -type f ! -name '.*' ! -name '*~' | sort
	fi
}

# split SOURCE: its mails, and diffs that are no mails, as $tmp/mails/NUMBER.
split()
{
	local file nr=0 source=$1

	mkdir "$tmp/mails"
	if [ -d "$source/cur" ]; then
		git mailsplit -o"$tmp/mails" "$source" > /dev/null
		return
	fi
	{ [ ! -d "$source" ] && echo "$source" || files "$source"; } | while IFS= read -r file; do
		[ -r "$file" ] || die "cannot read $file"
		nr=$((nr + $(git mailsplit -b -d6 -f"$nr" -o"$tmp/mails" "$file")))
	done
}

# Lines "version number total file subject" of the mails that hold a patch, $tmp/N.diff.
decode()
{
	local mail subject tag version number total

	for mail in "$tmp"/mails/*; do
		[ -s "$mail" ] || continue
		# A diff with nothing before it would be taken for a mail's head.
		if ! sed -n '1,/^$/p' "$mail" | grep -qiE '^(From|Subject|Date): '; then
			tr -d '\r' < "$mail" > "$mail.diff"
			subject=
		else
			subject=$(git mailinfo -k "$mail.text" "$mail.diff" < "$mail" |
				sed -n 's/^Subject: //p') || continue
			sed -i 's/\r$//' "$mail.diff"
		fi
		has_diff "$mail.diff" || continue
		[[ ! ${subject,,} =~ ^(re|aw|sv|vs|antw|fwd?): ]] || continue
		tag=$(sed -n 's/^[^[]*\(\[[^]]*PATCH[^]]*\]\).*/\1/Ip' <<< "$subject")
		version=1 number=0 total=0
		[[ ! ${tag,,} =~ v([0-9]+)[^0-9/] ]] || version=${BASH_REMATCH[1]}
		if [[ $tag =~ ([0-9]+)/([0-9]+) ]]; then
			number=$((10#${BASH_REMATCH[1]})) total=$((10#${BASH_REMATCH[2]}))
		fi
		subject=$(sed 's/^\(\[[^]]*\] *\)*//' <<< "$subject")
		printf '%d %d %d %s %s\n' $((10#$version)) $number $total "$mail.diff" \
			"${subject:-patch}"
	done
}

# Of decode()'s lines those of the newest version, by number where they have numbers.
choose()	# SOURCE
{
	local source=$1 newest totals total number file subject last='' last_file=''

	[ -s "$tmp/all" ] || die "$source: there is no patch in it"
	newest=$(sort -rn "$tmp/all" | head -n 1 | cut -d ' ' -f 1)
	awk -v v="$newest" '$1 == v' "$tmp/all" > "$tmp/newest"
	cmp -s "$tmp/all" "$tmp/newest" || echo "series.sh: $source: taking v$newest of the series" >&2
	totals=$(awk '$3 { print $3 }' "$tmp/newest" | sort -un)
	if [ "$(wc -w <<< "$totals")" != 1 ]; then
		# Files in a directory have an order of their own.
		[ -z "$totals" ] || [ -d "$source" ] ||
			die "$source: patches of several series are in it, of" $totals
		cut -d ' ' -f 4- "$tmp/newest"
		return
	fi
	awk '$3' "$tmp/newest" | sort -s -n -k 2,2 > "$tmp/numbered"
	for ((number = 1; number <= totals; number++)); do
		grep -q "^[0-9]* $number " "$tmp/numbered" ||
			die "$source: of $totals patches number $number is missing"
	done
	while read -r _ number total file subject; do
		if [ "$number" = "$last" ]; then
			cmp -s "$file" "$last_file" && continue
			die "$source: there are two different patches $number of $total"
		fi
		last=$number last_file=$file
		echo "$file $subject"
	done < "$tmp/numbered"
}

take()	# SOURCE
{
	local source=$1 dir nr=0 file subject name

	if [ -f "$source" ] && plain "$source"; then
		readlink -f "$source"
		return
	fi
	[ -e "$source" ] && [ -r "$source" ] || die "cannot read '$source'"
	command -v git > /dev/null || die "$source: git is needed to take patches out of mails"
	mkdir -p "$out"
	tmp=$(mktemp -d "$out/.series.XXXXXX")
	split "$source"
	decode > "$tmp/all"
	choose "$source" > "$tmp/chosen"
	# The same name the next time: a kernel image is known by its patches' names.
	dir=$(readlink -f "$out")/$(readlink -f "$source" | sha256sum | cut -c1-12)
	mkdir -p "$dir"
	while read -r file subject; do
		nr=$((nr + 1))
		name=$(tr -cs 'A-Za-z0-9._' - <<< "$subject" | cut -c1-50 | sed 's/^-*//; s/[-.]*$//')
		printf -v name '%s/%04d-%s.patch' "$dir" $nr "$name"
		mv "$file" "$name"
		echo "$name"
	done < "$tmp/chosen" | tee "$tmp/names"
	# Of what the source held before.
	find "$dir" -type f | { grep -vxF -f "$tmp/names" || :; } | tr '\n' '\0' | xargs -0r rm -f
	rm -rf "$tmp"
	tmp=
}

for source; do
	take "$source"
done
