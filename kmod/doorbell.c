// SPDX-License-Identifier: GPL-2.0-only
/*
 * Node 0's doorbell: a Linux interrupt whose vector and CPU the cores know.
 *
 * The domain "remora" stands on the x86 vector domain, which chooses vector and CPU. Each time it
 * has chosen, the pair is written into all host pages as one word; a core that read the old word
 * just before still hits the old vector, which the vector domain keeps alive until the first
 * interrupt has come at the new place.
 */
#include <linux/cpumask.h>
#include <linux/interrupt.h>
#include <linux/rcupdate.h>
#include <asm/apic.h>

#include "channel.h"
#include "compat/irq.h"
#include "doorbell.h"
#include "partition.h"
#include "trace.h"
#include "watch.h"

static struct fwnode_handle *doorbell_fwnode;
static struct irq_domain *doorbell_domain;

static void publish_locked(struct remora_partition *p)
{
	unsigned int i;

	lockdep_assert_held(&p->doorbell.lock);
	for (i = 0; i < READ_ONCE(p->core_count); i++) {
		struct abi_host *host = READ_ONCE(p->cores[i].host);

		if (host)
			WRITE_ONCE(host->bell, p->doorbell.withdrawn ? 0 : p->doorbell.bell);
	}
}

void remora_doorbell_publish(struct remora_partition *p)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&p->doorbell.lock, flags);
	publish_locked(p);
	raw_spin_unlock_irqrestore(&p->doorbell.lock, flags);
}

static void set_bell(struct remora_partition *p, u64 bell)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&p->doorbell.lock, flags);
	p->doorbell.bell = bell;
	publish_locked(p);
	raw_spin_unlock_irqrestore(&p->doorbell.lock, flags);
}

void remora_doorbell_withdraw(struct remora_partition *p, bool withdrawn)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&p->doorbell.lock, flags);
	p->doorbell.withdrawn = withdrawn;
	publish_locked(p);
	raw_spin_unlock_irqrestore(&p->doorbell.lock, flags);
}

/*
 * Where the interrupt is now. irq_cfg's dest_apicid is a logical number in flat mode, so the
 * physical one comes from the effective CPU.
 */
static void publish_place(struct irq_data *d)
{
	unsigned int cpu = cpumask_first(irq_data_get_effective_affinity_mask(d));
	struct irq_cfg *cfg = irqd_cfg(d);

	if (!cfg || cpu >= nr_cpu_ids)
		return;
	set_bell(irq_data_get_irq_chip_data(d),
		 ABI_BELL_VALID | (u64)cfg->vector << ABI_BELL_VECTOR_SHIFT | cpu_physical_id(cpu));
}

static int doorbell_set_affinity(struct irq_data *d, const struct cpumask *mask, bool force)
{
	struct irq_data *parent = d->parent_data;
	int ret;

	if (!parent || !parent->chip || !parent->chip->irq_set_affinity)
		return -EINVAL;
	ret = parent->chip->irq_set_affinity(parent, mask, force);
	if (ret >= 0)
		publish_place(d);
	return ret;
}

static struct irq_chip doorbell_chip = {
	.name = "remora",
	.irq_ack = irq_chip_ack_parent,
	.irq_set_affinity = doorbell_set_affinity,
	.irq_retrigger = irq_chip_retrigger_hierarchy,
	.flags = IRQCHIP_SKIP_SET_WAKE,
};

static int doorbell_alloc(struct irq_domain *domain, unsigned int virq, unsigned int count,
			  void *partition)
{
	struct irq_alloc_info info = {};
	int ret;

	ret = irq_domain_alloc_irqs_parent(domain, virq, count, &info);
	if (ret)
		return ret;
	/* Any number unique in the domain does for the hardware's. */
	irq_domain_set_info(domain, virq, virq, &doorbell_chip, partition, handle_edge_irq, NULL,
			    "edge");
	remora_irq_move_at_once(virq);
	return 0;
}

static int doorbell_activate(struct irq_domain *domain, struct irq_data *d, bool reserve)
{
	if (!reserve)
		publish_place(d);
	return 0;
}

static void doorbell_deactivate(struct irq_domain *domain, struct irq_data *d)
{
	set_bell(irq_data_get_irq_chip_data(d), 0);
}

static const struct irq_domain_ops doorbell_ops = {
	.alloc = doorbell_alloc,
	.free = irq_domain_free_irqs_common,
	.activate = doorbell_activate,
	.deactivate = doorbell_deactivate,
};

int remora_doorbell_domain_init(void)
{
	if (!x86_vector_domain)
		return -ENODEV;
	doorbell_fwnode = irq_domain_alloc_named_fwnode("remora");
	if (!doorbell_fwnode)
		return -ENOMEM;
	doorbell_domain = irq_domain_create_hierarchy(x86_vector_domain, 0, 0, doorbell_fwnode,
						      &doorbell_ops, NULL);
	if (!doorbell_domain) {
		irq_domain_free_fwnode(doorbell_fwnode);
		doorbell_fwnode = NULL;
		return -ENOMEM;
	}
	return 0;
}

void remora_doorbell_domain_exit(void)
{
	irq_domain_remove(doorbell_domain);
	irq_domain_free_fwnode(doorbell_fwnode);
	doorbell_domain = NULL;
	doorbell_fwnode = NULL;
}

void remora_doorbell_look(struct remora_partition *p)
{
	unsigned int i;

	rcu_read_lock(); /* pairs with core_hide() in regions.c */
	for (i = 0; i < READ_ONCE(p->core_count); i++)
		remora_node_look(&p->cores[i]);
	remora_channels_wake(p);
	remora_monitor_look(p);
	remora_watch_doorbell(p);
	rcu_read_unlock();
}

static irqreturn_t doorbell_handler(int irq, void *data)
{
	struct remora_partition *p = data;

	atomic64_inc(&p->doorbell.taken);
	if (remora_storm_rung(p))
		return IRQ_HANDLED;
	remora_trace_doorbell(p);
	remora_doorbell_look(p);
	return IRQ_HANDLED;
}

void remora_doorbell_init(struct remora_partition *p)
{
	struct remora_doorbell *d = &p->doorbell;

	raw_spin_lock_init(&d->lock);
	d->bell = 0;
	d->withdrawn = false;
	atomic64_set(&d->taken, 0);
	snprintf(d->label, sizeof(d->label), "remora-%s", p->name);
}

int remora_doorbell_acquire(struct remora_partition *p, struct remora_error *err)
{
	struct remora_doorbell *d = &p->doorbell;
	int virq, ret;

	virq = irq_domain_alloc_irqs(doorbell_domain, 1, NUMA_NO_NODE, p);
	if (virq <= 0)
		return remora_fail(err, REMORA_R_PLATFORM_NO_IRQ,
				   "Linux has no interrupt for the doorbell of %s (error %d)",
				   p->name, virq);
	ret = request_irq(virq, doorbell_handler, 0, d->label, p);
	if (ret) {
		irq_dispose_mapping(virq);
		return remora_fail(err, REMORA_R_PLATFORM_NO_IRQ,
				   "Linux refused the interrupt %d for the doorbell of %s (error %d)",
				   virq, p->name, ret);
	}
	d->irq = virq;
	remora_ledger_add(&p->ledger, REMORA_LEDGER_VECTORS, 1);
	return 0;
}

void remora_doorbell_release(struct remora_partition *p)
{
	struct remora_doorbell *d = &p->doorbell;

	if (!d->irq)
		return;
	free_irq(d->irq, p); /* waits for a handler that runs */
	remora_storm_stop(p);
	irq_dispose_mapping(d->irq);
	d->irq = 0;
	remora_ledger_add(&p->ledger, REMORA_LEDGER_VECTORS, -1);
}
