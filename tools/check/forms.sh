#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The forms of a run's result, of programs that end in every way, each with a reader that others
# wrote: TAP with prove, KTAP with the kernel's kunit_parser.py, JUnit XML with xmllint.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/outcomes.sh"

good="pass skip_all skip_case known undriven undriven_start stderr"
bad="fail bytes forgotten crash late too_few same_name nothing sides known_and_not known_crash"
out=$TMP/out
parser=$BUILD/linux-source-6.12/tools/testing/kunit

# Names of cases in their order, "GROUP: TEST: CASE", one a line.
of_json()
{
	perl -I "$ROOT/tools/lib" -MCoco::Results -e 'binmode STDOUT, ":utf8";
		for my $g (@{Coco::Results::load(shift)->{groups}}) {
			for my $t (@{$g->{tests}}) {
				print "$g->{label}: $t->{name}: $_->{name}\n" for Coco::Results::ends($t);
			}
		}' "$out"
}

of_tap()
{
	sed -n 's/^\(not \)\?ok [0-9]* \([^#]*[^# ]\).*/\2/p' "$out/results.tap"
}

of_ktap()
{
	awk '/^  # Subtest: / { sub(/^  # Subtest: /, ""); group = $0 }
	     /^    # Subtest: / { test = $3 }
	     /^    (not )?ok / { sub(/^ *(not )?ok [0-9]* /, ""); sub(/ #.*/, "")
				 print group ": " test ": " $0 }' "$out/results.ktap"
}

of_junit()
{
	xmllint --xpath '//testcase/@classname | //testcase/@name' "$out/junit.xml" |
		sed -n 's/^ *classname="\(.*\)\.\([^.]*\)"$/\1: \2: /p; s/^ *name="\(.*\)"$/\1/p' |
		paste -d '\0' - -
}

same_names()	# FORM
{
	diff <(of_json) <("of_$1")
}

# Does prove think of each program, and of all of them together, as the runner does?
prove_all()	# STATUS
{
	expect "$1" "results.tap" prove --exec cat "$out/results.tap"
}

# The programs' own output: those that passed, known issues apart, which a program cannot know.
prove_each()
{
	local name files=()
	for name in pass skip_all skip_case; do
		files+=("$out/src-unicorn-linux-6.12.1/${name}_test.tap")
	done
	expect 0 "Result: PASS" prove --exec cat "${files[@]}"
}

kunit()	# TEXT...: what kunit.py makes of it
{
	local text
	python3 "$parser/kunit.py" parse "$out/results.ktap" > "$TMP/said" 2>&1
	for text; do
		grep -qF -- "$text" "$TMP/said" || { echo "no '$text' in:"; cat "$TMP/said"; return 1; }
	done
	! grep -F '[ERROR]' "$TMP/said"
}

# The same, all of it: its counts are those of the JSON.
kunit_counts()
{
	kunit "$(perl -I "$ROOT/tools/lib" -MCoco::Results -e '
		my (%n, $n);
		for (map { Coco::Results::ends($_) } map { @{$_->{tests}} }
		     map { @{$_->{groups}} } Coco::Results::load(shift)) {
			$n++;
			$n{{ known => "passed", pass => "passed", skip => "skipped",
			     undriven => "skipped" }->{$_->{verdict}} // "failed"}++;
		}
		print "Ran $n tests: ", join ", ", map { "$_: $n{$_}" }
			grep { $n{$_} } qw(passed failed skipped)' "$out")"
}

junit_valid()
{
	xmllint --noout --schema "$ROOT/tools/results/junit.xsd" "$out/junit.xml"
}

junit()	# XPATH VALUE
{
	diff - <(xmllint --xpath "$1" "$out/junit.xml") <<< "$2"
}

# Of a run with these programs; LABEL tells its cases apart.
forms()	# LABEL STATUS NAME...
{
	local label=$1 status=$2 form
	shift 2
	rm -rf "$TMP/x86_64" "$TMP/build" "$out"
	make_suite "$@"
	rm "$TMP/x86_64/kselftest_test.c"
	runner --jobs 4 > "$TMP/log"
	for form in tap ktap junit; do
		[ $form != junit ] || command -v xmllint > /dev/null || continue
		ok "$label.names_$form" same_names $form
	done
	ok "$label.prove" prove_all "$status"
	if [ -e "$parser/kunit.py" ] && command -v python3 > /dev/null; then
		ok "$label.kunit_parser" kunit_counts
	else
		skip "$label.kunit_parser" "no python3, or no tools/testing/kunit in the tree"
	fi
	if command -v xmllint > /dev/null; then
		ok "$label.junit" junit_valid
	else
		skip "$label.junit" "no xmllint"
	fi
}

forms good 0 $good
ok "prove_each" prove_each
forms bad 1 $good $bad
if [ -e "$parser/kunit.py" ] && command -v python3 > /dev/null; then
	ok "kunit_parser_failures" kunit '[FAILED] (program)' '[SKIPPED] f.two'
fi
if command -v xmllint > /dev/null; then
	ok "junit_failure" junit 'string(//testcase[contains(@classname, ".fail_test")]/failure/@message)' \
		'RBX: wanted A (1), got B (2)'
	ok "junit_known" junit 'string(//testcase[contains(@classname, ".known_test")]/skipped/@type)' known
	ok "junit_crash" junit 'string(//testcase[contains(@classname, ".known_crash_test")]/error/@message)' \
		'crash: SIGSEGV'
	ok "junit_details" expect 0 'host: vCPU 0: KVM_RUN: KVM_EXIT_IO (2)' xmllint --xpath \
		'string(//testcase[contains(@classname, ".sides_test")]/failure)' "$out/junit.xml"
fi
finish
