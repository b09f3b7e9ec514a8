// SPDX-License-Identifier: GPL-2.0-only
#include <arch.h>
#include <bootinfo.h>
#include <memory.h>

const struct abi_boot *boot_info;
const struct abi_host *host_page;
struct abi_core *core_page;

URPC_STATIC_ASSERT(offsetof(struct abi_boot, core_page) == 96, "a refusal depends on this offset");

void core_set_state(uint32_t state)
{
	__atomic_store_n(&core_page->state, state, __ATOMIC_RELEASE);
}

void bootinfo_accept(const struct abi_boot *boot)
{
	struct abi_core *core;

	if (boot->magic != ABI_MAGIC)
		arch_stop();
	core = memory_at(boot->core_page);
	if (boot->revision != ABI_REVISION || boot->size != sizeof(*boot)) {
		core->refused_revision = ABI_REVISION;
		__atomic_store_n(&core->state, ABI_CORE_REFUSED, __ATOMIC_RELEASE);
		arch_stop();
	}
	boot_info = boot;
	host_page = memory_at(boot->host_page);
	core_page = core;
	core->start_tsc = arch_cycles();
	core_set_state(ABI_CORE_STARTED);
}
