/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the kselftests share: partitions made by raw ioctls, and looks at Linux from outside. All
 * functions return -errno on failure; partitions made here have names that begin with RT_PREFIX,
 * and rt_sweep() removes what an earlier, failed test left.
 */
#ifndef RT_SUPPORT_H
#define RT_SUPPORT_H

#include <linux/remora.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define RT_PREFIX "kst-"
#define RT_CONTROL "/dev/remora"
#define RT_FIRMWARE "/lib/firmware/remora/cpudrv.elf"
#define RT_CPUS_ROOM 256
#define RT_MIB (1ull << 20)
/* For what must come: who waits for it is done the moment it is there. Slow is not broken. */
#define RT_PATIENT_MS 60000

/** struct rt_spec - a create request with room for one element more than is allowed */
struct rt_spec {
	struct remora_create c;
	__u32 cpus[REMORA_CPUS_MAX + 2];
	struct remora_extent extents[REMORA_EXTENTS_MAX + 2];
};

/** struct rt_status - a status with its arrays */
struct rt_status {
	struct remora_status s;
	struct remora_core_status cores[REMORA_CPUS_MAX];
	struct remora_extent extents[REMORA_EXTENTS_MAX * 2];
};

/** struct rt_snapshot - what must be as before once everything was given back */
struct rt_snapshot {
	char online[256];
	long mem_total_kb;
	long mem_free_kb; /* with what waits on the CPUs' own lists */
};

/** rt_ready - is there anything to test? The sentence why not, or NULL. */
const char *rt_ready(void);

/** rt_cpus - CPUs a partition could have (online, not 0, can go offline), descending; their count */
unsigned int rt_cpus(__u32 *cpus, unsigned int room);

/** rt_spec_init - contiguous memory enough for @cores of the CPUs of rt_cpus() from @skip on */
void rt_spec_init(struct rt_spec *s, const char *name, unsigned int skip, unsigned int cores);

int rt_control(int flags);
int rt_create(struct rt_spec *s);
int rt_check(struct rt_spec *s);
int rt_open(const char *name, int flags);
int rt_destroy(const char *name, unsigned int flags, struct remora_error *err);
int rt_act(int fd, unsigned long command, unsigned int flags, struct remora_error *err);
int rt_stop(int fd, unsigned int flags, unsigned int timeout_ms, struct remora_error *err);
int rt_status(int fd, struct rt_status *s);
int rt_bind(int fd, unsigned int node, unsigned int service, unsigned int flags,
	    unsigned int slots, struct remora_error *err);
int rt_inject(int fd, unsigned int node, unsigned int kind, struct remora_error *err);
int rt_list(char names[][REMORA_NAME_MAX], unsigned int room);

/** rt_begin - create and start; *@fd is the partition's device. 0, or -errno with @s->c.error. */
int rt_begin(struct rt_spec *s, const char *name, unsigned int skip, unsigned int cores, int *fd);

/** rt_wait_state - until the partition (node 0) or a core is in @state, by poll(); ETIMEDOUT */
int rt_wait_state(int fd, unsigned int node, unsigned int state, int timeout_ms);

/**
 * rt_wait_members - until Linux and cores 1 to @cores are in one view, so that no request of the
 * module's own is under way any more; ETIMEDOUT
 */
int rt_wait_members(const char *name, unsigned int cores);

/** rt_echo - @count round trips on a channel of the echo service, each compared */
int rt_echo(int channel, unsigned int count);

/** rt_ping - bind to a core's echo, @count round trips, close */
int rt_ping(int fd, unsigned int node, unsigned int count);

/** rt_console_has - does some line of the core's console hold @text? */
bool rt_console_has(int fd, unsigned int node, const char *text);
/** rt_console_wait - until some line of it does, by poll(); 0 or ETIMEDOUT */
int rt_console_wait(int fd, unsigned int node, const char *text, int timeout_ms);

/** rt_sweep - destroy by force every partition of these tests */
void rt_sweep(void);

/** rt_ledger - an item of the module's ledger, or -errno */
long rt_ledger(const char *item);
/** rt_ledger_becomes - wait until it has that value. The value that it has then, or in the end */
long rt_ledger_becomes(const char *item, long value);
/** rt_ledger_total - sum of all items (so 0 means: all zero), or -errno; names a non-zero one */
long rt_ledger_total(char *culprit, size_t room);

int rt_snapshot(struct rt_snapshot *s);
/** rt_snapshot_differs - NULL, or what is not as before (a static buffer) */
const char *rt_snapshot_differs(const struct rt_snapshot *before, long free_slack_kb);

/** rt_cpu_works - does a thread pinned to the CPU run and compute? */
int rt_cpu_works(unsigned int cpu);
int rt_cpu_online(unsigned int cpu, bool online);

int rt_read_text(const char *path, char *buffer, size_t room);
int rt_write_text(const char *path, const char *text);
long rt_read_long(const char *path);
/** rt_read_file - whole file into memory that the caller frees; its size or -errno */
ssize_t rt_read_file(const char *path, unsigned char **data);
/** rt_memfd - an anonymous file with these bytes */
int rt_memfd(const void *data, size_t bytes);

/** rt_wild - an address nothing is mapped at, hidden from the compiler's checks */
static inline void *rt_wild(void)
{
	void *p = (void *)8;

	__asm__("" : "+r"(p));
	return p;
}

#define RT_SKIP_UNLESS_CPUS(n)                                                                     \
	do {                                                                                       \
		__u32 rt_list_[RT_CPUS_ROOM];                                                      \
		if (rt_cpus(rt_list_, RT_CPUS_ROOM) < (n))                                         \
			SKIP(return, "needs %u CPUs besides CPU 0", (unsigned int)(n));            \
	} while (0)

/* For tests with the harness: nothing of the module's is held; Linux is as it was. */
#define RT_EXPECT_LEDGER_ZERO()                                                                    \
	do {                                                                                       \
		char rt_culprit_[128] = "";                                                        \
		EXPECT_EQ(0, rt_ledger_total(rt_culprit_, sizeof(rt_culprit_)))                    \
		{                                                                                  \
			TH_LOG("ledger: %s", rt_culprit_);                                         \
		}                                                                                  \
	} while (0)

#define RT_EXPECT_AS_BEFORE(before, free_slack_kb)                                                 \
	do {                                                                                       \
		const char *rt_differs_ = rt_snapshot_differs(before, free_slack_kb);              \
		EXPECT_EQ(NULL, rt_differs_)                                                       \
		{                                                                                  \
			TH_LOG("%s", rt_differs_);                                                 \
		}                                                                                  \
	} while (0)

/* A failed call: its result, its reason, and that a sentence came with it. */
#define RT_EXPECT_REASON(ret_, error_, reason_, errno_)                                            \
	do {                                                                                       \
		EXPECT_EQ(-(errno_), ret_);                                                        \
		EXPECT_EQ(reason_, (error_)->reason)                                               \
		{                                                                                  \
			TH_LOG("'%s'", (error_)->message);                                         \
		}                                                                                  \
		EXPECT_NE(0, (error_)->message[0]);                                                \
	} while (0)

#endif
