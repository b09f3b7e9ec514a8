# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# The guest's root: plain cpio archives one after another. The base (busybox,
# tools, /init) is made once; what a run needs comes in a small one behind it.

GUEST_PACKAGES="busybox-static dash bash coreutils util-linux kmod stress-ng trace-cmd"
# These come before busybox's applets: kselftest's runner needs timeout
# --foreground, and busybox's own shell would not even look for it.
GUEST_PROGRAMS="dash bash timeout stdbuf stty lscpu lsmem taskset chrt setsid kmod stress-ng trace-cmd"
GUEST_LIB=lib/x86_64-linux-gnu

# Copy the shared libraries the ELF files need into root $1, unless there.
guest_libraries()
{
	local root=$1 path
	shift
	mkdir -p "$root/$GUEST_LIB" "$root/lib64"
	{ ldd "$@" 2>/dev/null || true; } |
		awk '$2 == "=>" && $3 ~ /^\// { print $3 } $1 ~ /^\/.*ld-linux/ { print $1 }' |
		sort -u | while read -r path; do
		case $path in
		*/ld-linux*) cp -L "$path" "$root/lib64/" ;;
		*) cp -Ln "$path" "$root/$GUEST_LIB/" ;;
		esac
	done
}

guest_programs()
{
	local root=$1 tools=$2 name file
	local files=()
	for name in $GUEST_PROGRAMS; do
		file=$(find "$tools"/{usr/,}{bin,sbin} -name "$name" -type f 2>/dev/null | head -n 1)
		[ -n "$file" ] || die "the packages of the guest hold no program '$name'"
		rm -f "$root/bin/$name"
		cp "$file" "$root/usr/bin/$name"
		files+=("$root/usr/bin/$name")
	done
	for name in insmod rmmod modprobe lsmod modinfo depmod; do
		rm -f "$root/bin/$name" "$root/sbin/$name"
		ln -sf ../usr/bin/kmod "$root/sbin/$name"
	done
	ln -sf ../usr/bin/bash "$root/bin/bash"
	ln -sf ../usr/bin/dash "$root/bin/sh"
	LD_LIBRARY_PATH=$tools/usr/lib/x86_64-linux-gnu:$tools/lib/x86_64-linux-gnu \
		guest_libraries "$root" "${files[@]}"
}

guest_etc()
{
	local root=$1
	printf '%s\n' root:x:0:0:root:/root:/bin/sh user:x:1000:1000:user:/tmp:/bin/sh \
		nobody:x:65534:65534:nobody:/:/bin/sh >"$root/etc/passwd"
	printf '%s\n' root:x:0: user:x:1000: nogroup:x:65534: >"$root/etc/group"
	echo 'remora-lab' >"$root/etc/hostname"
	ln -s /proc/mounts "$root/etc/mtab"
}

# Pack directory $1 into archive $2; everything belongs to root there, and the
# same contents give the same archive.
guest_pack()
{
	find "$1" -exec touch -h -d @0 {} +
	(cd "$1" && find . -mindepth 1 | sort | cpio -o -H newc --owner 0:0 --reproducible --quiet) >"$2"
}

guest_make_base()
{
	local out=$1 work root applet
	work=$(lab_mktemp)
	root=$work/root
	# shellcheck disable=SC2086
	package_fetch_all "$work/tools" $GUEST_PACKAGES
	mkdir -p "$root"/{bin,sbin,etc,dev,proc,sys,tmp,run,out,root,lab,usr/bin,usr/sbin} \
		"$root"/lib/{modules,firmware} "$root"/var/{log,tmp,lib}
	chmod 1777 "$root/tmp" "$root/var/tmp"
	cp "$work/tools/bin/busybox" "$root/bin/busybox"
	for applet in $("$root/bin/busybox" --list); do
		[ "$applet" = busybox ] || ln -s busybox "$root/bin/$applet"
	done
	guest_programs "$root" "$work/tools"
	guest_etc "$root"
	mkdir -p "$(dirname "$out")"
	guest_pack "$root" "$work/base.cpio"
	rm -f "${out%/*}"/base-*.cpio
	mv "$work/base.cpio" "$out"
	rm -rf "$work"
}

# Print the base archive's path; its name changes with this file.
guest_base()
{
	local key
	key=$(cksum <"$LAB_DIR/lib/guest.sh" | cut -d' ' -f1)
	echo "$LAB_CACHE/guest/base-$key.cpio"
}

guest_ready()
{
	local base
	base=$(guest_base)
	cached guest "$base" guest_make_base "$base"
}

# Quote the arguments for a shell script.
shell_quote()
{
	local arg
	for arg; do
		printf "'%s' " "${arg//\'/\'\\\'\'}"
	done
}

# guest_add ROOT HOSTPATH[:GUESTPATH]: the path in the guest defaults to the same.
guest_add()
{
	local root=$1 from=${2%%:*} to
	to=${2#*:}
	[ "$to" != "$2" ] || to=$(realpath -m "$from")
	[ -e "$from" ] || die "--add $2: there is no '$from' here"
	[[ "$to" = /* ]] || die "--add $2: '$to' is no absolute path in the guest"
	mkdir -p "$root$(dirname "$to")"
	if [ -d "$from" ]; then
		mkdir -p "$root$to"
		cp -a "$from/." "$root$to/"
	else
		cp -aL "$from" "$root$to"
	fi
}
