# SPDX-License-Identifier: GPL-2.0-only
#
# Sourced by tools/check/qualify.sh.  machine DIR NODES [NODE=MEMORY:CPUS]...: what sysfs and /proc
# say of a machine with 4 CPUs and 1 GiB a node, but for those that say otherwise.

machine()
{
	local dir=$1 nodes=$2 node given memory cpus distances
	local sys=$dir/sys/devices/system
	shift 2

	mkdir -p "$sys/cpu" "$dir/proc"
	echo "0-$((nodes - 1))" > "$sys/node.online"
	echo "0-$((nodes * 4 - 1))" > "$sys/cpu/online"
	: > "$sys/cpu/offline"
	printf 'vendor_id\t: AuthenticAMD\ncpu family\t: 25\nmodel\t\t: 17\nstepping\t: 1\nmodel name\t: of no machine\n' \
		> "$dir/proc/cpuinfo"
	for ((node = 0; node < nodes; node++)); do
		memory=1048576 cpus=$((node * 4))-$((node * 4 + 3))
		for given; do
			[[ $given == $node=* ]] || continue
			given=${given#*=}
			memory=${given%:*} cpus=${given#*:}
		done
		distances=
		for ((given = 0; given < nodes; given++)); do
			distances="$distances $((given == node ? 10 : given / 4 == node / 4 ? 12 : 32))"
		done
		mkdir -p "$sys/node/node$node"
		printf 'Node %d MemTotal: %d kB\nNode %d MemFree: %d kB\n' $node "$memory" $node "$memory" \
			> "$sys/node/node$node/meminfo"
		echo "$cpus" > "$sys/node/node$node/cpulist"
		echo "${distances# }" > "$sys/node/node$node/distance"
	done
	mv "$sys/node.online" "$sys/node/online"
}
