# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash
# Trees of another Debian release, for tests. A script sources this file after lib.sh. Needs root; need_packages chroot
# installs debootstrap.
#
#     root_obstacle                           prints why this machine cannot have such a tree; nothing if it can
#     root_make RELEASE FOLDER [PACKAGE…]     makes a tree of trixie or bookworm, and installs packages there
#     root_run FOLDER COMMAND…                runs a command in it
#     root_remove FOLDER                      removes it
#
# Environment: LOOKBACK_CACHE: folder for fresh trees, as archives (/var/cache/lookback);
# LOOKBACK_MIRROR: Debian mirror (default: the machine's own, else http://deb.debian.org/debian).

ROOT_CACHE=${LOOKBACK_CACHE:-/var/cache/lookback}
ROOT_MARK=.lookback-root # a file in each tree: root_remove removes no other folder
ROOT_MAX_AGE_DAYS=7      # of a cached tree

root_obstacle() {
	local folder
	is_root || { echo "root is needed to make a tree of another Debian release"; return; }
	unshare --mount --pid --fork --propagation private mount -t proc proc /proc 2> /dev/null ||
		{ echo "this machine does not permit mounts in a namespace, which a tree of another Debian release needs"; return; }
	folder=$(mktemp -d)
	mknod "$folder/null" c 1 3 2> /dev/null && : 2> /dev/null > "$folder/null" ||
		echo "this machine does not permit device files, which a tree of another Debian release needs"
	rm -rf "$folder"
}

# Makes a minimal tree of a release in a folder that is empty or does not exist, and installs the packages that follow.
# Services do not start in it. apt's lists are current. Fails, with the log on stderr.
root_make() { # release, folder, packages…
	local release=$1 folder=$2 log status=0
	shift 2
	[ ! -e "$folder" ] || [ -z "$(ls -A "$folder")" ] || die "$folder: found files, expected an empty folder"
	mkdir -p "$folder"
	touch "$folder/$ROOT_MARK"
	log=$(mktemp)
	(root_fresh "$release" "$folder" && root_prepare "$folder" && root_install "$folder" "$@") > "$log" 2>&1 || status=$?
	[ "$status" = 0 ] || tail -n 30 "$log" >&2
	rm -f "$log"
	[ "$status" = 0 ] || die "no tree of $release could be made in $folder"
}

# The machine may have a mirror of its own, and no way to another.
root_mirror() {
	local found
	found=$(apt-get indextargets --format '$(REPO_URI)' 'Origin: Debian' 'Label: Debian' 2> /dev/null | head -n 1) || true
	[[ $found == http* ]] || found=http://deb.debian.org/debian
	printf '%s\n' "${LOOKBACK_MIRROR:-$found}"
}

# Fills a folder with the tree as debootstrap leaves it: from the archive in the cache, or from the mirror.
root_fresh() { # release, folder
	local archive
	archive=$ROOT_CACHE/$1-$(dpkg --print-architecture).tar.gz
	mkdir -p "$ROOT_CACHE"
	{
		flock 7
		find "$archive" -mtime "+$ROOT_MAX_AGE_DAYS" -delete 2> /dev/null || true
		if [ ! -s "$archive" ]; then
			unshare --mount --pid --fork --kill-child --mount-proc --propagation private \
				debootstrap --variant=minbase --include=ca-certificates "$1" "$2" "$(root_mirror)" || return 1
			rm -f "$2"/var/cache/apt/archives/*.deb
			# Without the archive, only the next tree takes longer.
			{ tar -C "$2" --numeric-owner --one-file-system -c . | gzip -1 > "$archive.new" && mv "$archive.new" "$archive"; } ||
				rm -f "$archive.new"
			return
		fi
	} 7> "$ROOT_CACHE/.lock"
	tar -C "$2" --numeric-owner -xzf "$archive"
}

root_prepare() { # folder
	chmod 755 "$1" # mktemp makes folders that no other user may enter
	printf '#!/bin/sh\nexit 101\n' > "$1/usr/sbin/policy-rc.d"
	chmod 755 "$1/usr/sbin/policy-rc.d"
	echo force-unsafe-io > "$1/etc/dpkg/dpkg.cfg.d/lookback-root" # no fsync: the tree is thrown away
	printf 'Acquire::Retries "3";\nAcquire::Languages "none";\n' > "$1/etc/apt/apt.conf.d/90lookback-root"
	root_run "$1" apt-get update -q
}

root_install() { # folder, packages…
	[ $# -gt 1 ] || return 0
	root_run "$1" apt-get install -y -q --no-install-recommends "${@:2}"
}

# Runs a command as root in a tree, with namespaces of its own for mounts and processes: what it starts ends with it. It
# has the machine's network, /sys and /dev, and a plain environment; TERM, CI and variables of proxies are kept. Stdin,
# stdout and stderr are the caller's. Returns the command's exit status.
root_run() { # folder, command…
	local folder=$1 name kept=()
	shift
	[ -e "$folder/$ROOT_MARK" ] || die "$folder: not a tree made by root_make"
	for name in TERM CI http_proxy https_proxy no_proxy; do
		[ -z "${!name+x}" ] || kept+=("$name=${!name}")
	done
	unshare --mount --pid --fork --kill-child --propagation private \
		env -i HOME=/root PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 \
		DEBIAN_FRONTEND=noninteractive "${kept[@]}" bash -c "$ROOT_ENTER" root_run "$folder" "$@"
}
# Process 1 of a tree. pivot_root and not chroot: programs that check their mounts see an ordinary machine.
# shellcheck disable=SC2016  # expanded by that process
ROOT_ENTER='
	set -e
	tree=$1
	shift
	mount --bind "$tree" "$tree"
	mount -t proc proc "$tree/proc"
	mount --rbind /sys "$tree/sys"
	mount --rbind /dev "$tree/dev"
	if [ -e /etc/resolv.conf ]; then
		rm -f "$tree/etc/resolv.conf"
		cat /etc/resolv.conf > "$tree/etc/resolv.conf"
	fi
	cd "$tree"
	mkdir -p .old
	pivot_root . .old
	cd /
	umount -l /.old
	rmdir /.old
	set +e
	"$@" <&0 &
	child=$!
	trap "kill -TERM $child 2> /dev/null" TERM
	trap "kill -INT $child 2> /dev/null" INT
	while :; do
		wait "$child"
		status=$?
		kill -0 "$child" 2> /dev/null || exit "$status"
	done'

root_remove() { # folder
	[ -e "$1" ] || return 0
	[ -e "$1/$ROOT_MARK" ] || die "$1: not a tree made by root_make; it is not removed"
	rm -rf --one-file-system "$1"
}
