# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Builds of Remora in the cache: a copy of the sources for each kernel (the
# module), one more for all of them (images, programs, tests). The copy keeps
# what did not change, so make rebuilds what did.

build_root()
{
	echo "$LAB_CACHE/build/$(echo "$LAB_SRC" | cksum | cut -d' ' -f1)"
}

build_sources()
{
	if git -C "$LAB_SRC" rev-parse --git-dir >/dev/null 2>&1; then
		git -C "$LAB_SRC" ls-files -co --exclude-standard
	else
		(cd "$LAB_SRC" && find . -type f ! -path './.git/*' ! -path '*/build/*' ! -name '*.o' ! -name '*.ko' |
			sed 's|^\./||')
	fi | while read -r file; do
		[ -f "$LAB_SRC/$file" ] && echo "$file"
	done | sort -u
}

# Copy what changed since the last time; what went away goes away.
build_copy()
{
	local tree=$1
	mkdir -p "$tree"
	build_sources >"$tree.new"
	[ ! -e "$tree.list" ] ||
		(cd "$tree" && comm -23 "$tree.list" "$tree.new" | tr '\n' '\0' | xargs -0 -r rm -f)
	rsync -rlpc --files-from="$tree.new" "$LAB_SRC/" "$tree/"
	mv "$tree.new" "$tree.list"
}

# build_make LOG KERNEL MAKE-ARGUMENT...: quiet when it works.
build_make()
{
	local log=$1
	shift
	kernel_make "$1" -j"$(nproc)" "${@:2}" >"$log" 2>&1 </dev/null && return 0
	grep -nE 'error|Error|undefined' "$log" | head -n 20 >&2 || true
	tail -n 30 "$log" >&2
	die "the build failed; its whole output is in $log"
}

build_common()
{
	local root target targets=()
	root=$(build_root)/common
	build_copy "$root/tree"
	for target in partition userspace selftests-bins; do
		if grep -qs "^$target:" "$root/tree/Makefile"; then
			targets+=("$target")
		fi
	done
	[ ${#targets[@]} -eq 0 ] || build_make "$root/log" common -C "$root/tree" "${targets[@]}"
}

build_module()
{
	local kernel=$1 root
	root=$(build_root)/$kernel
	build_copy "$root/tree"
	[ -e "$root/tree/Kbuild" ] || return 0
	if grep -qs "^interfaces:" "$root/tree/Makefile"; then
		build_make "$root/log" common -C "$root/tree" interfaces
	fi
	build_make "$root/log" "$kernel" -C "$(kernel_kdir "$kernel")" M="$root/tree" modules
}

# Copy into root $1 what the guest gets of the build.
build_install()
{
	local root=$1 kernel=$2 common module file
	common=$(build_root)/common/tree
	module=$(build_root)/$kernel/tree/remora.ko
	mkdir -p "$root"/{root,usr/bin,lib/firmware/remora,selftests,lib/x86_64-linux-gnu} \
		"$root/lib/modules/$(kernel_release "$kernel")/extra"
	if [ -e "$module" ]; then
		cp "$module" "$root/root/"
		cp "$module" "$root/lib/modules/$(kernel_release "$kernel")/extra/"
		# The stock kernel's own modules are not in the guest: no word about that.
		depmod -b "$root" "$(kernel_release "$kernel")" 2>/dev/null
	fi
	for file in "$common"/partition/build/*.elf; do
		[ ! -e "$file" ] || cp "$file" "$root/lib/firmware/remora/"
	done
	for file in "$common"/userspace/build/remora "$common"/userspace/remora; do
		[ ! -x "$file" ] || cp "$file" "$root/usr/bin/remora"
	done
	find "$common/userspace" -name 'libremora.so*' \
		-exec cp -a {} "$root/lib/x86_64-linux-gnu/" \; 2>/dev/null || true
	build_install_user "$root" "$common/userspace"
	build_install_programs "$root" "$common/partition"
	[ ! -d "$common/selftests" ] ||
		rsync -a --exclude=/lab --exclude='*.o' --exclude='*.d' "$common/selftests/" "$root/selftests/"
}

# The examples with the libraries they need; the udev rule, and this machine's udev to try it with.
build_install_user()
{
	local root=$1 user=$2 examples file
	examples=$root/usr/lib/remora/examples
	mkdir -p "$examples" "$root/lib/udev/rules.d"
	for file in "$user"/build/examples/*; do
		[ ! -x "$file" ] || cp "$file" "$examples/"
	done
	LD_LIBRARY_PATH=$user/build guest_libraries "$root" "$examples"/*
	for file in "$user"/udev/*.rules; do
		[ ! -e "$file" ] || cp "$file" "$root/lib/udev/rules.d/"
	done
	file=$(command -v udevadm) || return 0
	mkdir -p "$root/lib/systemd"
	cp -L "$file" "$root/usr/bin/udevadm"
	guest_libraries "$root" "$file"
	ln -sf ../../usr/bin/udevadm "$root/lib/systemd/systemd-udevd"
}

# Programs for partition cores, the same ones for Linux, and what some of them read.
build_install_programs()
{
	local root=$1 partition=$2 system to file
	for system in remora linux; do
		to=$root/usr/lib/remora/programs/$system
		mkdir -p "$to"
		for file in "$partition/build/apps/$system"/*; do
			[ ! -f "$file" ] || cp "$file" "$to/"
		done
	done
	for file in "$partition"/apps/foreign/*.lua; do
		[ ! -e "$file" ] || cp "$file" "$root/usr/lib/remora/programs/"
	done
}

build_pack()
{
	local kernel=$1 out
	out=$(build_root)/$kernel
	rm -rf "$out/root"
	build_install "$out/root" "$kernel"
	guest_pack "$out/root" "$out/archive.new"
	# Each content has its own name: a run that reads the last one goes on.
	out=$out/archive-$(cksum <"$out/archive.new" | tr ' ' '-').cpio
	[ -e "$out" ] || cp "${out%/*}/archive.new" "$out"
	find "${out%/*}" -name 'archive-*.cpio' -mmin +120 ! -path "$out" -delete
	touch "$out"
	echo "$out"
}

build_all()
{
	build_common >&2
	build_module "$1" >&2
	build_pack "$1"
}

# Build for a kernel and print the archive for the guest; nothing to build: nothing.
build_archive()
{
	[ -e "$LAB_SRC/Kbuild" ] || [ -e "$LAB_SRC/Makefile" ] || return 0
	with_lock "build-${LAB_SRC//\//_}" build_all "$1"
}
