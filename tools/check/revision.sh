#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Revisions of a tree's own repository: tools/revision.sh, and --bisect with a runner that
# looks at the tree alone.
. "$(dirname "$0")/lib.sh"

cd "$TMP" || exit 1
export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_SYSTEM=/dev/null
export GIT_{AUTHOR,COMMITTER}_{NAME=a,EMAIL=a@example.org}

# Six revisions: the fourth breaks sev.c, the third cannot be built; one concerns no KVM.
git init -q tree
mkdir -p tree/arch/x86/kvm/svm tree/drivers/gpu tree/fs/ext4 tree/Documentation/virt
commit()	# MESSAGE
{
	git -C tree add -A && git -C tree commit -q -m "$1" && git -C tree tag "r$1"
}
touch tree/Makefile tree/drivers/gpu/{Kconfig,a.c} tree/fs/ext4/ext4.{h,c}
for n in 1 2 3 4 5 6; do
	echo "line $n" >> tree/arch/x86/kvm/svm/sev.c
	case $n in
	3)	echo garbage > tree/arch/x86/kvm/svm/new.c ;;
	4)	echo broken >> tree/arch/x86/kvm/svm/sev.c; rm tree/arch/x86/kvm/svm/new.c ;;
	esac
	commit $n
done
echo x > tree/drivers/gpu/a.c
commit 7
# What is not committed has no part in it.
echo changed > tree/arch/x86/kvm/svm/sev.c
touch tree/untracked

state()
{
	find tree -printf '%P %s %T@ %C@ %m\n' | sort | cksum
}
before=$(state)
revision=("$ROOT/tools/revision.sh" --out "$TMP/build" --kdir "$TMP/tree")
at()	# REV WANT...: files of it, and no others
{
	local tree got
	tree=$("${revision[@]}" checkout "$1") || return
	got=$(cd "$tree" && find . -type f -printf '%P\n' | sort | paste -sd ' ')
	[ "$got" = "$2" ] || { echo "wanted $2, got $got"; return 1; }
	[ "$(tail -n 1 "$tree/arch/x86/kvm/svm/sev.c")" = "$3" ]
}
all="Makefile arch/x86/kvm/svm/sev.c drivers/gpu/Kconfig fs/ext4/ext4.h"
ok "checkout" at r1 "$all" "line 1"
ok "checkout_next" at r3 "Makefile arch/x86/kvm/svm/new.c arch/x86/kvm/svm/sev.c ${all#*sev.c }" "line 3"
ok "checkout_relative" at HEAD~3 "$all" broken
list()
{
	"${revision[@]}" list r2..HEAD | cut -d ' ' -f 2 | paste -sd ' '
}
ok "list_of_what_concerns_kvm" test "$(list)" = "3 4 5 6"
ok "no_revision" expect 2 "has no revision 'nope'" "${revision[@]}" checkout nope
mkdir tree/inner
ok "no_repository" expect 2 "is no git repository, but lies in one" \
	"$ROOT/tools/revision.sh" --out "$TMP/build" --kdir "$TMP/tree/inner" checkout HEAD
rmdir tree/inner
git clone -q --depth 2 "file://$TMP/tree" shallow 2> /dev/null
ok "shallow" expect 0 "" "$ROOT/tools/revision.sh" --out "$TMP/build" --kdir "$TMP/shallow" checkout HEAD~1

cat > runner <<'END'
#!/bin/bash
while [ $# -gt 0 ]; do
	[ "$1" = --kdir ] && tree=$2
	shift
done
cd "$tree/arch/x86/kvm/svm" || exit 125
[ ! -e new.c ] || exit 125
! grep -q broken sev.c
END
chmod +x runner
bisect=(env BUILD="$TMP/build" "$ROOT/tools/bisect.sh" "$TMP/tree")
ok "bisect" expect 2 "There are only 'skip'ped commits left" "${bisect[@]}" r1 HEAD "$TMP/runner" -- t
ok "bisect_from_a_built_one" expect 1 "has to fail, the good one to pass" "${bisect[@]}" r4 HEAD "$TMP/runner" -- t
git -C tree checkout -q -f r7 -- . && before=$(state)
ok "bisect_again" expect 2 "cannot be built" "${bisect[@]}" r3 HEAD "$TMP/runner" -- t
sed -i '/new.c/d' runner
ok "bisect_finds" expect 0 "The first that fails:" "${bisect[@]}" r1 HEAD "$TMP/runner" -- t
ok "bisect_names" expect 0 "    4" "${bisect[@]}" r1 r6 "$TMP/runner" -- t
ok "bisect_no_revision" expect 2 "has no revision 'nope'" "${bisect[@]}" nope HEAD "$TMP/runner" -- t
ok "not_written_to" test "$before" = "$(state)"

finish
