#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# run_tests.sh --qualify: what it refuses; plans of machines that there are not; a whole round on
# one with two nodes, stopped and resumed; and what speaks against a machine: an exit that takes
# long, one that fails, memory that is elsewhere, a line in the kernel's log, a crash.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/qualify/machine.sh"

export BUILD
if ! "$ROOT/tools/setup.sh" qualify 2> "$TMP/missing"; then
	echo "1..0 # SKIP $(head -n 1 "$TMP/missing")"
	exit 0
fi
"$ROOT/tools/build.sh" qualify || exit 1
cc -O2 -shared -fPIC -o "$TMP/machine.so" "$(dirname "$0")/qualify/machine.c" -ldl || exit 1
: > "$TMP/log"
export COCO_KMSG=$TMP/log
run=$ROOT/run_tests.sh
tree=${CHECK_KDIR:-$BUILD/linux-source-6.12}

ok "without_it" expect 2 "--rounds goes with --qualify" "$run" --rounds 2
ok "platform" expect 2 "--qualify runs on platform hw or src" "$run" --qualify --platform ref
ok "patch" expect 2 "takes a kernel as it is" "$run" --qualify --patch "$ROOT/tools/patches/6.12/coco-v1.patch"
qualify=("$ROOT/tools/qualify.pl" --root "$ROOT" --build "$BUILD" --platform src --engine unicorn --vendor snp)
ok "rounds_word" expect 2 "--rounds: 'many' is not a number" "${qualify[@]}" --rounds many
ok "for_word" expect 2 "--for: 'soon' is no time" "${qualify[@]}" --for soon
ok "for_and_rounds" expect 2 "two ways" "${qualify[@]}" --for 2h --rounds 2
ok "limit_zero" expect 2 "--limit: '0' is not a positive number" "${qualify[@]}" --limit 0
ok "resume_nothing" expect 2 "there is no qualification in it" "${qualify[@]}" --resume "$TMP"
ok "hotplug_src" expect 2 "on platform hw alone" "${qualify[@]}" --out "$TMP/none" --kdir "$tree" --cpu-hotplug
ok "only_unknown" expect 2 "is not one of exits, each-cpu" "${qualify[@]}" --out "$TMP/none" --kdir "$tree" \
	--only frobnicate

# ---- plans ----

machine "$TMP/one" 1
machine "$TMP/two" 2
machine "$TMP/eight" 8 5=0:20-23 7=1048576:
echo 0-27 > "$TMP/eight/sys/devices/system/cpu/online"
echo 28-31 > "$TMP/eight/sys/devices/system/cpu/offline"

# planned MACHINE KIND NUMBER...: so many steps of each kind there.
planned()
{
	local machine=$1 got
	shift
	[ -e "$TMP/$machine.plan" ] || COCO_SYSROOT=$TMP/$machine "${qualify[@]}" --out "$TMP/plan" --kdir "$tree" \
		--plan > "$TMP/$machine.plan" || return 1
	while [ $# -gt 0 ]; do
		got=$(grep -c "^snp $1 " "$TMP/$machine.plan")
		[ "$got" = "$2" ] || { echo "$machine: $got steps of $1, not $2"; cat "$TMP/$machine.plan"; return 1; }
		shift 2
	done
}

plan_says()
{
	grep -qF -- "$2" "$TMP/$1.plan" || { cat "$TMP/$1.plan"; return 1; }
}
ok "plan_one" planned one exits 1 each-cpu 1 interleave 1 migrate 2 pressure 1 several 1
ok "plan_one.left_out" plan_says one "left out: pairs of nodes"
ok "plan_two" planned two exits 4 each-cpu 2 interleave 1 migrate 2 pressure 2 signals 2
ok "plan_two.pair" plan_says two "--at 0:4-7"
# 7 nodes have memory, 7 have CPUs, and those are not the same.
ok "plan_eight" planned eight exits 49 each-cpu 7 interleave 21 migrate 42 pressure 7 signals 7
ok "plan_eight.nearest" plan_says eight "--at 4:20-23"
ok "plan_eight.offline" plan_says eight "left out: CPUs 28-31: offline"

# ---- runs, on a machine with two nodes ----

export COCO_SYSROOT=$TMP/two COCO_MACHINE=$TMP/machine.so COCO_NODES=2
runs=("${qualify[@]}" --kdir "$tree" --count 2 --seconds 1 --vms 2 --mib 8)

# of FILE EXPRESSION: of its record, in $_.
of()
{
	perl -MJSON::PP -e 'local $/; open F, "<", shift; $_ = decode_json(<F>); print eval shift, "\n"' \
		"$1/record.json" "$2"
}
is()
{
	local got
	got=$(of "$TMP/$1" "$2")
	[ "$got" = "$3" ] || { echo "$2: '$got', not '$3'"; return 1; }
}

# Ended when the first step is done, it has the rest to do.
stopped()
{
	local pid

	COCO_ASKED=$TMP/asked "${runs[@]}" --out "$TMP/whole" --only exits,interleave,migrate > "$TMP/said" 2>&1 & pid=$!
	for _ in {1..300}; do
		grep -q '^round 1, 1/' "$TMP/said" && break
		sleep 0.1
	done
	kill -TERM $pid
	wait $pid
	[ $? = 3 ] && grep -q '^incomplete' "$TMP/said" && grep -q 'go on with: .* --resume' "$TMP/said" && return
	cat "$TMP/said"
	return 1
}
ok "stopped" stopped
ok "begun_already" expect 2 "--resume goes on with" "${runs[@]}" --out "$TMP/whole"
ok "resumed" env COCO_ASKED="$TMP/asked" "${qualify[@]}" --resume "$TMP/whole" --sign-off "A. Tester"
ok "resumed.verdict" is whole '"$_->{verdict} $_->{rounds} $_->{steps}{pass} of $_->{steps_of_a_round}"' \
	"qualified 1 7 of 7"
ok "resumed.sessions" is whole 'join " ", map { $_->{stopped} } @{$_->{sessions}}' "SIGTERM done"
ok "resumed.signed" is whole '$_->{signed_off}{by}' "A. Tester"
ok "pairs" is whole 'join " ", map { "$_->{memory}-$_->{cpus}" } @{(grep { $_->{name} eq "page state change" } @{$_->{exits}})[0]{pairs}}' \
	"0-0 0-1 1-0 1-1"
ok "counts" is whole '(grep { $_->{name} eq "page state change" } @{$_->{exits}})[0]{pairs}[3]{n}' 2
ok "asked" test "$(sort -u "$TMP/asked" | paste -s -d ' ')" = "cpu 0 cpu 4 memory 0 memory 1 move 0 move 1"
ok "moved" is whole '(grep { $_->{kind} eq "migrate" } @{$_->{kinds}})[0]{moved_pages} > 100' 1
ok "page" grep -q "<b>Qualified</b>" "$TMP/whole/record.html"
well_formed()
{
	! command -v xmllint > /dev/null || xmllint --noout "$TMP/whole/record.html"
}
ok "page_is_xml" well_formed
ok "other_machine" expect 2 "begun with another nodes, '2' and not '1'" env COCO_SYSROOT="$TMP/one" \
	"${qualify[@]}" --resume "$TMP/whole"

cp -r "$TMP/whole" "$TMP/crashed"

# What it is to go on with holds for the next time, too.
goes_on_with()
{
	"${qualify[@]}" --resume "$TMP/whole" --for 1s && grep '"for" : 1\b' "$TMP/whole/qualify.json"
}
ok "resumed.for" goes_on_with

# Of a machine that went down in its last step, in the middle of a line.
crashed()
{
	sed -i -e '/"event":"stop"/d' -e '1,2s/"boot":"[^"]*"/"boot":"another"/' "$TMP/crashed/steps.jsonl"
	sed -i '$d' "$TMP/crashed/steps.jsonl"
	printf '{"event":"end","id":"snp mig' >> "$TMP/crashed/steps.jsonl"
	"${qualify[@]}" --resume "$TMP/crashed"
}
ok "crashed" expect 1 "the machine went down during 'snp" crashed
ok "crashed.done" is crashed '"$_->{steps}{pass}"' 7

# ---- what speaks against it ----

against()
{
	local name=$1 kind=$2
	shift 2
	env "$@" "${runs[@]}" --out "$TMP/$name" --limit 0.4 --only "$kind"
}
ok "slow" expect 1 "took 0.5" against slow limit COCO_SLOW=5
ok "fault" expect 1 "KVM_RUN: wanted success (0x0), got EFAULT" against fault limit COCO_FAULT=6
ok "elsewhere" expect 1 "of guest memory are on node 1, to which it is bound" against elsewhere several COCO_ELSEWHERE=1
# As the kernel has it: level 3, then one of a user's, and one that says nothing bad.
logged()	# NAME LINE
{
	local writer status=0
	# All of it may take less than 100 ms.
	while printf '%s\n' "$2"; do
		sleep 0.005
	done >> "$TMP/log" & writer=$!
	against "$1" limit COCO_NODES=2 || status=$?
	kill $writer
	return $status
}
ok "logged" expect 1 "EDAC MC0: 1 UE on DIMM0" logged logged '3,1,1000,-;EDAC MC0: 1 UE on DIMM0'
ok "logged.record" is logged '(grep { $_->{bad} } @{$_->{log}{lines}})[0]{text}' "EDAC MC0: 1 UE on DIMM0"
# Of guests that the machine's own KVM executes, which is not what is qualified on src.
ok "logged.kvm" expect 0 "kvm: vcpu0: triple fault" logged logged_kvm '3,1,1000,-;kvm: vcpu0: triple fault'
ok "logged.kvm_warns" expect 1 "kvm: WARNING: at x86.c:1" logged logged_warn '3,1,1000,-;kvm: WARNING: at x86.c:1'
rm "$TMP/log"
ok "no_log" expect 0 "kernel's log is not watched" "${runs[@]}" --out "$TMP/no_log" --only limit
finish
