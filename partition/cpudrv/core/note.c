// SPDX-License-Identifier: GPL-2.0-only
/* The ELF note by which node 0 knows the image. */
#include <abi/image.h>

static const struct {
	uint32_t name_bytes;
	uint32_t bytes;
	uint32_t type;
	char name[(sizeof(ABI_NOTE_NAME) + 3) & ~3ul]; /* padded to words */
	struct abi_image_note image;
} __attribute__((packed, aligned(4))) note __attribute__((section(".note.remora"), used)) = {
	.name_bytes = sizeof(ABI_NOTE_NAME),
	.bytes = sizeof(struct abi_image_note),
	.type = ABI_NOTE_IMAGE,
	.name = ABI_NOTE_NAME,
	.image = {
		.magic = ABI_MAGIC,
		.revision = ABI_REVISION,
		.size = sizeof(struct abi_image_note),
	},
};
