#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# run_tests.sh: options, bad values, missing packages; each with its status and a
# message that says what to do.
. "$(dirname "$0")/lib.sh"

run=$ROOT/run_tests.sh
cd "$TMP" || exit 1
mkdir empty tree tree/arch
echo 'not a diff' > file

ok "help" expect 0 "usage: ./run_tests.sh" "$run" --help
# What is there of options is their column, and nothing of the script around it.
ok "help_of_options" test -z "$("$run" --help | sed -n "8,/^Exit status/{/^[^ ]/p}" | sed '/^Exit/d')"
ok "unknown_option" expect 2 "unknown option '--frobnicate'" "$run" --frobnicate
ok "platform_unknown" expect 2 "'pdp11' is not hw, src, src-as-hw, ref or all" "$run" --platform pdp11
ok "platform_without_value" expect 2 "--platform needs a value" "$run" --platform
ok "platform_equals" expect 2 "'pdp11' is not hw" "$run" --platform=pdp11
ok "engine_unknown" expect 2 "'qemu' is not kvm or unicorn" "$run" --engine qemu
ok "jobs_zero" expect 2 "-j: '0' is not a number" "$run" -j 0
ok "jobs_word" expect 2 "-j: 'many' is not a number" "$run" -jmany
ok "timeout_word" expect 2 "--timeout: 'soon' is not a positive number" "$run" --timeout soon
ok "timeout_zero" expect 2 "--timeout: '0.0' is not a positive number" "$run" --timeout 0.0
ok "timeout_negative" expect 2 "--timeout: '-3' is not a positive number" "$run" --timeout -3
ok "kdir_missing" expect 2 "there is no directory 'nowhere'" "$run" --kdir nowhere
ok "kdir_empty" expect 2 "is no kernel tree (no arch/x86/kvm/svm/sev.c)" "$run" --kdir empty
ok "kdir_variable" expect 2 "KDIR: there is no directory 'nowhere'" env KDIR=nowhere "$run"
ok "kdir_other_tree" expect 2 "is no kernel tree" "$run" --kdir tree
ok "patch_missing" expect 2 "--patch: cannot read 'nowhere.patch'" "$run" --patch nowhere.patch
ok "patch_on_hw" expect 2 "platform hw has no tree to patch" "$run" --platform hw --patch file
ok "patch_git_no_tree" expect 2 "--kdir has to name a tree" "$run" --patch git:HEAD
ok "patch_git_and_file" expect 2 "does not go with other patches" "$run" --kdir tree \
	--patch git:HEAD --patch file --kdir "$BUILD/linux-source-6.12"
ok "patch_git_no_repository" expect 2 "no git repository" env BUILD="$BUILD" "$run" \
	--kdir "$BUILD/linux-source-6.12" --patch git:HEAD
ok "patch_no_diff" expect 2 "there is no patch in it" env BUILD="$BUILD" "$run" --patch file
ok "diff_of_nothing" expect 2 "--diff needs a --patch" "$run" --diff
ok "each_on_ref" expect 2 "platform ref has no tree" "$run" --each --patch file --platform ref
ok "diff_and_each" expect 2 "--each: --diff was given, too" "$run" --diff --each
ok "bisect_two" expect 2 "--bisect needs two revisions" "$run" --bisect v1
ok "bisect_no_tree" expect 2 "--bisect: --kdir has to name a tree" "$run" --bisect a b snp_psc_test
ok "bisect_no_test" expect 2 "--bisect needs a TEST" "$run" --bisect a b \
	--kdir "$BUILD/linux-source-6.12"
ok "for_bisect_no_tree" expect 125 "there is no directory" "$run" --for-bisect --kdir nowhere
ok "for_bisect_no_test" expect 125 "unknown test" "$run" --for-bisect no_such_test
ok "watch_no_tree" expect 2 "--watch: --kdir has to name a tree" "$run" --watch
ok "compare_one" expect 2 "--compare needs two directories" "$run" --compare empty
ok "compare_no_results" expect 2 "cannot read empty/results.json" "$run" --compare empty empty
ok "test_unknown" expect 2 "unknown test 'no_such_test'" "$run" no_such_test
ok "test_unknown_lists" expect 2 "  snp_req_certs_answer_test" "$run" no_such_test
ok "test_not_a_path" expect 2 "unknown test '../run_tests'" "$run" ../run_tests
ok "case_unknown" expect 2 "no case of snp_req_certs_answer_test matches 'nope'" \
	"$run" --list snp_req_certs_answer_test:nope
ok "list" expect 0 "coco-v1" "$run" --list
ok "list_one" expect 0 "snp_guest_request_test" "$run" --list snp_guest_request_test
ok "list_other_cwd" expect 0 "SNP-PSC-EXIT," env -C / "$run" --list
narrow()
{
	[ "$("$run" --list | awk 'length > 100' | wc -l)" = 0 ]
}
ok "list_is_narrow" narrow
ok "ref_lacks_it" expect 4 "skipped: the reference model lacks what they are about" "$run" \
	--platform ref --out "$TMP/out" snp_served_test

with=$ROOT/tools/with-kvm
ok "with_kvm" expect 0 "usage: tools/with-kvm" "$with" --help
ok "with_kvm_no_command" expect 2 "no command to run" "$with" --engine unicorn
ok "with_kvm_unknown_option" expect 2 "unknown option '--frobnicate'" "$with" --frobnicate true
ok "with_kvm_without_value" expect 2 "--kdir needs a value" "$with" --kdir
ok "with_kvm_vendor" expect 2 "--vendor: 'via' is not amd or intel" "$with" --vendor=via true
ok "with_kvm_engine" expect 2 "--engine: 'qemu' is not kvm or unicorn" "$with" --engine qemu true
ok "with_kvm_kdir" expect 2 "--kdir: there is no directory 'nowhere'" "$with" --kdir nowhere true
ok "with_kvm_patch" expect 2 "--patch: cannot read 'nowhere.patch'" "$with" --patch nowhere.patch true
# A command's own options, status and output.
ok "with_kvm_status" expect 7 "as it is" env BUILD="$BUILD" "$with" --engine unicorn \
	bash -c 'echo as "$1" is; exit 7' --help it
ok "with_kvm_not_there" expect 127 "" env BUILD="$BUILD" "$with" --engine unicorn /no/such/file

# A PATH without some of the packages' commands.
chmod 755 "$TMP"
mkdir bin
for command in bash dirname readlink id nproc sed cat gcc make perl flock find cmp xz ld tr awk \
		grep; do
	ln -s "$(command -v $command)" bin/
done
printf '#!/bin/bash\n' > bin/apt-get
chmod +x bin/apt-get
ok "package_missing" expect 2 "missing: patch flex bison bc" env PATH="$TMP/bin" "$run"
ok "package_command" expect 2 "apt-get install -y --no-install-recommends patch flex bison bc" \
	env PATH="$TMP/bin" "$run"
if [ "$(id -u)" = 0 ] && setpriv --reuid=65534 --regid=65534 --clear-groups \
		test -x "$run" 2> /dev/null; then
	ok "setup_not_root" expect 2 "only root can install it" \
		setpriv --reuid=65534 --regid=65534 --clear-groups \
		env PATH="$TMP/bin" "$run" --setup
else
	skip "setup_not_root" "needs root, and a checkout that others may enter"
fi
# An apt-get that has no package lists at first, as on a fresh machine.
cat > bin/apt-get <<-END
	#!/bin/bash
	echo "\$*" >> $TMP/apt.log
	case \$1 in
	update)	: > $TMP/lists ;;
	install) [ -e $TMP/lists ] || exit 100
		for package in patch flex bison \$(cat $TMP/late); do
			/bin/ln -s /bin/true $TMP/bin/\$package
		done ;;
	esac
END
chmod +x bin/apt-get
setup=(env PATH="$TMP/bin" "$ROOT/tools/setup.sh")
if [ "$(id -u)" = 0 ]; then
	ok "setup_nothing_unasked" expect 2 "missing: patch" "${setup[@]}" src
	ok "setup_nothing_unasked.log" test ! -e apt.log
	: > late
	ok "setup_still_missing" expect 2 "still missing after the installation: bc" \
		"${setup[@]}" --install src
	rm -f lists apt.log bin/patch bin/flex bin/bison
	echo bc > late
	ok "setup_installs" expect 0 "" "${setup[@]}" --install src
	ok "setup_installs.log" diff apt.log - <<-END
		install -y --no-install-recommends patch flex bison bc
		update
		install -y --no-install-recommends patch flex bison bc
	END
	ok "setup_once" expect 0 "" "${setup[@]}" --install src
	ok "setup_once.log" test "$(wc -l < apt.log)" = 3
else
	skip "setup_installs" "needs root"
fi
ok "tarball_missing" expect 2 "apt-get install linux-source-6.12" \
	env COCO_TARBALL="$TMP/none.tar.xz" BUILD="$TMP/build" "$ROOT/tools/build.sh"

finish
