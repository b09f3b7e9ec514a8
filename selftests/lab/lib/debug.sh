# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# The debug kernel, built from Debian's source of 6.12 with debug.config. Its
# directory's source/ is the build tree modules are built against.

DEBUG_PACKAGE=linux-source-6.12
# Large and of no use to this configuration.
DEBUG_WITHOUT="*/Documentation/devicetree */tools/testing */arch/arm/boot */arch/arm64/boot
*/drivers/gpu/drm/amd/include */drivers/net/wireless/*/*/*.c"

# What the build depends on, in one word.
debug_key()
{
	{
		echo "$DEBUG_PACKAGE"
		cat "$LAB_DIR/debug.config"
		gcc --version | head -n 1
	} | md5sum | cut -c1-16
}

debug_unpack()
{
	local work=$1 pattern
	local exclude=()
	set -f
	for pattern in $DEBUG_WITHOUT; do
		exclude+=("--exclude=$pattern")
	done
	set +f
	package_fetch "$work/deb" "$DEBUG_PACKAGE"
	mkdir -p "$work/source"
	tar -C "$work/source" --strip-components=1 --wildcards "${exclude[@]}" \
		-xf "$work"/deb/usr/src/linux-source-*.tar.xz
	rm -rf "$work/deb"
}

# Each option of the fragment must have survived Kconfig's dependencies.
debug_configure()
{
	local source=$1 line lost=""
	make -s -C "$source" tinyconfig >"$source/lab.log" 2>&1
	(cd "$source" && scripts/kconfig/merge_config.sh -m .config "$LAB_DIR/debug.config" \
		>>lab.log 2>&1 && make -s olddefconfig >>lab.log 2>&1)
	while read -r line; do
		case $line in
		CONFIG_*=n) grep -q "^${line%=n}=" "$source/.config" && lost+=" $line" ;;
		CONFIG_*) grep -qxF "$line" "$source/.config" || lost+=" $line" ;;
		esac
	done <"$LAB_DIR/debug.config"
	[ -z "$lost" ] || die "the debug kernel's configuration lost:$lost"
}

# Modules need the tree's headers, scripts and symbols, not its objects.
debug_prune()
{
	find "$1" \( -name '*.o' -o -name '*.a' -o -name '.*.cmd' -o -name '*.c' \) \
		! -path "$1/scripts/*" ! -path "$1/tools/*" -delete
	rm -rf "$1"/{Documentation,sound,samples,drivers,fs,vmlinux.*,.tmp_*}
	rm -rf "$1"/arch/[!x]* "$1"/arch/xtensa
}

# The tree knows its place, so it is built where it stays. A build that was
# killed goes on where it was: "key" in the tree says what it was configured for.
debug_build()
{
	local dir key
	dir=$(kernel_dir debug)
	key=$(debug_key)
	if [ "$(cat "$dir/source/key" 2>/dev/null)" != "$key" ]; then
		rm -rf "$dir"
		mkdir -p "$dir"
		debug_unpack "$dir"
		debug_configure "$dir/source"
		echo "$key" >"$dir/source/key"
	fi
	say "building the debug kernel (5 minutes on 2 processors that do nothing else)"
	nice -n 10 make -C "$dir/source" -j"$(nproc)" vmlinux modules >"$dir/log" 2>&1 </dev/null || {
		tail -n 30 "$dir/log" >&2
		die "the debug kernel did not build; its whole output is in $dir/log"
	}
	rm -f "$dir/source/key"
	strip -g -o "$dir/vmlinux" "$dir/source/vmlinux"
	cp "$dir/source/.config" "$dir/config"
	make -s -C "$dir/source" kernelrelease >"$dir/release"
	debug_prune "$dir/source"
	echo "$key" >"$dir/key"
	touch "$dir/ready"
}

debug_ready()
{
	local dir
	dir=$(kernel_dir debug)
	if [ -e "$dir/ready" ] && [ "$(cat "$dir/key")" != "$(debug_key)" ]; then
		with_lock kernel-debug debug_forget
	fi
	cached kernel-debug "$dir/ready" debug_build
}

# Under the lock: another lab may have built the new one meanwhile.
debug_forget()
{
	local dir
	dir=$(kernel_dir debug)
	[ ! -e "$dir/key" ] || [ "$(cat "$dir/key")" = "$(debug_key)" ] || rm -f "$dir/ready"
}
