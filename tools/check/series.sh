#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# tools/series.sh: patches out of what developers have them in.
. "$(dirname "$0")/lib.sh"

cd "$TMP" || exit 1
series=("$ROOT/tools/series.sh" --out "$TMP/out")

body()	# N
{
	cat <<-END
		From: A Developer <a@example.org>

		Patch $1 says Grüße = $1.

		---
		 file | 2 +-

		diff --git a/file b/file
		--- a/file
		+++ b/file
		@@ -$1,1 +$1,1 @@
		-old = $1
		+new = $1 ü
		-- 
		2.39.5

	END
}

# mail SUBJECT ENCODING < BODY
mail()
{
	printf '%s\n' 'From mboxrd@z Thu Jan  1 00:00:00 1970' 'From: A Developer <a@example.org>' \
		"Subject: $1" 'MIME-Version: 1.0' 'Content-Type: text/plain; charset=UTF-8' \
		"Content-Transfer-Encoding: $2" ''
	case $2 in
	base64)			base64 ;;
	quoted-printable)	perl -MMIME::QuotedPrint -0777 -ne 'print encode_qp($_)' ;;
	*)			cat ;;
	esac
	echo
}

# A series of three as the list has it.
{
	body 3 | mail '[PATCH v3 3/3] KVM: third' base64
	echo "Looks good." | mail 'Re: [PATCH v3 2/3] KVM: second' 8bit
	body 9 | mail 'Re: [PATCH v3 2/3] KVM: second' 8bit
	body 1 | mail '[PATCH v3 1/3] KVM: first' 8bit
	echo "What it is about: +++ and ---" | mail '[PATCH v3 0/3] KVM: all' 8bit
	body 2 | mail '[PATCH v3 2/3] KVM: second' quoted-printable
	body 1 | mail '[PATCH v3 1/3] KVM: first' 8bit
	body 8 | mail '[PATCH v2 1/2] KVM: older' 8bit
} > list.mbox
sed 's/$/\r/' list.mbox > crlf.mbox
grep -v '^From ' <(body 4 | mail '[PATCH] alone' quoted-printable) > alone.eml
body 1 | sed '1,/^---/d' > plain.diff
mkdir quilt mails maildir maildir/{cur,new,tmp}
body 5 > quilt/zuerst.patch
body 6 > quilt/dann.patch
printf '%s\n' '# ours' 'zuerst.patch -p1' dann.patch > quilt/series
for n in 2 1; do
	body $n | mail "[PATCH $n/2] part $n" 8bit > mails/000$n-part.patch
	body $n | mail "[PATCH $n/2] part $n" 8bit | sed 1d > maildir/cur/$((9 - n)).x:2,S
done

# gives NUMBERS SOURCE...: patches of these numbers, decoded.
gives()
{
	local want=$1 got
	shift
	got=$("${series[@]}" "$@" 2> "$TMP/said" | xargs cat | sed -n 's/^+new = \([0-9]*\) ü$/\1/p' |
		paste -sd ' ')
	[ "$got" = "$want" ] && return
	echo "wanted $want, got $got; it said: $(cat "$TMP/said")"
	return 1
}

ok "plain" gives 1 plain.diff
ok "plain_is_not_copied" expect 0 "$TMP/plain.diff" "${series[@]}" plain.diff
ok "mbox" gives "1 2 3" list.mbox
ok "mbox_of_two_versions" expect 0 "taking v3" "${series[@]}" list.mbox
ok "mbox_names" expect 0 "/0002-KVM-second.patch" "${series[@]}" list.mbox
ok "crlf" gives "1 2 3" crlf.mbox
ok "no_carriage_returns" test -z "$("${series[@]}" crlf.mbox 2> /dev/null | xargs grep -l $'\r')"
ok "mail" gives 4 alone.eml
ok "quilt" gives "5 6" quilt
ok "directory_of_mails" gives "1 2" mails
ok "maildir" gives "1 2" maildir
ok "several_sources" gives "1 4 1 2 3" plain.diff alone.eml list.mbox
cp list.mbox changed.mbox
ok "before" gives "1 2 3" changed.mbox
cp alone.eml changed.mbox
ok "less_than_before" gives 4 changed.mbox
ok "nothing_left_of_before" test "$(cat out/*/*-alone.patch | grep -c '^+new')" = 2

{ body 1 | mail '[PATCH 1/3] first' 8bit; body 3 | mail '[PATCH 3/3] third' 8bit; } > missing.mbox
{ body 1 | mail '[PATCH 1/2] a' 8bit; body 2 | mail '[PATCH 1/2] b' 8bit
	body 3 | mail '[PATCH 2/2] c' 8bit; } > two.mbox
{ body 1 | mail '[PATCH 1/1] a' 8bit; body 2 | mail '[PATCH 1/2] b' 8bit; } > mixed.mbox
echo "no patch" > text
mkdir empty
one_line()	# TEXT SOURCE
{
	expect 2 "$1" "${series[@]}" "$2" && [ "$("${series[@]}" "$2" 2>&1 | wc -l)" = 1 ]
}
ok "missing" one_line "missing.mbox: of 3 patches number 2 is missing" missing.mbox
ok "two_of_a_number" one_line "there are two different patches 1 of 2" two.mbox
ok "several_series" one_line "patches of several series are in it, of 1 2" mixed.mbox
ok "no_patch" one_line "text: there is no patch in it" text
ok "empty_directory" one_line "empty: there is no patch in it" empty
ok "nowhere" one_line "cannot read 'nowhere'" nowhere

finish
