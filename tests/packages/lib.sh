# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash
# The packages of one release in a clean tree without a compiler: installed, used, upgraded over data, removed, purged; then the services
# under a systemd that has booted.
# scripts/package --test sources this file; OUTPUT has the packages, TREES the trees to remove, RELEASE the release.

PACKAGE_FOLDER=/packages # in the tree

packages_test() {
	local tree=$WORK/clean
	[ -e "$(echo "$OUTPUT"/lookback-common_*.deb)" ] || die "$OUTPUT: found no packages of one version, expected those of scripts/package"
	say "Making a clean tree of $RELEASE"
	TREES+=("$tree")
	root_make "$RELEASE" "$tree"
	mkdir -p "$tree$PACKAGE_FOLDER/old" "$tree$PACKAGE_FOLDER/new"
	cp "$OUTPUT"/lookback*.deb "$tree$PACKAGE_FOLDER/new/"
	rm -f "$tree$PACKAGE_FOLDER"/new/*-dbgsym_*
	packages_make_older "$tree"
	cp "$LOOKBACK_ROOT/tests/packages/in_tree.sh" "$LOOKBACK_ROOT"/tests/data/services.pcap "$LOOKBACK_ROOT"/tests/data/services.tsv "$tree$PACKAGE_FOLDER/"
	root_run "$tree" bash "$PACKAGE_FOLDER/in_tree.sh" || die "the test of the packages of $RELEASE failed"
	say "The packages of $RELEASE were installed, upgraded, removed and purged"
	mkdir "$WORK/packages"
	mv "$tree$PACKAGE_FOLDER/old" "$tree$PACKAGE_FOLDER/new" "$WORK/packages/"
	root_remove "$tree"
	packages_booted "the services of $RELEASE" env BOOT_RELEASE="$RELEASE" BOOT_DEBS="$WORK/packages/new" "$LOOKBACK_ROOT/tests/e2e/test_boot.sh"
	packages_booted "the quick start on $RELEASE" "$LOOKBACK_ROOT/tests/packages/quick_start.sh" "$RELEASE" "$WORK/packages"
}

# A test that boots a container; 77: the machine cannot.
packages_booted() { # what, command…
	local what=$1 status=0
	shift
	say "Testing $what"
	TMPDIR=$WORK "$@" || status=$?
	[ "$status" = 0 ] || [ "$status" = 77 ] || die "the test of $what failed"
}

# The same packages as an older version, which has another text in its configuration files.
packages_make_older() { # tree
	local deb folder
	for deb in "$1$PACKAGE_FOLDER"/new/*.deb; do
		folder=$WORK/older
		rm -rf "$folder"
		dpkg-deb -R "$deb" "$folder"
		sed -i -E 's/^Version: (.*)/Version: \1~older1/; /^Depends:/s/(lookback-common \(= )([^)]*)/\1\2~older1/' "$folder/DEBIAN/control"
		if [ -e "$folder/DEBIAN/conffiles" ]; then
			# shellcheck disable=SC2016  # sed's $
			sed "s|^|$folder|" "$folder/DEBIAN/conffiles" | xargs -d '\n' sed -i '$a # a line of the older version'
			(cd "$folder" && find . -path ./DEBIAN -prune -o -type f -printf '%P\0' | sort -z | xargs -0 md5sum > DEBIAN/md5sums)
		fi
		dpkg-deb --root-owner-group -b "$folder" "$1$PACKAGE_FOLDER/old/${deb##*/}" > /dev/null
	done
	rm -rf "$folder"
}
