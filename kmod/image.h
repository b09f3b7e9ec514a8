/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Images: an ELF file checked field by field (pure, host-tested), its segments laid out for one core.
 */
#ifndef REMORA_IMAGE_H
#define REMORA_IMAGE_H

#include "error.h"

#define REMORA_SEGMENTS_MAX 8
#define REMORA_IMAGE_FILE_MAX (32u << 20)

struct remora_segment {
	__u64 va;          /* page-aligned, inside [ABI_IMAGE_VA, + ABI_IMAGE_SIZE_MAX) */
	__u64 file_offset;
	__u64 file_bytes;
	__u64 bytes;       /* in memory, rounded up to pages; the rest is zero */
	bool write;
	bool execute;
};

/** struct remora_image - what was checked; offsets are good for exactly the checked file bytes */
struct remora_image {
	const void *data; /* file bytes, owned by the caller */
	__u64 bytes;
	__u64 entry;
	__u64 span; /* bytes from ABI_IMAGE_VA to the end of the last segment */
	unsigned int count;
	struct remora_segment segment[REMORA_SEGMENTS_MAX];
};

/**
 * remora_image_parse - check an image
 * @data: the file's bytes, any alignment; not modified, not trusted
 * Context: any. Pure. Return: 0, or a negative errno with reason and sentence.
 */
int remora_image_parse(const void *data, __u64 bytes, struct remora_image *image,
		       struct remora_error *err);

/** remora_image_copy - lay the segments out at @to, which has image->span zeroed bytes */
void remora_image_copy(const struct remora_image *image, void *to);

#endif
