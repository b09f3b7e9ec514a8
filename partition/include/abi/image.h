/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * A CPU driver image: a static ELF64 x86-64 executable (ET_EXEC), linked at ABI_IMAGE_VA, whose
 * PT_LOAD segments are page-aligned, disjoint, ascending and never both writable and executable,
 * with one PT_NOTE that holds the note below. Everything else in the file is ignored.
 */
#ifndef ABI_IMAGE_H
#define ABI_IMAGE_H

#include <urpc/types.h>

/* Raised with every incompatible change of anything under abi/ or urpc/abi.h. */
#define ABI_REVISION 4u
#define ABI_MAGIC 0x41524f4d4552ull /* "REMORA", little endian */

#define ABI_NOTE_NAME "Remora"
#define ABI_NOTE_IMAGE 1u

/** struct abi_image_note - descriptor of the image note */
struct abi_image_note {
	uint64_t magic;    /* ABI_MAGIC */
	uint32_t revision; /* ABI_REVISION the image was built for */
	uint32_t size;     /* sizeof(struct abi_image_note) */
};

URPC_STATIC_ASSERT(sizeof(struct abi_image_note) == 16, "image note");

#endif
