/* SPDX-License-Identifier: GPL-2.0-only */
/* Layout of the image: abi/image.h says what node 0 demands. Run through the C preprocessor. */
#include <abi/layout.h>
#include <x86.h>

OUTPUT_FORMAT(elf64-x86-64)
OUTPUT_ARCH(i386:x86-64)
ENTRY(_start)

PHDRS
{
	text PT_LOAD FLAGS(5);
	rodata PT_LOAD FLAGS(4);
	data PT_LOAD FLAGS(6);
	note PT_NOTE FLAGS(4);
}

SECTIONS
{
	. = ABI_IMAGE_VA;
	section_text = .;
	.text : {
		KEEP(*(.text.vectors))
		*(.text.boot)
		*(.text .text.*)
	} :text
	. = ALIGN(ABI_PAGE_SIZE);
	section_text_end = .;

	section_rodata = .;
	.note.remora : { KEEP(*(.note.remora)) } :rodata :note
	.rodata : { *(.rodata .rodata.*) } :rodata
	.monitor : ALIGN(ABI_PAGE_SIZE) { KEEP(*(.monitor)) } :rodata
	. = ALIGN(ABI_PAGE_SIZE);
	section_rodata_end = .;

	section_data = .;
	.data : { *(.data .data.*) } :data
	.bss : { *(.bss .bss.* COMMON) . = ALIGN(ABI_PAGE_SIZE); } :data
	section_data_end = .;

	/DISCARD/ : { *(.comment .note.GNU-stack .note.gnu.* .eh_frame*) }
}

ASSERT(vector_stubs == ABI_IMAGE_VA, "the entry stubs must be first: idt.c counts on it")
ASSERT(vector_stubs_end - vector_stubs == VECTOR_STUB(VECTORS), "an entry stub is not 4 bytes long")
ASSERT(section_data_end - section_text <= ABI_IMAGE_SIZE_MAX, "image too large")
