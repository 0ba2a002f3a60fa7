# SPDX-License-Identifier: GPL-2.0-only
#
# Kernel trees from Debian's archive: the rest of tree.sh, which sources it, with
# $want or $list.
#
# The machine's apt fetches and verifies; its configuration is read for the mirror
# and the proxy, and nothing of it is written.  All that there is of it lies in
# DIR/debian: linux-VERSION, the trees; offers, what the archive had the last time.
# Without a network these serve.

suites="bookworm bookworm-updates bookworm-backports trixie trixie-updates trixie-backports
	sid experimental"
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
# For the suite's own tests.
etc=${COCO_APT_ETC:-/etc/apt}
debian=$out/debian
# Why the archive is not all that can be chosen from.
why=

# What may be Debian's mirror among the machine's sources, the likely ones first: apt reads
# both formats itself, and tells what it would fetch.  Other archives fail to verify.
mirrors()
{
	apt-get -o Dir::Etc::sourcelist="$etc/sources.list" \
		-o Dir::Etc::sourceparts="$etc/sources.list.d" update --print-uris |
		sed -n "s#^'\(.*\)/dists/[^ ]*/main/binary-.*#\1#p" |
		grep -v -e '^cdrom:' -e '[/-]security' |
		awk '{ print /\/debian(\.list)?$/ ? 0 : 1, $0 }' | sort -u | cut -d ' ' -f 2-
}

# The machine's hooks are for its own lists, and what it takes unverified is its own affair.
configuration()
{
	cat <<-END
		#clear APT::Update::Post-Invoke;
		#clear APT::Update::Post-Invoke-Success;
		APT::Get::AllowUnauthenticated "false";
		APT::Update::Error-Mode "any";
		Acquire::AllowInsecureRepositories "false";
		Acquire::AllowWeakRepositories "false";
		Acquire::Retries "1";
		Acquire::http::Timeout "20";
		Dir::Cache "$debian/cache";
		Dir::Etc::sourcelist "$debian/sources.list";
		Dir::Etc::sourceparts "/dev/null";
		Dir::State::lists "$debian/lists";
		Dir::State::status "/dev/null";
	END
}

# Lines "version suite package-version" of what the lists offer, oldest first.
offers()
{
	local names
	names=$(apt-cache -c "$debian/apt.conf" pkgnames linux-source- |
		grep '^linux-source-[0-9.]*$') || return 0
	# Unquoted: one word a package.
	apt-cache -c "$debian/apt.conf" madison $names | awk -F ' *[|] *' '{
		split($3, place, " ")
		sub(/\/.*/, "", place[2])
		version = $2
		sub(/-[^-]*$/, "", version)
		sub(/~/, "-", version)
		print version, place[2], $2
	}' | sort -k 3,3V -k 2,2
}

# The first thing that apt complains of; not that root's files are no other user's.
complaint()
{
	awk '
		/performed unsandboxed/ { next }
		sub(/^E: */, "") && error == "" { error = $0 }
		sub(/^W: */, "") && warning == "" { warning = $0 }
		END { if (error warning != "") print error != "" ? error : warning }' "$debian/log"
}

# Bring $debian/offers up to date, unless it is of this hour.
refresh()
{
	local mirror suite

	[ -z "$(find "$debian/offers" -mmin -60 2> /dev/null)" ] || return 0
	why="there is no apt-get"
	command -v apt-get > /dev/null || return 0
	why="$keyring is missing: apt-get install debian-archive-keyring"
	[ -r $keyring ] || return 0
	mkdir -p "$debian/lists/partial" "$debian/cache/archives/partial"
	configuration > "$debian/apt.conf"
	mirrors > "$tmp/mirrors" 2> "$debian/log" || :
	why="no source in $etc names a mirror of Debian$(complaint | sed 's/^/: /')"
	while IFS= read -r mirror; do
		for suite in $suites; do
			# Nothing else that this machine's apt would fetch of them.
			echo "deb [arch=amd64 target=Packages signed-by=$keyring] $mirror $suite main"
		done > "$debian/sources.list"
		why=
		apt-get -c "$debian/apt.conf" -q update > "$debian/log" 2>&1 < /dev/null ||
			why="cannot read Debian's archive: $(complaint)"
		offers > "$tmp/offers"
		[ ! -s "$tmp/offers" ] || break
	done < "$tmp/mirrors"
	if [ -s "$tmp/offers" ]; then
		mv "$tmp/offers" "$debian/offers"
		# Then it is not of this hour.
		[ -z "$why" ] || touch -d @0 "$debian/offers"
	fi
}

# The trees that are there, in the form of offers().
unpacked()
{
	local stamp version

	for stamp in "$debian"/linux-*.stamp; do
		current "${stamp%.stamp}" "$files_key" || continue
		version=$(basename "$stamp" .stamp)
		version=${version#linux-}
		echo "$version unpacked ${version/-/\~}"
	done
}

# choose VERSION: the newest offer on stdin that it may be, as "version package-version".
choose()
{
	awk -v want="$1" '
		$1 == want || $1 !~ /-rc/ && (want == "newest" || index($1, want ".") == 1) {
			print $1, $3
		}' | sort -k 2,2V | tail -n 1
}

fetch()	# VERSION PACKAGE-VERSION: false, with $why, if it cannot be had
{
	[[ $1 =~ ^[0-9]+\.[0-9]+ ]]
	local name=linux-source-${BASH_REMATCH[0]}

	moving "fetching $name $2"
	if ! (cd "$tmp" && apt-get -c "$debian/apt.conf" -q download "$name=$2") \
			> "$debian/log" 2>&1 < /dev/null; then
		# Without the lists it cannot be found: that is a consequence.
		why=${why:-"cannot fetch $name $2: $(complaint)"}
		still
		return 1
	fi
	dpkg-deb --fsys-tarfile "$tmp/$name"_*.deb | tar -xO "./usr/src/$name.tar.xz" |
		unpack "$name" "$debian/linux-$1" "$files_key" --xz ||
		die "cannot unpack $name $2 (does $out have 500 MB free?)"
	still
}

# 7.2.13 is the same tomorrow, 7.2 may not be.
if [[ $want =~ ^[0-9]+\.[0-9]+[.-] ]] && current "$debian/linux-$want" "$files_key"; then
	echo "$debian/linux-$want"
	return
fi

if [ -n "$fetched" ]; then
	read -r version package < <(unpacked | choose "$want") ||
		die "debian:$want: nothing was fetched; ./run_tests.sh --setup fetches the newest"
	echo "$debian/linux-$version"
	return
fi
if [ -w "$out" ]; then
	lock_trees
	mkdir -p "$debian"
	refresh
else
	why="$out is not yours to write to"
fi

if [ -n "$list" ]; then
	[ -s "$debian/offers" ] || die "${why:-the archive has no linux-source}"
	[ -z "$why" ] || echo "tree.sh: $why; this is what it offered before" >&2
	awk '{ printf "%-12s %-20s %s\n", $1, $2, $3 }' "$debian/offers"
	return
fi

version= package=
if [ -r "$debian/offers" ]; then
	read -r version package < <(choose "$want" < "$debian/offers") || :
fi
if [ -n "$version" ] && ! current "$debian/linux-$version" "$files_key" && [ -w "$out" ]; then
	fetch "$version" "$package" || version=
fi
if [ -z "$version" ] || ! current "$debian/linux-$version" "$files_key"; then
	read -r version package < <(unpacked | choose "$want") || version=
fi
if [ -z "$version" ]; then
	[ -z "$why" ] || die "debian:$want: $why; and $debian has no such tree"
	die "Debian's archive has no kernel $want; it has" $(cut -d ' ' -f 1 "$debian/offers" | uniq)
fi
[ -z "$why" ] || echo "tree.sh: $why; taking linux-$version" >&2
echo "$debian/linux-$version"
