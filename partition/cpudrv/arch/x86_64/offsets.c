// SPDX-License-Identifier: GPL-2.0-only
/* Numbers for assembly, taken from the structures: the makefile makes offsets.h of this. */
#include <trap.h>

#define OFFSET(name, type, field) \
	__asm__ volatile("\n#define " name " %c0" ::"i"(__builtin_offsetof(struct type, field)))

void offsets(void);

void offsets(void)
{
	OFFSET("FRAME_VECTOR", trap_frame, vector);
	OFFSET("FRAME_RIP", trap_frame, rip);
	OFFSET("FRAME_CS", trap_frame, cs);
	OFFSET("FRAME_RFLAGS", trap_frame, rflags);
	OFFSET("FRAME_RSP", trap_frame, rsp);
}
