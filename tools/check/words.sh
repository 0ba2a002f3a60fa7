#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# What the suite says besides results: the line that moves, colours, --quiet and --verbose,
# --explain, the manual page and completion.
. "$(dirname "$0")/lib.sh"

cd "$TMP" || exit 1
export BUILD
run=$ROOT/run_tests.sh
test=(--platform ref --out "$TMP/out" tdx_get_quote_test:answer.*)

# What a person at a terminal gets, who has these variables.
terminal()	# VARIABLE=VALUE... -- ARGUMENT...
{
	local env=(TERM=xterm)
	while [ "$1" != -- ]; do
		env+=("$1")
		shift
	done
	shift
	script -qec "env $(printf '%q ' "${env[@]}" "$run" "$@")" /dev/null < /dev/null
}
shows()	# TEXT COMMAND...
{
	"${@:2}" > shown 2>&1
	grep -qF -- "$1" shown && return
	cat -v shown
	return 1
}
shows_not()
{
	"${@:2}" > shown 2>&1
	! grep -qF -- "$1" shown && return
	cat -v shown
	return 1
}
moves=$'\r\e[K'
red=$'\e[3'
if command -v script > /dev/null; then
	ok "moving_line" shows "${moves}tests: " terminal -- "${test[@]}"
	ok "colours" shows "$red" terminal -- "${test[@]}"
	ok "no_color" shows_not "$red" terminal NO_COLOR=1 -- "${test[@]}"
	ok "quiet_does_not_move" shows_not "$moves" terminal -- -q "${test[@]}"
	ok "dumb_terminal" shows_not $'\e' terminal TERM=dumb -- "${test[@]}"
else
	skip "moving_line" "there is no script(1)"
fi
ok "piped" shows_not $'\e' env TERM=xterm "$run" "${test[@]}"
ok "quiet" shows_not " s)" "$run" --quiet "${test[@]}"
ok "verbose" shows "  ok      " "$run" --verbose --platform ref --out "$TMP/out" tdx_get_quote_test
# Of more than one reason.
"$run" --platform ref --out "$TMP/out" tdx_enter_test tdx_race_args_test > reasons 2>&1
ok "summary_in_short" grep -q " skipped for [0-9]* reasons" reasons
ok "summary_at_length" grep -q "^  skipped [0-9]*: " out/summary

ok "explain" expect 0 "Documentation/virt/kvm/x86/hypercalls.rst, KVM_HC_MAP_GPA_RANGE" \
	"$run" --explain SNP-PSC-EXIT
ok "explain_cases" expect 0 "  snp_psc_test" "$run" --explain SNP-PSC-EXIT
ok "explain_wrong_kernels" expect 0 "tools/check/wrong_kernels/newest/" "$run" --explain SNP-AP-2M
ok "explain_known" expect 0 "Known issues:" "$run" --explain ghcb-nae-rdtsc
ok "explain_meaning" expect 0 "Where a kernel does not meet it:" "$run" --explain SNP-PSC-EXIT
ok "explain_unknown" expect 2 "there is no requirement 'SNP-PSC-EXTI'; there are SNP-PSC-EXIT" \
	"$run" --explain SNP-PSC-EXTI
every_meaning()
{
	local id
	# The words for whatever no kind of requirement has words for.
	for id in $("$BUILD/x86_64/snp_psc_test" --requirements | cut -f 1); do
		perl -I"$ROOT/tools/lib" -MCoco::Explain -e '
			exit !grep { $ARGV[0] =~ $_->[0] && $_->[0] ne qr/^/ } Coco::Explain::meanings()' \
			"$id" || { echo "nothing is said of what a failure of $id means"; return 1; }
	done
}
ok "explain_has_a_meaning_for_each" every_meaning

"$ROOT/tools/man.sh" > run_tests.1
undocumented()
{
	local option
	for option in $("$run" --help | grep -o '^  \(-.,  *\)\?--[a-z-]*' | grep -o -- '--.*'); do
		grep -qF -- "${option//-/\\-}" run_tests.1 || { echo "$option"; return 1; }
	done
}
ok "man_has_every_option" undocumented
if command -v groff > /dev/null; then
	ok "man_is_well_formed" test -z "$(groff -man -Tascii -ww -z run_tests.1 2>&1)"
else
	skip "man_is_well_formed" "there is no groff"
fi

. "$ROOT/tools/completion.bash"
completes()	# WANT WORD...: the last word is being typed
{
	local want=$1
	shift
	COMP_WORDS=("$run" "$@") COMP_CWORD=$#
	COMPREPLY=()
	_coco_run_tests "$run"
	[[ " ${COMPREPLY[*]} " == *" $want "* ]] && return
	echo "wanted $want, got ${COMPREPLY[*]}"
	return 1
}
ok "completes_options" completes --platform --pl
ok "completes_values" completes unicorn --engine u
ok "completes_tests" completes snp_psc_test snp_psc
ok "completes_requirements" completes SNP-PSC-EXIT-NR --explain SNP-PSC-EXIT-N
ok "completes_kdir" completes debian:newest --kdir de
[ "$BUILD" != "$ROOT/build" ] ||
	ok "completes_cases" completes bad.wrap_to_0.answer tdx_map_gpa_test : bad.wrap_to

finish
