# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Stock Debian kernels in the cache: an extracted vmlinux to boot (PVH), and the
# headers to build modules against. One directory a kernel:
#   vmlinux release config headers/ ready

KERNEL_NAMES="6.1 6.12 debug 7"

kernel_dir()
{
	echo "$LAB_CACHE/kernel/$1"
}

kernel_check_name()
{
	case " $KERNEL_NAMES " in
	*" $1 "*) ;;
	*) die "unknown kernel '$1'; expected one of: $KERNEL_NAMES" ;;
	esac
}

# Print the metapackage suffix of a stock kernel: linux-image$suffix.
kernel_meta()
{
	case $1 in
	6.1 | 7) echo -amd64 ;;
	6.12) echo -6.12-amd64 ;;
	*) die "internal: kernel '$1' is no package" ;;
	esac
}

# Little-endian number of $3 bytes at offset $2 of file $1.
file_number()
{
	od -An -v -t "u$3" -j "$2" -N "$3" "$1" | tr -d ' '
}

# kernel_extract BZIMAGE VMLINUX. The setup header (Linux x86 boot protocol 2.08)
# says where the compressed ELF file lies: setup_sects 0x1f1, payload_offset
# 0x248, payload_length 0x24c; its last four bytes are the size unpacked.
kernel_extract()
{
	local image=$1 out=$2 sects offset length magic unpack
	[ "$(file_number "$image" 514 4)" = 1400005704 ] ||
		die "$image is no x86 kernel image (no 'HdrS' at offset 0x202)"
	sects=$(file_number "$image" 497 1)
	offset=$(((sects + 1) * 512 + $(file_number "$image" 584 4)))
	length=$(($(file_number "$image" 588 4) - 4))
	magic=$(od -An -v -t x1 -j "$offset" -N 4 "$image" | tr -d ' ')
	case $magic in
	fd377a58) unpack="xz -dc" ;;
	28b52ffd) unpack="zstd -dc" ;;
	1f8b*) unpack="gzip -dc" ;;
	*) die "$image: compression with magic $magic is not known here" ;;
	esac
	tail -c +$((offset + 1)) "$image" | head -c "$length" | $unpack >"$out" || true
	[ "$(file_number "$out" 0 4)" = 1179403647 ] || die "$image: no ELF file came out"
}

# The headers' Makefile names its sibling by absolute path: make it ours.
kernel_headers_relocate()
{
	local makefile
	for makefile in "$1"/usr/src/linux-headers-*-amd64/Makefile; do
		sed -i -E "s#^(include |KBUILD_OUTPUT=)/usr/src/#\1$2/usr/src/#" "$makefile"
	done
}

# Find the file NAME or NAME-RELEASE in an unpacked image package.
kernel_file()
{
	find "$1" -type f \( -path "*/boot/$2-*" -o -path "*/modules/*/$2" \) | grep -m1 . ||
		die "the kernel's package holds no $2"
}

kernel_fetch()
{
	local name=$1 dir work meta image headers parts depends
	dir=$(kernel_dir "$name")
	meta=$(kernel_meta "$name")
	apt_ready
	image=$(package_depends "linux-image$meta" | grep -m1 '^linux-image-[0-9]') ||
		die "no package linux-image$meta in the mirrors of this machine"
	headers=$(package_depends "linux-headers$meta" | grep -m1 '^linux-headers-[0-9]') ||
		die "no package linux-headers$meta in the mirrors of this machine"
	# From 7.x on the image and its configuration are packages of their own.
	parts=$(package_depends "$image" | grep -E '^linux-(base|binary)-[0-9]') || true
	depends=$(package_depends "$headers" | grep -E '^linux-(headers-.*-common|kbuild-)')
	work=$(lab_mktemp)
	# shellcheck disable=SC2086
	package_fetch "$work/image" "$image" $parts
	# shellcheck disable=SC2086
	package_fetch "$work/headers" "$headers" $depends
	kernel_extract "$(kernel_file "$work/image" vmlinuz)" "$work/vmlinux"
	cp "$(kernel_file "$work/image" config)" "$work/config"
	echo "${image#linux-image-}" >"$work/release"
	rm -rf "$work/image"
	kernel_headers_relocate "$work/headers" "$dir/headers"
	touch "$work/ready"
	publish "$work" "$dir"
	say "kernel $name is $(cat "$dir/release")"
}

kernel_ready()
{
	kernel_check_name "$1"
	case $1 in
	debug) debug_ready ;;
	7) next_ready && APT_SET=next cached kernel-7 "$(kernel_dir 7)/ready" kernel_fetch 7 ;;
	*) cached "kernel-$1" "$(kernel_dir "$1")/ready" kernel_fetch "$1" ;;
	esac
}

# make for a kernel's modules: with the tools that kernel was built with.
kernel_make()
{
	local kernel=$1
	shift
	if [ "$kernel" = 7 ]; then
		next_run make "$@"
	else
		make "$@"
	fi
}

# Print the directory modules are built against.
kernel_kdir()
{
	local dir
	dir=$(kernel_dir "$1")
	if [ -d "$dir/source" ]; then
		echo "$dir/source"
	else
		echo "$dir"/headers/usr/src/linux-headers-*-amd64
	fi
}

kernel_release()
{
	cat "$(kernel_dir "$1")/release"
}
