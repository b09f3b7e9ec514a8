// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <arch.h>
#include <bootinfo.h>
#include <console.h>
#include <link.h>
#include <memory.h>
#include <messages.h>
#include <shoot.h>
#include <timer.h>

#include "fake.h"

unsigned char *fake_ram;
uint64_t fake_tsc;
static void nothing(void)
{
}
void (*fake_world)(void) = nothing;
void (*fake_window)(void) = nothing;

struct abi_boot *fake_boot;
struct abi_host *fake_host;
struct abi_core *fake_core;
unsigned int fake_rings;
uint32_t fake_ring_apic;
uint8_t fake_ring_vector;
unsigned int fake_halts;
uint64_t fake_timer;
bool fake_doorbell;

bool arch_ring(uint32_t apic_id, uint8_t vector)
{
	fake_rings++;
	fake_ring_apic = apic_id;
	fake_ring_vector = vector;
	return true;
}

void arch_timer_set(uint64_t deadline)
{
	fake_timer = deadline ? deadline : 1;
}

void arch_timer_off(void)
{
	fake_timer = 0;
}

/* The timer, if it is set, ends a halt that no doorbell has ended. */
void arch_halt(void)
{
	fake_halts++;
	fake_doorbell = false;
	fake_world();
	if (fake_timer && !fake_doorbell) {
		if (fake_timer > fake_tsc)
			fake_tsc = fake_timer;
		fake_tsc += 5000; /* what a wake-up costs here */
		core_page->count.timers++;
		fake_timer = 0;
	}
}

void arch_stop(void)
{
	_exit(0);
}

void arch_write_protect(bool on)
{
	(void)on;
}

void arch_undefined(void)
{
}

void arch_overrun(void)
{
}

void *arch_stack_guard(void)
{
	return NULL;
}

void *arch_text(void)
{
	return NULL;
}

void arch_backtrace_here(void)
{
}

/* Test pages: where each is mapped, and where its cached translation leads; ~0: none is cached. */
static uint32_t test_mapped[ABI_SHOOT_PAGES_MAX];
static uint32_t test_cached[ABI_SHOOT_PAGES_MAX];
bool fake_flush_broken;
uint64_t fake_window_bytes;
int fake_window_error;

bool arch_flush_known(uint32_t method)
{
	return method <= ABI_SHOOT_FULL && method != ABI_SHOOT_PCID;
}

void arch_flush(uint32_t method, uint32_t pages)
{
	if (method == ABI_SHOOT_NONE || fake_flush_broken)
		return;
	for (uint32_t i = 0; i < pages; i++)
		test_cached[i] = UINT32_MAX;
}

int arch_window_add(uint64_t base, uint64_t bytes)
{
	if (fake_window_error)
		return fake_window_error;
	assert_true(bytes && bytes <= ABI_MEMORY_STEP && !((base | bytes) % ABI_LARGE_PAGE_SIZE));
	fake_window_bytes += bytes;
	return 0;
}

void arch_window_remove(uint64_t base, uint64_t bytes)
{
	assert_true(bytes && bytes <= ABI_MEMORY_STEP && !((base | bytes) % ABI_LARGE_PAGE_SIZE));
	fake_window_bytes -= bytes;
}

void arch_test_reset(void)
{
	memset(test_mapped, 0, sizeof(test_mapped));
	memset(test_cached, 0xff, sizeof(test_cached));
}

uint32_t arch_test_touch(uint32_t pages)
{
	uint32_t stale = 0;

	for (uint32_t i = 0; i < pages; i++) {
		if (test_cached[i] == UINT32_MAX)
			test_cached[i] = test_mapped[i];
		stale += test_cached[i] != test_mapped[i];
	}
	return stale;
}

void arch_test_move(uint32_t pages)
{
	for (uint32_t i = 0; i < pages; i++)
		test_mapped[i] ^= 1;
}

static void extent(uint64_t base, uint64_t size, uint32_t kind)
{
	fake_boot->extents[fake_boot->extent_count++] =
		(struct abi_extent){ .base = base, .size = size, .kind = kind };
}

void fake_prepare(void)
{
	struct abi_channel *peers;

	if (!fake_ram)
		fake_ram = mmap(NULL, FAKE_RAM, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
				-1, 0);
	if (fake_ram == MAP_FAILED)
		abort();
	memset(fake_ram, 0, FAKE_RAM);
	fake_boot = arch_window(FAKE_PAGES);
	fake_host = arch_window(FAKE_PAGES + ABI_PAGE_SIZE);
	fake_core = arch_window(FAKE_PAGES + 2 * ABI_PAGE_SIZE);
	*fake_boot = (struct abi_boot){
		.magic = ABI_MAGIC,
		.revision = ABI_REVISION,
		.size = sizeof(*fake_boot),
		.node = 1,
		.nodes = 3,
		.flags = ABI_BOOT_FAULTS,
		.tsc_khz = 1000000,
		.host_page = FAKE_PAGES + ABI_PAGE_SIZE,
		.core_page = FAKE_PAGES + 2 * ABI_PAGE_SIZE,
		.console = FAKE_CONSOLE,
		.console_size =
			sizeof(struct abi_console) + FAKE_RECORDS * sizeof(struct abi_console_line),
		.image_phys = FAKE_IMAGE,
		.image_size = 0x10000,
		.node_apic_id = { 0, 11, 12 },
		.control = { FAKE_RING(0), FAKE_RING(1), FAKE_SLOTS, 0 },
		.peers = FAKE_PAGES + 3 * ABI_PAGE_SIZE,
	};
	extent(FAKE_IMAGE, 0x10000, ABI_EXTENT_IMAGE);
	extent(FAKE_KERNEL, 0x10000, ABI_EXTENT_KERNEL);
	extent(FAKE_OWN, 0x10000, ABI_EXTENT_RAM);
	extent(FAKE_SHARED, 0x100000, ABI_EXTENT_SHARED);
	peers = arch_window(fake_boot->peers);
	peers[2] = (struct abi_channel){ FAKE_RING(2), FAKE_RING(3), FAKE_SLOTS, 2 };
	((struct abi_console *)arch_window(FAKE_CONSOLE))->records = FAKE_RECORDS;
	fake_host->bell = ABI_BELL_VALID | 0xa5ull << ABI_BELL_VECTOR_SHIFT | 7;
	fake_world = nothing;
	fake_window = nothing;
	fake_rings = 0;
	fake_halts = 0;
}

void fake_start(void)
{
	bootinfo_accept(fake_boot);
	memory_init();
	assert_int_equal(console_init(arch_window(FAKE_CONSOLE), fake_boot->console_size), 0);
	links_init();
}

void fake_step(void)
{
	shoot_poll();
	links_poll();
	timer_run(arch_cycles());
	messages_poll();
	links_flush();
}

const char *fake_crash(void (*act)(void))
{
	int status;
	pid_t child = fork();

	assert_true(child >= 0);
	if (!child) {
		act();
		_exit(1);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) || fake_core->state != ABI_CORE_CRASHED)
		return "";
	return fake_core->crash.reason;
}
