// SPDX-License-Identifier: GPL-2.0-only
/*
 * See storm.h. All is done in the doorbell's handler, with nothing but the control node's lock: the
 * CPU that is flooded may be the only one that Linux has left, and run nothing else.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/jiffies.h>
#include <linux/module.h>
#include <linux/printk.h>

#include "partition.h"
#include "watch.h"

#define STORM_WINDOW (HZ / 10)
#define STORM_CALM HZ
/*
 * With the bell withdrawn, so many in a window are from cores that had read it before: each rings
 * once or twice for what it has read. More are on purpose.
 */
#define STORM_STRAY 16u
#define STORM_STRAY_EACH 4u

/*
 * 500 a millisecond: with a microsecond for taking an interrupt and one for looking at everything,
 * the CPU does nothing else.
 */
static unsigned int doorbell_limit = 50000;
module_param(doorbell_limit, uint, 0644);
MODULE_PARM_DESC(doorbell_limit, "Doorbells of a partition in 100 ms before it is looked at by the clock instead; 0: any number (default 50000)");

static u64 core_rings(const struct remora_core *core)
{
	const struct abi_core *page = READ_ONCE(core->page);

	return page ? READ_ONCE(page->count.bells_rung) : 0;
}

/*
 * The core that says it rang most, among those not silenced yet: a core gone astray counts right, and
 * one that lies only lets others go first.
 */
static struct remora_core *storm_suspect(struct remora_partition *p)
{
	struct remora_core *suspect = NULL;
	unsigned int i;

	for (i = 0; i < READ_ONCE(p->core_count); i++) {
		struct remora_core *core = &p->cores[i];

		if (READ_ONCE(core->state) != REMORA_RUNNING ||
		    READ_ONCE(core->control_node.muted))
			continue;
		if (!suspect || core_rings(core) > core_rings(suspect))
			suspect = core;
	}
	return suspect;
}

static void storm_count(struct remora_storm *s)
{
	lockdep_assert_held(&s->lock);
	if (time_after_eq(jiffies, s->begun + STORM_WINDOW)) {
		s->begun = jiffies;
		s->count = 0;
	}
	s->count++;
}

static void storm_begin(struct remora_partition *p)
{
	struct remora_storm *s = &p->storm;

	lockdep_assert_held(&s->lock);
	s->calm = true;
	s->until = jiffies + STORM_CALM;
	s->seen++;
	s->count = 0;
	s->begun = jiffies;
	remora_doorbell_withdraw(p, true);
}

bool remora_storm_rung(struct remora_partition *p)
{
	unsigned int limit = READ_ONCE(doorbell_limit);
	struct remora_core *suspect = NULL;
	struct remora_storm *s = &p->storm;
	bool begun = false, calm;
	unsigned long flags;

	spin_lock_irqsave(&s->lock, flags);
	storm_count(s);
	if (s->calm && s->count > max(limit / 50, STORM_STRAY + STORM_STRAY_EACH * READ_ONCE(p->core_count))) {
		suspect = storm_suspect(p);
		s->until = jiffies + STORM_CALM;
		s->count = 0;
	} else if (!s->calm && limit && s->count > limit) {
		storm_begin(p);
		begun = true;
	}
	calm = s->calm;
	spin_unlock_irqrestore(&s->lock, flags);

	if (begun) {
		pr_warn("%s: more than %u doorbells in 100 ms; looking by the clock for a while\n",
				p->name, limit);
		queue_delayed_work(system_long_wq, &s->look, 1);
	}
	if (suspect) {
		remora_node_mute(suspect);
		remora_watch_kick(p);
	}
	return calm;
}

/* What came while the bell was withdrawn rang nobody: look once more after it is offered again. */
static void storm_look(struct work_struct *work)
{
	struct remora_storm *s = container_of(to_delayed_work(work), struct remora_storm, look);
	struct remora_partition *p = container_of(s, struct remora_partition, storm);

	spin_lock_irq(&s->lock);
	if (s->calm && time_after_eq(jiffies, s->until)) {
		s->calm = false;
		s->count = 0;
		s->begun = jiffies;
		remora_doorbell_withdraw(p, false);
	}
	if (s->calm)
		queue_delayed_work(system_long_wq, &s->look, 1);
	spin_unlock_irq(&s->lock);
	remora_doorbell_look(p);
}

void remora_storm_init(struct remora_partition *p)
{
	struct remora_storm *s = &p->storm;

	spin_lock_init(&s->lock);
	s->begun = jiffies;
	INIT_DELAYED_WORK(&s->look, storm_look);
}

void remora_storm_stop(struct remora_partition *p)
{
	struct remora_storm *s = &p->storm;

	spin_lock_irq(&s->lock);
	s->calm = false;
	spin_unlock_irq(&s->lock);
	cancel_delayed_work_sync(&s->look);
}
