#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# results.json of programs that end in every way: as its schema says, the same from run to run
# whatever ends first, and with the verdicts that the runner prints.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/outcomes.sh"

schema=$ROOT/tools/results/results.schema.json
names="pass fail skip_all skip_case sides known known_and_not crash killed forgotten late too_few bytes
	same_name undriven undriven_start nothing"
make_suite $names
rm "$TMP/x86_64/kselftest_test.c"

valid()	# FILE
{
	"$ROOT/tools/check/schema.pl" "$schema" "$1"
}

# By those who wrote the standard's tests.
valid_elsewhere()
{
	python3 -c '
import json, sys, jsonschema
schema, results = [json.load(open(name)) for name in sys.argv[1:]]
jsonschema.Draft202012Validator.check_schema(schema)
jsonschema.Draft202012Validator(schema).validate(results)' "$schema" "$TMP/out/results.json"
}

# wrong SED-SCRIPT TEXT: the schema refuses what the script makes of the results, with the text.
wrong()
{
	sed "$1" "$TMP/out/results.json" > "$TMP/wrong.json"
	! cmp -s "$TMP/out/results.json" "$TMP/wrong.json" && expect 1 "$2" valid "$TMP/wrong.json"
}

# query PROGRAM: what it makes of $r, the results.
query()
{
	perl -I "$ROOT/tools/lib" -MCoco::Results -e 'binmode STDOUT, ":utf8";
		our $r = Coco::Results::load(shift); my $program = shift; eval "$program; 1" or die' \
		"$TMP/out/results.json" "$1"
}

says()	# TEXT PROGRAM
{
	diff - <(query "$2") <<< "$1"
}

# Without what may differ.
timeless()
{
	sed -e 's/"seconds": *[0-9.]*/"seconds":T/g' -e 's/"started":"[^"]*"/"started":T/' \
		-e 's/"jobs":[0-9]*/"jobs":N/' "$1"
}

stable()
{
	cp "$TMP/out/results.json" "$TMP/first.json"
	runner --jobs 4 > "$TMP/log"
	diff <(timeless "$TMP/first.json") <(timeless "$TMP/out/results.json")
}

# The counts of the summary's line are those of the file.
counted()
{
	local counts
	counts=$(query '
		my %n;
		for my $t (map { @{$_->{tests}} } @{$r->{groups}}) {
			$n{fail} += @{$t->{problems}};
			if (defined $t->{skip}) { $n{skip}++; next }
			my %whole;
			for (@{$t->{cases}}) {
				$n{$_->{verdict}}++;
			}
		}
		print "$n{pass} passed, $n{fail} failed, $n{known} known issue"')
	grep -F ": $counts" "$TMP/out/summary" || { echo "not $counts:"; cat "$TMP/out/summary"; false; }
}

case_of='my ($t) = grep { $_->{name} eq "%s_test" } @{$r->{groups}[0]{tests}};
	my ($c) = grep { $_->{name} eq "%s" } @{$t->{cases}};'

field()	# TEST CASE FIELD VALUE
{
	says "$4" "$(printf "$case_of" "$1" "$2") print join('; ', map { \$_ // 'undef' } $3), \"\n\""
}

runner > "$TMP/log"
ok "valid" valid "$TMP/out/results.json"
if python3 -c 'import jsonschema' 2> /dev/null; then
	ok "valid to python3's jsonschema" valid_elsewhere
else
	skip "valid to python3's jsonschema" "no python3 with jsonschema"
fi
ok "refused: a verdict" wrong '0,/"verdict":"fail"/s//"verdict":"good"/' 'is no such value'
ok "refused: no verdict" wrong '0,/"verdict":"pass"/s//"verdigris":"pass"/' 'has no verdict'
ok "refused: a failure that is none" wrong '0,/"verdict":"pass"/s//"verdict":"fail"/' 'has no failures'
ok "refused: another version" wrong 's/^"version": 1/"version": 2/' '$.version: is not 1'
ok "stable" stable
ok "counted" counted

ok "requirements" says 'REQ-ONE Document Section one of which one is said 17 amd' \
	'print "@{$r->{requirements}[0]}{qw(id document section text cases)} ",
		"@{$r->{requirements}[0]{vendors}}\n"'
ok "a requirement that no case lists" says 0 'print "$r->{requirements}[5]{cases}\n"'
ok "group" says 'src unicorn linux-6.12.1 6.12.1 0 commit 123456789abc' \
	'print "@{$r->{groups}[0]}{qw(platform engine tree version sanitized)} ",
		"$r->{groups}[0]{known}{q(REQ-KNOWN)}\n"'
ok "revision" field pass f.two '$c->{verdict}, $c->{revision}, @{$c->{requirements}}' \
	'pass; coco-v1; REQ-TWO; REQ-THREE'
ok "failure" field fail f.one '@{$c->{failures}[1]}{qw(requirement source subject wanted got file line)}' \
	'REQ-TWO; Document, Section; RBX; A (1); B (2); x86_64/some_test.c; 11'
ok "both sides" field sides f.one '@{$c->{rule}}, @{$c->{guest}}, @{$c->{host}}, $c->{kernel}[5]' \
	'REQ-OLD: what it says; vCPU 0: RAX 0x1; vCPU 0: KVM_RUN: KVM_EXIT_IO (2); line 6'
ok "skipped case" field skip_case f.two '@{$c}{qw(verdict reason)}' 'skip; not on this tree'
ok "skipped program" field skip_all f.one '$t->{skip}, @{$c}{qw(verdict reason)}' \
	'no such hardware; skip; no such hardware'
ok "known" field known f.one '@{$c}{qw(verdict reason)}' \
	'known; known issue REQ-KNOWN: commit 123456789abc'
ok "not driven" field undriven_start f.two '@{$c}{qw(verdict reason)}' \
	'undriven; kernel code called foo(), which the image does not provide'
ok "no end" field nothing f.one '@{$c}{qw(verdict reason)}, @{$t->{problems}}' \
	'none; reported no case (exit status 0); reported no case (exit status 0)'
ok "of a revision that it does not speak, perhaps" field crash f.two '$c->{verdict}' undef
ok "bytes" field bytes f.one '$c->{failures}[0]{text}' $'RBX: wanted \xc3\xa4 (1), got \xef\xbf\xbd[1m (2)'

one()
{
	runner pass_test:f.one > "$TMP/log"
	says 'f.one' 'print map { "$_->{name}\n" } map { @{$_->{cases}} } @{$r->{groups}[0]{tests}}' &&
		says 'pass_test:f.one' 'print "@{$r->{run}{tests}}\n"'
}
ok "cases that were named" one

# Other files.
refuses()	# TEXT CONTENT
{
	echo "$2" > "$TMP/out/results.json"
	! query 1 2> "$TMP/said" && grep -qF "$1" "$TMP/said" || { cat "$TMP/said"; false; }
}
ok "not JSON" refuses 'it is not JSON' 'TAP version 13'
ok "something else" refuses 'no results of a run of this suite' '{"schema": "other"}'
ok "a version to come" refuses 'version 2 of the schema, not 1' \
	'{"schema": "kvm-coco-selftests-results", "version": 2}'
finish
