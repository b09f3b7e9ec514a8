// SPDX-License-Identifier: GPL-2.0-only
/*
 * CPUs leave Linux through its own hotplug, and come back through it.
 *
 * A CPU is claimed in a bitmap before Linux is asked to give it up: the claim decides between two
 * partitions that want the same CPU, and a hotplug callback refuses to bring a claimed CPU up. The
 * callback looks at the bitmap only and takes no lock.
 */
#define pr_fmt(fmt) "remora: " fmt

#include <linux/bitmap.h>
#include <linux/cpu.h>
#include <linux/cpuhotplug.h>
#include <linux/cpumask.h>
#include <linux/device.h>
#include <linux/printk.h>
#include <linux/slab.h>
#include <linux/topology.h>
#include <asm/cpufeature.h>
#include <asm/msr-index.h>
#include <asm/smp.h>

#include "compat/compat.h"
#include "cpu.h"

static DECLARE_BITMAP(held, NR_CPUS);
static int hold_state;

/* Runs on a CPU of Linux's before @cpu is brought up. */
static int refuse_held(unsigned int cpu)
{
	return test_bit(cpu, held) ? -EBUSY : 0;
}

int remora_cpu_init(void)
{
	int state = cpuhp_setup_state_nocalls(CPUHP_BP_PREPARE_DYN, "remora:hold", refuse_held,
					      NULL);

	if (state < 0)
		return state;
	hold_state = state;
	return 0;
}

void remora_cpu_exit(void)
{
	cpuhp_remove_state_nocalls(hold_state);
}

bool remora_cpu_held(unsigned int cpu)
{
	return cpu < nr_cpu_ids && test_bit(cpu, held);
}

static bool hotpluggable(unsigned int cpu)
{
	struct device *dev = get_cpu_device(cpu);

	return dev && remora_device_can_offline(dev);
}

static int check_one(u32 cpu, struct remora_error *err)
{
	if (cpu >= nr_cpu_ids || !cpu_possible(cpu) || !cpu_present(cpu))
		return remora_fail(err, REMORA_R_CPU_UNKNOWN,
				   "there is no CPU %u; this machine has CPUs %*pbl", cpu,
				   cpumask_pr_args(cpu_present_mask));
	if (cpu == 0)
		return remora_fail(err, REMORA_R_CPU_ZERO, NULL);
	if (remora_cpu_held(cpu))
		return remora_fail(err, REMORA_R_CPU_TAKEN,
				   "CPU %u belongs to another partition", cpu);
	if (!cpu_online(cpu))
		return remora_fail(err, REMORA_R_CPU_OFFLINE,
				   "CPU %u is offline; it must be online so that Linux can give it up",
				   cpu);
	if (!hotpluggable(cpu))
		return remora_fail(err, REMORA_R_CPU_NOT_HOTPLUGGABLE,
				   "CPU %u cannot be taken offline on this machine", cpu);
	return 0;
}

/* Does a thread stay with Linux whose sibling is in @mine? */
static bool smt_split(const struct cpumask *mine)
{
	unsigned int cpu;

	for_each_cpu(cpu, mine)
		if (!cpumask_subset(topology_sibling_cpumask(cpu), mine))
			return true;
	return false;
}

static int check_list(const u32 *cpus, unsigned int count, struct cpumask *mine,
		      struct remora_error *err)
{
	unsigned int i;
	int ret;

	for (i = 0; i < count; i++) {
		ret = check_one(cpus[i], err);
		if (ret)
			return ret;
		if (cpumask_test_and_set_cpu(cpus[i], mine))
			return remora_fail(err, REMORA_R_CPU_DUPLICATE, "CPU %u is listed twice",
					   cpus[i]);
	}
	if (cpumask_subset(cpu_online_mask, mine))
		return remora_fail(err, REMORA_R_CPU_LAST, NULL);
	return 0;
}

int remora_cpus_check(const u32 *cpus, unsigned int count,
		      void (*warn)(void *arg, enum remora_reason reason), void *arg,
		      struct remora_error *err)
{
	cpumask_var_t mine;
	bool split = false;
	int ret;

	if (!count)
		return remora_fail(err, REMORA_R_CPU_LIST_EMPTY, NULL);
	if (count > REMORA_CPUS_MAX)
		return remora_fail(err, REMORA_R_CPU_TOO_MANY,
				   "%u CPUs are more than the %u a partition can have", count,
				   REMORA_CPUS_MAX);
	if (!zalloc_cpumask_var(&mine, GFP_KERNEL))
		return remora_fail(err, REMORA_R_NO_MEMORY, NULL);

	cpus_read_lock();
	ret = check_list(cpus, count, mine, err);
	if (!ret)
		split = smt_split(mine);
	cpus_read_unlock();

	if (split && warn)
		warn(arg, REMORA_R_CPU_SMT_SPLIT);
	free_cpumask_var(mine);
	return ret;
}

int remora_cpu_check_joining(u32 cpu, const struct cpumask *with,
			     void (*warn)(void *arg, enum remora_reason reason), void *arg,
			     struct remora_error *err)
{
	cpumask_var_t all;
	bool split = false;
	int ret;

	if (!zalloc_cpumask_var(&all, GFP_KERNEL))
		return remora_fail(err, REMORA_R_NO_MEMORY, NULL);
	cpus_read_lock();
	ret = check_list(&cpu, 1, all, err);
	if (!ret) {
		cpumask_or(all, all, with);
		split = smt_split(all);
	}
	cpus_read_unlock();
	if (split)
		warn(arg, REMORA_R_CPU_SMT_SPLIT);
	free_cpumask_var(all);
	return ret;
}

/*
 * intel_pstate drops a CPU that goes offline to its lowest frequency (SDM 15.4.4, IA32_HWP_REQUEST).
 * Where hardware-managed performance states are off, the register faults and nothing is saved.
 */
static void save_settings(struct remora_cpu *c, struct remora_ledger *ledger)
{
	if (!boot_cpu_has(X86_FEATURE_HWP) ||
	    remora_rdmsr_safe_on_cpu(c->cpu, MSR_HWP_REQUEST, &c->hwp_request))
		return;
	c->hwp_saved = true;
	remora_ledger_add(ledger, REMORA_LEDGER_SETTINGS, 1);
}

/* @write: the CPU runs Linux, and may have lost its settings */
static void drop_settings(struct remora_cpu *c, struct remora_ledger *ledger, bool write)
{
	if (!c->hwp_saved)
		return;
	if (write && remora_wrmsr_safe_on_cpu(c->cpu, MSR_HWP_REQUEST, c->hwp_request))
		pr_warn("CPU %u: its performance request could not be restored\n", c->cpu);
	c->hwp_saved = false;
	remora_ledger_add(ledger, REMORA_LEDGER_SETTINGS, -1);
}

int remora_cpu_take(struct remora_cpu *c, unsigned int cpu, struct remora_ledger *ledger,
		    struct remora_error *err)
{
	int ret;

	memset(c, 0, sizeof(*c));
	ret = check_one(cpu, err);
	if (ret)
		return ret;
	c->cpu = cpu;
	c->apic_id = per_cpu(x86_cpu_to_apicid, cpu);
	c->numa = cpu_to_node(cpu);
	c->package = topology_physical_package_id(cpu);
	if (test_and_set_bit(cpu, held))
		return remora_fail(err, REMORA_R_CPU_TAKEN,
				   "CPU %u belongs to another partition", cpu);
	save_settings(c, ledger);

	/* positive: somebody else took it offline since the check */
	ret = remove_cpu(cpu);
	if (ret > 0)
		ret = remora_fail(err, REMORA_R_CPU_OFFLINE,
				  "CPU %u went offline while it was being taken", cpu);
	else if (ret)
		ret = remora_fail(err, REMORA_R_CPU_REFUSED,
				  "Linux refused to take CPU %u offline (error %d); see the kernel log",
				  cpu, ret);
	if (ret) {
		clear_bit(cpu, held);
		drop_settings(c, ledger, cpu_online(cpu));
		return ret;
	}
	c->taken = true;
	remora_ledger_add(ledger, REMORA_LEDGER_CPUS, 1);
	return 0;
}

int remora_cpu_give_back(struct remora_cpu *c, struct remora_ledger *ledger,
			 struct remora_error *err)
{
	int ret;

	if (!c->taken)
		return 0;
	clear_bit(c->cpu, held);
	c->taken = false;
	remora_ledger_add(ledger, REMORA_LEDGER_CPUS, -1);

	/* positive: somebody else brought it online the moment it was released */
	ret = add_cpu(c->cpu);
	drop_settings(c, ledger, cpu_online(c->cpu));
	if (ret < 0)
		return remora_fail(err, REMORA_R_CPU_NOT_RETURNED,
				   "Linux did not take CPU %u back (error %d); it stays offline",
				   c->cpu, ret);
	return 0;
}
