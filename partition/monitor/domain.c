// SPDX-License-Identifier: GPL-2.0-only
#include <abi/lmp.h>
#include <base/format.h>
#include <base/string.h>

#include <agreed.h>
#include <bindings.h>
#include <build.h>
#include <caps.h>
#include <memory.h>
#include <memory_parts.h>
#include <requests.h>
#include <sentence.h>
#include <startup.h>

/* Pages of the frame that are mapped in the monitor while the file comes, behind the fixed ones. */
#define WINDOW_INDEX 64u
#define WINDOW_PAGES (512u - WINDOW_INDEX)
#define WINDOW_BYTES (WINDOW_PAGES * MON_PAGE)
#define NO_WINDOW UINT64_MAX
#define RAM_USUAL_LEAST (4ull << 20)
#define RAM_USUAL_MOST (16ull << 20)
#define WEIGHT_DEFAULT 100u
#define WEIGHT_MAX 1000u
#define PERIOD_US_MIN 100ul
#define PERIOD_US_MAX 1000000000ul
#define SHARE_WHOLE 65536u
#define SHARE_MAX (SHARE_WHOLE / 16 * 15)

_Static_assert(PLAN_FIXED_PAGES <= WINDOW_INDEX, "both lie in one page table");

static struct domain domains[DOMAINS_MAX];
static struct domain_place here;
static struct abi_cap_at news, inbox;
static uint32_t last_number;

void domains_init(const struct domain_place *place, struct abi_cap_at notices,
		  struct abi_cap_at programs)
{
	memset(domains, 0, sizeof(domains));
	here = *place;
	news = notices;
	inbox = programs;
	last_number = 0;
}

const struct domain_place *domains_place(void)
{
	return &here;
}

struct domain *domain_at(uint32_t i)
{
	return domains[i].number ? &domains[i] : NULL;
}

struct domain *domain_find(uint32_t number)
{
	for (uint32_t i = 0; number && i < DOMAINS_MAX; i++) {
		if (domains[i].number == number)
			return &domains[i];
	}
	return NULL;
}

uint32_t domains_count(void)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < DOMAINS_MAX; i++)
		count += domains[i].number != 0;
	return count;
}

uint64_t domains_spawned(void)
{
	return last_number;
}

/* ---- made ---- */

static bool name_taken(const char *name)
{
	for (uint32_t i = 0; i < DOMAINS_MAX; i++) {
		if (domains[i].number && !memcmp(domains[i].name, name,
						 base_strlen(name, ABI_SPAWN_NAME_MAX - 1) + 1))
			return true;
	}
	return false;
}

/* A name that was asked for must be free; one that is made is made different. */
static int choose_name(struct domain *d, const struct domain_wish *wish, uint32_t number, char *why)
{
	size_t length;

	startup_name(wish, d->name);
	if (!name_taken(d->name))
		return 0;
	if (wish->start->name[0])
		return sentence(why, MON_EEXIST, "a program named '%s' runs on this core already", d->name);
	length = base_strlen(d->name, ABI_SPAWN_NAME_MAX - 12);
	/* Others may have asked for names like these; of DOMAINS_MAX numbers one is free. */
	do {
		base_format(d->name + length, ABI_SPAWN_NAME_MAX - length, "-%u", number++);
	} while (name_taken(d->name));
	return 0;
}

/* Of SHARE_WHOLE, rounded up. */
static uint32_t share_of(const struct abi_spawn_start *s)
{
	return s->class ? (uint32_t)((s->budget_us * SHARE_WHOLE + s->period_us - 1) / s->period_us) : 0;
}

/*
 * Programs together are promised so much of the core's time that the monitor has some left: it could not
 * end them otherwise.
 */
static int check_time(const struct abi_spawn_start *s, char *why)
{
	uint32_t promised = 0;

	if (!s->class)
		return 0;
	if (!s->budget_us || s->budget_us > s->period_us)
		return sentence(why, MON_EINVAL,
				"budget of %lu us in a period of %lu us: a budget of 1 us up to the "
				"period was expected", s->budget_us, s->period_us);
	if (s->period_us < PERIOD_US_MIN || s->period_us > PERIOD_US_MAX)
		return sentence(why, MON_EINVAL, "period of %lu us: %lu to %lu us was expected",
				s->period_us, PERIOD_US_MIN, PERIOD_US_MAX);
	for (const struct domain *d = domains; d < domains + DOMAINS_MAX; d++)
		promised += d->number ? d->share : 0;
	if (promised + share_of(s) > SHARE_MAX)
		return sentence(why, MON_EBUSY, "%u %% of the core's time is promised to others and %u %% "
				"stay free: %u %% more was asked for", promised * 100 / SHARE_WHOLE,
				(SHARE_WHOLE - SHARE_MAX) * 100 / SHARE_WHOLE,
				share_of(s) * 100 / SHARE_WHOLE);
	return 0;
}

static int check_wish(const struct domain_wish *wish, char *why)
{
	const struct abi_spawn_start *s = wish->start;
	const struct elf64_file file = { wish->head, wish->head_bytes, s->elf_bytes,
					 ABI_DOMAIN_PROGRAM, ABI_DOMAIN_PROGRAM_END };
	const char *error = elf64_check(&file);

	if (error)
		return sentence(why, MON_ENOEXEC, "%s", error);
	if (s->class > 2)
		return sentence(why, MON_EINVAL, "scheduling class %u: 0, 1 or 2 was expected", s->class);
	if (!s->class && s->weight > WEIGHT_MAX)
		return sentence(why, MON_EINVAL, "weight %u: 1 to %u was expected", s->weight, WEIGHT_MAX);
	return check_time(s, why);
}

/* Who asks for nothing gets a quarter of the core's memory, within limits. */
static uint64_t usual_memory(void)
{
	uint64_t bytes = memory_total() / 4 & ~(MON_BIG_PAGE - 1);

	bytes = bytes > RAM_USUAL_LEAST ? bytes : RAM_USUAL_LEAST;
	return bytes < RAM_USUAL_MOST ? bytes : RAM_USUAL_MOST;
}

static int take_memory(struct domain *d, const struct domain_wish *wish, char *why)
{
	uint64_t wanted = wish->start->ram_bytes ? wish->start->ram_bytes : usual_memory(), needed;

	wanted &= ~(MON_PAGE - 1);
	needed = plan_make(&d->plan, wish->head, wanted);
	if (needed && !wish->start->ram_bytes) {
		wanted = mon_up(needed, MON_BIG_PAGE) + wanted;
		needed = plan_make(&d->plan, wish->head, wanted);
	}
	if (needed)
		return sentence(why, MON_ENOMEM, "%lu KiB of memory are too little: the program needs "
				"%lu KiB to begin with", wanted / 1024, needed / 1024);
	d->piece = memory_take(d->number, wanted, build_memory(d));
	if (d->piece < 0)
		return sentence(why, MON_ENOMEM, "out of memory: the program was to get %lu KiB, the core "
				"has %lu KiB free, at most %lu KiB of them in one piece", wanted / 1024,
				memory_free() / 1024, memory_largest() / 1024);
	return 0;
}

/* The pages that the domain finds; the frame is zero. */
static void write_fixed(struct domain *d, const struct domain_wish *wish)
{
	uint64_t at = memory_domain_at((uint32_t)(d - domains));
	struct abi_dispatcher *control = mon_memory(at + PLAN_CONTROL, sizeof(*control));

	d->stream = mon_memory(at + PLAN_STREAM, sizeof(*d->stream));
	requests_begin((uint32_t)(d - domains), d->number,
		       mon_memory(at + PLAN_REQUESTS, sizeof(struct abi_requests)));
	startup_write(mon_memory(at + PLAN_STARTUP, ABI_DOMAIN_STARTUP_BYTES), wish, &d->plan, &here,
		      d->number, mon_cycles());
	control->entry[ABI_UPCALL_RUN] = elf64_entry(wish->head);
	control->stack = ABI_DOMAIN_STACK_END;
	control->disabled = 1;
}

static int setup(struct domain *d, const struct domain_wish *wish, char *why)
{
	struct abi_dispatcher_setup setup = {
		.cnode = build_inner(d, PLAN_SLOT_ROOT),
		.pml4 = build_inner(d, PLAN_SLOT_PML4),
		.frame = build_inner(d, PLAN_SLOT_CONTROL),
		.notices = news,
		.frame_va = ABI_DOMAIN_CONTROL,
		.domain = d->number,
		.class = wish->start->class,
		.weight = wish->start->weight ? wish->start->weight : WEIGHT_DEFAULT,
		.budget_us = wish->start->budget_us,
		.period_us = wish->start->period_us,
	};
	uint64_t arg[3] = { (uint64_t)(uintptr_t)&setup, 0, 0 };
	int64_t rc;

	memcpy(setup.name, d->name, sizeof(setup.name));
	rc = mon_object(ABI_DISPATCHER_SETUP, build_inner(d, PLAN_SLOT_DISPATCHER), arg, NULL);
	if (!rc)
		return 0;
	if (rc == -(ABI_OBJECT_ERRNO + MON_EAGAIN))
		return sentence(why, MON_EBUSY, wish->start->class ?
				"the core has promised too much of its time already" :
				"there are too many programs on this core");
	return sentence(why, MON_EINVAL, "the core refused the scheduling parameters (%ld)", -rc);
}

static int make(struct domain *d, const struct domain_wish *wish, char *why)
{
	int rc = build_objects(d, inbox);

	if (rc)
		return sentence(why, MON_ENOMEM, "the program's objects could not be made (%d)", -rc);
	write_fixed(d, wish);
	return setup(d, wish, why);
}

int domain_make(const struct domain_wish *wish, struct session *session, struct domain **made, char *why)
{
	struct domain *d = domains;
	int rc = check_wish(wish, why);

	if (rc)
		return rc;
	while (d < domains + DOMAINS_MAX && (d->number || d->ending))
		d++;
	if (d == domains + DOMAINS_MAX)
		return sentence(why, MON_EUSERS, "there are %u programs on this core, which is as many as "
				"it takes", DOMAINS_MAX);
	memset(d, 0, sizeof(*d));
	rc = choose_name(d, wish, last_number + 1, why);
	if (rc)
		return rc;
	d->number = last_number + 1;
	d->session = session;
	d->window = NO_WINDOW;
	d->share = share_of(wish->start);
	rc = take_memory(d, wish, why);
	if (rc) {
		d->number = 0;
		return rc;
	}
	rc = make(d, wish, why);
	if (rc) {
		domain_end(d);
		return rc;
	}
	last_number++;
	*made = d;
	return 0;
}

void domain_end(struct domain *d)
{
	bindings_domain_end(d->number);
	memory_parts_domain_end(d->number);
	requests_end((uint32_t)(d - domains));
	d->number = 0;
	domain_gone((uint32_t)(d - domains));
}

void domain_gone(uint32_t i)
{
	const struct abi_cap_at at = caps_table(CAPS_DOMAINS_AT + i * CAPS_DOMAIN);
	struct domain *d = &domains[i];

	d->ending = !memory_give(d->piece, at);
	if (d->ending)
		agreed_memory_end(i, at);
}

/* ---- loaded ---- */

static void close_window(struct domain *d)
{
	if (d->window != NO_WINDOW)
		caps_delete(build_inner(d, PLAN_SLOT_WINDOW));
	d->window = NO_WINDOW;
}

/* Map the frame from @offset on, as far as the window goes. */
static int open_window(struct domain *d, uint64_t offset)
{
	struct caps_pages pages = {
		.frame = build_inner(d, PLAN_SLOT_WINDOW),
		.offset = offset & ~(MON_PAGE - 1),
		.table = build_inner(d, PLAN_SLOT_OWN),
		.index = WINDOW_INDEX,
		.rights = ABI_CAP_RW,
	};
	uint64_t left = (d->plan.frame_bytes - pages.offset) / MON_PAGE;
	int rc;

	close_window(d);
	pages.count = left < WINDOW_PAGES ? (uint32_t)left : WINDOW_PAGES;
	rc = caps_copy(build_inner(d, PLAN_SLOT_FRAME), pages.frame);
	if (rc)
		return rc;
	rc = caps_map(&pages, build_inner(d, PLAN_SLOT_WINDOW + 1));
	if (rc)
		caps_delete(pages.frame);
	else
		d->window = pages.offset;
	return rc;
}

static int copy_in(struct domain *d, uint64_t offset, const char *from, uint64_t count)
{
	uint64_t base = memory_domain_at((uint32_t)(d - domains)) + WINDOW_INDEX * MON_PAGE;

	while (count) {
		uint64_t n;

		if (d->window == NO_WINDOW || offset < d->window || offset - d->window >= WINDOW_BYTES) {
			if (open_window(d, offset))
				return -MON_ENOMEM;
		}
		n = d->window + WINDOW_BYTES - offset;
		n = n < count ? n : count;
		memcpy(mon_memory(base + (offset - d->window), n), from, n);
		offset += n;
		from += n;
		count -= n;
	}
	return 0;
}

int domain_load(struct domain *d, uint64_t offset, const void *bytes, uint64_t count)
{
	int rc = 0;

	for (uint32_t i = 0; !rc && i < d->plan.segments; i++) {
		const struct plan_segment *s = &d->plan.segment[i];
		uint64_t from = offset > s->file ? offset : s->file;
		uint64_t end = offset + count < s->file + s->file_bytes ? offset + count :
									  s->file + s->file_bytes;

		if (from < end)
			rc = copy_in(d, s->frame + (s->at - s->address) + (from - s->file),
				     (const char *)bytes + (from - offset), end - from);
	}
	return rc;
}

int domain_run(struct domain *d)
{
	static const uint64_t none[3];

	close_window(d);
	return mon_object(ABI_DISPATCHER_RUN, build_inner(d, PLAN_SLOT_DISPATCHER), none, NULL) ?
		       -MON_EINVAL : 0;
}

/* ---- watched ---- */

static bool status(struct domain *d, struct abi_dispatcher_status *s)
{
	uint64_t arg[3] = { (uint64_t)(uintptr_t)s, 0, 0 };

	memset(s, 0, sizeof(*s));
	return !mon_object(ABI_DISPATCHER_STATUS, build_inner(d, PLAN_SLOT_DISPATCHER), arg, NULL);
}

void domain_kill(struct domain *d, enum abi_spawn_how how)
{
	static const uint64_t none[3];

	if (d->killed)
		return;
	mon_object(ABI_DISPATCHER_STOP, build_inner(d, PLAN_SLOT_DISPATCHER), none, NULL);
	d->killed = true;
	d->look = true;
	d->how = how;
}

void domains_look(void)
{
	for (uint32_t i = 0; i < DOMAINS_MAX; i++)
		domains[i].look = true;
}

bool domain_over(struct domain *d, struct abi_spawn_exited *exited, char *why)
{
	struct abi_dispatcher_status s;
	bool known;

	if (!d->look)
		return false;
	known = status(d, &s);
	memset(exited, 0, sizeof(*exited));
	exited->cycles = s.cycles;
	if (known && s.state == ABI_DISPATCHER_EXITED) {
		exited->how = ABI_SPAWN_RETURNED;
		exited->status = (int32_t)(s.status & 0xff);
	} else if (!known || s.state == ABI_DISPATCHER_KILLED) {
		exited->how = ABI_SPAWN_DIED;
		exited->status = 139;
		sentence_died(why, known ? &s : NULL);
	} else if (d->killed) {
		exited->how = d->how;
		exited->status = d->how == ABI_SPAWN_INTERRUPTED ? 130 : 137;
		sentence(why, 0, d->how == ABI_SPAWN_INTERRUPTED ? "interrupted" : "killed");
	} else {
		d->look = false;
		return false;
	}
	return true;
}

void domain_entry(struct domain *d, struct abi_spawn_entry *entry)
{
	struct abi_dispatcher_status s;

	if (!status(d, &s))
		s.state = ABI_DISPATCHER_KILLED;
	entry->domain = d->number;
	entry->state = s.state;
	entry->ram_bytes = d->plan.ram;
	entry->cycles = s.cycles;
	base_strcopy(entry->name, d->name, sizeof(entry->name));
}

void domain_notify(struct domain *d)
{
	d->notify = mon_lmp(build_inner(d, PLAN_SLOT_ENDPOINT), ABI_LMP_STREAM) == -MON_EAGAIN;
}
