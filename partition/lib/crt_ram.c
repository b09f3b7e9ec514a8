// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
#include <abi/boot.h>

#include <lib/crt.h>

__attribute__((weak)) unsigned int rt_ram_caps(const struct abi_startup *startup,
					       struct abi_cap_at *caps, unsigned int room)
{
	unsigned int count = 0;

	if (startup->domain) {
		caps[0] = (struct abi_cap_at){ ABI_SLOT_RAM, ABI_DOMAIN_ROOT_BITS, 0 };
		return 1;
	}
	for (uint32_t i = 0; i < ABI_STARTUP_EXTENTS && count < room; i++) {
		const struct abi_startup_extent *e = &startup->extents[i];

		if (e->bytes && e->kind == ABI_EXTENT_RAM)
			caps[count++] = (struct abi_cap_at){ ABI_SLOT_EXTENTS + i,
							     ABI_DOMAIN_ROOT_BITS, 0 };
	}
	return count;
}
