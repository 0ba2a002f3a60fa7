#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Clients of the uAPI that are not ours, on the in-process KVM: the default tree's
# own tests, unmodified, with either engine; on unicorn as an ordinary user, too.
. "$(dirname "$0")/lib.sh"

preload=$BUILD/inproc/libinproc-src.so
[ -f "$preload" ] || {
	echo "Bail out! $preload was not built"
	exit 1
}

# Platform src has a kernel in it whatever the client is.
image=$("$ROOT/tools/image.sh" --out "$BUILD" | sed -n 's/^IMAGE=//p')
[ -n "$image" ] || {
	echo "Bail out! no kernel image"
	exit 1
}

user=(setpriv --reuid=65534 --regid=65534 --clear-groups)

# client ENGINE PROGRAM [COMMAND...]: passes if the program does.
client()
{
	local engine=$1 program=$2 log=$TMP/log
	shift 2
	"$@" env COCO_ENGINE="$engine" COCO_PLATFORM=src COCO_IMAGE="$image" \
		LD_PRELOAD="$preload" timeout 40 "$LIBKVM/$program" > "$log" 2>&1 < /dev/null
	local status=$?
	tail -n 15 "$log"
	[ $status = 0 ]
}

# If the real /dev/kvm served these clients, they would not care for an engine.
refuses_unknown_engine()
{
	! client nonesuch guest_print_test && grep -q nonesuch "$TMP/log"
}

LIBKVM=$BUILD/libkvm
ok "served_by_the_in-process_KVM" refuses_unknown_engine
for program in guest_print_test x86_64/userspace_io_test; do
	name=$(basename "$program")
	if [ -r /dev/kvm ] && [ -w /dev/kvm ]; then
		ok "$name.kvm" client kvm "$program"
	else
		skip "$name.kvm" "no usable /dev/kvm"
	fi
	ok "$name.unicorn" client unicorn "$program"
	if [ "$(id -u)" != 0 ]; then
		skip "$name.unicorn.user" "not root: all of this runs as an ordinary user"
	elif "${user[@]}" test -x "$LIBKVM/$program" 2> /dev/null; then
		ok "$name.unicorn.user" client unicorn "$program" "${user[@]}"
	else
		skip "$name.unicorn.user" "other users may not enter $BUILD"
	fi
done

finish
