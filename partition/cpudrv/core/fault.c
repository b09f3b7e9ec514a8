// SPDX-License-Identifier: GPL-2.0-only
/* Ways to die on purpose: enum abi_fault. Each does the real thing. */
#include <arch.h>
#include <bootinfo.h>
#include <console.h>
#include <control.h>
#include <crash.h>
#include <errors.h>
#include <memory.h>

/* In the lower half, which is unmapped; the last digits tell the report from others. */
#define WILD_ADDRESS 0x00007ead00000bad

static __attribute__((noreturn)) void spin(void)
{
	for (;;)
		arch_relax();
}

static void fault_page(void)
{
	*(volatile uint64_t *)WILD_ADDRESS = 1;
}

static void fault_stack(void)
{
	*(volatile uint64_t *)arch_stack_guard() = 1;
}

static void fault_text(void)
{
	*(volatile uint8_t *)arch_text() = 0xcc;
}

static void fault_exec(void)
{
	static uint8_t code[] = { 0xc3 }; /* ret */

	((void (*)(void))(uintptr_t)code)();
}

static void fault_check(void)
{
	check(core_page->state != ABI_CORE_RUNNING, "a check made to fail, as node 0 asked");
}

static uint64_t random_next(uint64_t *state)
{
	uint64_t x = *state;

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	return *state = x;
}

static void scribble(void *at, uint64_t bytes)
{
	uint64_t state = arch_cycles() | 1;
	uint64_t *word = at;

	for (uint64_t i = 0; i < bytes / sizeof(*word); i++)
		*(volatile uint64_t *)&word[i] = random_next(&state);
}

static void scribble_link(struct link *link)
{
	uint64_t bytes = urpc_ring_bytes(link->chan.slots);

	scribble(memory_at(link->tx_base), bytes);
	scribble(memory_at(link->rx_base), bytes);
}

/* The boot page is last: the addresses of the others are in it. */
static void fault_scribble(void)
{
	arch_write_protect(false);
	links_each(scribble_link);
	scribble(memory_at(boot_info->console), boot_info->console_size);
	if (boot_info->trace)
		scribble(memory_at(boot_info->trace), boot_info->trace_size);
	scribble(core_page, ABI_PAGE_SIZE);
	scribble((void *)(uintptr_t)boot_info, ABI_PAGE_SIZE);
	spin();
}

/* The rest of a long message that never began, of the right sequence. The link itself carries on. */
static void send_bad(struct link *link)
{
	struct urpc_chan *c = &link->chan;
	struct urpc_slot *slot = &c->tx->slots[c->tx_next & (c->slots - 1)];

	urpc_store_release(&slot->header,
			   (c->tx_next & URPC_HDR_SEQ_MASK) | URPC_HDR_CONTINUES);
	c->tx_next++;
	link->sent = true;
	link_owes(link);
}

static void fault_rings(void)
{
	links_each_bound(send_bad);
}

static const struct {
	uint32_t kind; /* enum abi_fault */
	const char *text;
	void (*act)(void);
	bool survived;
} faults[] = {
	{ ABI_FAULT_PAGE, "write through a wild pointer", fault_page, false },
	{ ABI_FAULT_OPCODE, "undefined instruction", arch_undefined, false },
	{ ABI_FAULT_DOUBLE, "overrun the stack", arch_overrun, false },
	{ ABI_FAULT_SPIN, "spin with interrupts off", spin, false },
	{ ABI_FAULT_SCRIBBLE, "overwrite shared pages", fault_scribble, false },
	{ ABI_FAULT_STACK, "write to the stack's guard page", fault_stack, false },
	{ ABI_FAULT_TEXT, "write to own text", fault_text, false },
	{ ABI_FAULT_EXEC, "jump into data", fault_exec, false },
	{ ABI_FAULT_CHECK, "fail a check", fault_check, false },
	{ ABI_FAULT_RINGS, "send ill-formed messages", fault_rings, true },
};

int fault_inject(uint32_t kind)
{
	if (!(boot_info->flags & ABI_BOOT_FAULTS))
		return -ERR_PERM;
	for (uint32_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
		if (faults[i].kind != kind)
			continue;
		console_warning("fault on purpose: %s", faults[i].text);
		faults[i].act();
		check(faults[i].survived, "the fault on purpose did not happen: %s",
		      faults[i].text);
		return 0;
	}
	return -ERR_INVAL;
}
