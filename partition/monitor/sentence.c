// SPDX-License-Identifier: GPL-2.0-only
#include <base/format.h>

#include <sentence.h>

int sentence(char *why, int error, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	base_vformat(why, DOMAIN_SENTENCE, format, args);
	va_end(args);
	return -error;
}

static const char *trap_name(uint64_t vector)
{
	static const char *const names[] = {
		[0] = "division by zero", [1] = "debug trap", [3] = "breakpoint", [4] = "overflow",
		[5] = "bound exceeded", [6] = "undefined instruction", [7] = "no such coprocessor",
		[11] = "segment not there", [12] = "stack segment fault",
		[13] = "general protection fault", [16] = "floating-point error",
		[17] = "alignment fault", [19] = "floating-point error", [21] = "control-flow fault",
	};

	return vector < sizeof(names) / sizeof(names[0]) && names[vector] ? names[vector] : "trap";
}

void sentence_died(char *why, const struct abi_dispatcher_status *s)
{
	uint32_t reason = s ? s->reason : ABI_KILLED_NOT;

	switch (reason) {
	case ABI_KILLED_PAGE_FAULT:
		sentence(why, 0, "page fault: %s %#lx at %#lx: %s",
			 s->error & ABI_PAGE_FAULT_FETCH ? "jump to" :
			 s->error & ABI_PAGE_FAULT_WRITE ? "write to" : "read from",
			 s->address, s->rip,
			 s->error & ABI_PAGE_FAULT_PRESENT ? "not allowed there" : "nothing is mapped there");
		break;
	case ABI_KILLED_TRAP:
		if (s->address == ABI_TRAP_SYSCALL)
			sentence(why, 0, "a system call that nobody serves, at %#lx", s->rip);
		else
			sentence(why, 0, "%s at %#lx (vector %lu, error code %#lx)",
				 trap_name(s->address), s->rip, s->address, s->error);
		break;
	case ABI_KILLED_ENTRY:
		sentence(why, 0, "no entry point for upcall %lu, at %#lx", s->address, s->rip);
		break;
	case ABI_KILLED_FRAME:
		sentence(why, 0, "it gave up its address space, root CNode or shared frame");
		break;
	default:
		sentence(why, 0, "its dispatcher is gone");
	}
}
