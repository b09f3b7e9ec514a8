// SPDX-License-Identifier: GPL-2.0-only
/*
 * The spawn service by its messages: programs of a few instructions, started, fed, interrupted, killed,
 * left alone; nothing may stay behind, whatever ends first.
 */
#define _GNU_SOURCE
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stddef.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <abi/domain.h>
#include <abi/lmp.h>
#include <abi/syscall.h>
#include <linux/remora_spawn.h>
#include <urpc/bulk.h>
#include "harness.h"
#include "mapped.h"

#define SLOTS 1024
#define ANSWER_S (RT_PATIENT_MS / 1000)
#define CODE_AT 0x401000

/*
 * Programs, position-independent. `cat` begins anew after each yield, as it is disabled all the time; it
 * ends with the first byte of its input as status.
 */
__asm__(".pushsection .rodata\n"
	"code_exit: mov $7, %edi; mov $0x52454d03, %eax; syscall; hlt\n"
	"code_spin: jmp .\n"
	"code_null: movl $1, 8\n"
	"code_trap: ud2\n"
	"code_talk: mov $0x40200000, %ebx; movl $0x0a216968, 0x5000(%rbx); movq $4, 0x80(%rbx)\n"
	"	xor %edi, %edi; mov $0x52454d03, %eax; syscall; hlt\n"
	"code_cat: mov $0x40200000, %ebx; movl $1, 0x48(%rbx)\n"
	"	mov $6, %edi; mov $0x108, %esi; lea 1f(%rip), %rdx; xor %r10d, %r10d\n"
	"	xor %r8d, %r8d; xor %r9d, %r9d; mov $0x52454d06, %eax; syscall\n"
	"	cmpq $0, (%rbx); jne 2f\n"
	"	xor %edi, %edi; mov $0x52454d01, %eax; syscall; hlt\n"
	"2:	movzbl 0x1000(%rbx), %edi; mov $0x52454d03, %eax; syscall; hlt\n"
	"1:	.quad 1\n"
	"code_end:\n"
	".popsection\n");
extern const char code_exit[], code_spin[], code_null[], code_trap[], code_talk[], code_cat[], code_end[];

_Static_assert(ABI_DOMAIN_STREAM == 0x40200000 && ABI_SYSCALL_EXIT == 0x52454d03 &&
	       ABI_SYSCALL_YIELD == 0x52454d01 && ABI_SYSCALL_LMP == 0x52454d06 && ABI_SLOT_MONITOR == 6 &&
	       ABI_LMP_STREAM == 1 && ABI_DOMAIN_ROOT_BITS == 8, "what the programs use");
_Static_assert(offsetof(struct abi_stream, ring[0].wanted) == 0x48 &&
	       offsetof(struct abi_stream, ring[1].written) == 0x80 &&
	       offsetof(struct abi_stream, bytes[0]) == 0x1000 &&
	       offsetof(struct abi_stream, bytes[1]) == 0x5000, "what the programs use");

struct file {
	Elf64_Ehdr header;
	Elf64_Phdr segment;
	unsigned char rest[0x1000 - sizeof(Elf64_Ehdr) - sizeof(Elf64_Phdr)];
	unsigned char code[0x1000];
};

static void make(struct file *f, const char *code)
{
	memset(f, 0, sizeof(*f));
	memcpy(f->header.e_ident, "\177ELF\2\1\1", 7);
	f->header.e_type = ET_EXEC;
	f->header.e_machine = EM_X86_64;
	f->header.e_entry = CODE_AT;
	f->header.e_phoff = sizeof(Elf64_Ehdr);
	f->header.e_phentsize = sizeof(Elf64_Phdr);
	f->header.e_phnum = 1;
	f->segment = (Elf64_Phdr){ .p_type = PT_LOAD, .p_flags = PF_R | PF_X, .p_vaddr = CODE_AT,
				   .p_offset = 0x1000, .p_filesz = 0x1000, .p_memsz = 0x1000 };
	memcpy(f->code, code, (size_t)(code_end - code));
}

/* ---- messages ---- */

struct message {
	uint16_t type;
	size_t bytes;
	char data[URPC_LONG_BYTES + 1];
};

static int tell(struct rt_mapped *m, uint16_t type, const void *data, size_t bytes)
{
	time_t end = time(NULL) + ANSWER_S;
	int ret;

	while ((ret = urpc_send_long(&m->chan, type, data, bytes)) == -URPC_EAGAIN && time(NULL) <= end)
		urpc_pause();
	if (!ret && urpc_notify_needed(&m->chan))
		ioctl(m->fd, REMORA_IOC_NOTIFY);
	return ret;
}

static int hear(struct rt_mapped *m, struct message *in)
{
	time_t end = time(NULL) + ANSWER_S;
	int ret;

	do {
		struct pollfd p = { .fd = m->fd, .events = POLLIN };

		ret = urpc_recv_long(&m->chan, &in->type, in->data, URPC_LONG_BYTES, &in->bytes);
		if (urpc_ack_notify_needed(&m->chan))
			ioctl(m->fd, REMORA_IOC_NOTIFY);
		if (ret != -URPC_EAGAIN) {
			in->data[ret ? 0 : in->bytes] = 0;
			return ret;
		}
		if (!urpc_arm(&m->chan))
			continue;
		poll(&p, 1, 1000);
		urpc_disarm(&m->chan);
		if (p.revents & POLLHUP)
			return -EHOSTDOWN;
	} while (time(NULL) <= end);
	return -ETIMEDOUT;
}

static int spawn_file(struct rt_mapped *m, const struct file *f)
{
	struct {
		struct remora_spawn_start start;
		char strings[5];
	} out = { .start = { .elf_bytes = sizeof(*f), .ram_bytes = 2 << 20, .argc = 1 }, .strings = "prog" };
	int ret = tell(m, REMORA_SPAWN_START, &out, sizeof(out.start) + sizeof(out.strings));

	for (size_t at = 0; !ret && at < sizeof(*f); at += 4096)
		ret = tell(m, REMORA_SPAWN_DATA, (const char *)f + at, 4096);
	return ret;
}

/* Started: its number; else -errno. */
static int spawn(struct rt_mapped *m, const char *code)
{
	struct remora_spawn_started started;
	struct message in;
	struct file f;
	int ret;

	make(&f, code);
	ret = spawn_file(m, &f);
	if (!ret)
		ret = hear(m, &in);
	if (ret)
		return ret;
	memcpy(&started, in.data, sizeof(started));
	return in.type == REMORA_SPAWN_STARTED ? (int)started.domain : -EBADMSG;
}

/* The end, behind any output: its status; else -errno. @why: part of the sentence. */
static int ended(struct rt_mapped *m, const char *why)
{
	struct remora_spawn_exited exited;
	struct message in;
	int ret = hear(m, &in);

	if (ret)
		return ret;
	memcpy(&exited, in.data, sizeof(exited));
	if (in.type != REMORA_SPAWN_EXITED || (why && !strstr(in.data + sizeof(exited), why)))
		return -EBADMSG;
	return exited.status;
}

static int counts(struct rt_mapped *m, struct remora_spawn_counts *c)
{
	const struct remora_spawn_ask ask = { .tag = 4 };
	struct message in;
	int ret = tell(m, REMORA_SPAWN_LIST, &ask, sizeof(ask));

	do {
		ret = ret ? ret : hear(m, &in);
	} while (!ret && in.type == REMORA_SPAWN_ENTRY);
	if (!ret)
		memcpy(c, in.data, sizeof(*c));
	return ret ? ret : in.type == REMORA_SPAWN_COUNTS ? 0 : -EBADMSG;
}

/* ---- tests ---- */

FIXTURE(spawn)
{
	struct rt_spec s;
	struct rt_mapped m, ask;
	struct remora_spawn_counts before;
	int fd;
};

FIXTURE_SETUP(spawn)
{
	rt_sweep();
	rt_spec_init(&self->s, "spawn", 0, 1);
	self->s.extents[0].bytes = 64 << 20;
	ASSERT_EQ(0, rt_create(&self->s))
	{
		TH_LOG("%s", self->s.c.error.message);
	}
	self->fd = rt_open(self->s.c.name, O_RDWR);
	ASSERT_LE(0, self->fd);
	ASSERT_EQ(0, rt_act(self->fd, REMORA_IOC_START, 0, NULL));
	/* Links of monitors are capabilities, too. */
	ASSERT_EQ(0, rt_wait_members(self->s.c.name, 1));
	ASSERT_EQ(0, rt_map(self->fd, 1, REMORA_SERVICE_SPAWN, 64, &self->ask));
	ASSERT_EQ(0, rt_map(self->fd, 1, REMORA_SERVICE_SPAWN, SLOTS, &self->m));
	ASSERT_EQ(0, counts(&self->ask, &self->before));
}

FIXTURE_TEARDOWN(spawn)
{
	rt_unmap(&self->m);
	rt_unmap(&self->ask);
	close(self->fd);
	rt_sweep();
	RT_EXPECT_LEDGER_ZERO();
}

#define EXPECT_COUNTS_AS_BEFORE()                                                                  \
	do {                                                                                       \
		struct remora_spawn_counts now_;                                                   \
		EXPECT_EQ(0, counts(&self->ask, &now_));                                           \
		EXPECT_EQ(self->before.domains, now_.domains);                                     \
		EXPECT_EQ(self->before.ram_free, now_.ram_free);                                   \
		EXPECT_EQ(self->before.caps, now_.caps);                                           \
		EXPECT_EQ(self->before.kernel_pages, now_.kernel_pages);                           \
	} while (0)

TEST_F(spawn, exit_status)
{
	ASSERT_LT(0, spawn(&self->m, code_exit));
	EXPECT_EQ(7, ended(&self->m, NULL));
	EXPECT_COUNTS_AS_BEFORE();
}

TEST_F(spawn, output_before_the_end)
{
	struct message in;

	ASSERT_LT(0, spawn(&self->m, code_talk));
	ASSERT_EQ(0, hear(&self->m, &in));
	EXPECT_EQ(REMORA_SPAWN_OUTPUT, in.type);
	EXPECT_EQ(5, in.bytes);
	EXPECT_EQ(0, memcmp(in.data, "\1hi!\n", 5));
	EXPECT_EQ(0, ended(&self->m, NULL));
}

TEST_F(spawn, input)
{
	struct message in;

	ASSERT_LT(0, spawn(&self->m, code_cat));
	ASSERT_EQ(0, hear(&self->m, &in));
	EXPECT_EQ(REMORA_SPAWN_WANTED, in.type);
	ASSERT_EQ(0, tell(&self->m, REMORA_SPAWN_INPUT, "A", 1));
	EXPECT_EQ('A', ended(&self->m, NULL));
	EXPECT_COUNTS_AS_BEFORE();
}

/* Bytes that were not asked for close the channel, and end the program. */
TEST_F(spawn, input_unasked)
{
	struct message in;

	ASSERT_LT(0, spawn(&self->m, code_spin));
	ASSERT_EQ(0, tell(&self->m, REMORA_SPAWN_INPUT, "A", 1));
	EXPECT_EQ(-EHOSTDOWN, hear(&self->m, &in));
	rt_unmap(&self->m);
	ASSERT_EQ(0, rt_map(self->fd, 1, REMORA_SERVICE_SPAWN, SLOTS, &self->m));
	EXPECT_COUNTS_AS_BEFORE();
}

TEST_F(spawn, faults)
{
	ASSERT_LT(0, spawn(&self->m, code_null));
	EXPECT_EQ(139, ended(&self->m, "page fault: write to 0x8 at 0x401000: nothing is mapped there"));
	rt_unmap(&self->m);
	ASSERT_EQ(0, rt_map(self->fd, 1, REMORA_SERVICE_SPAWN, SLOTS, &self->m));
	ASSERT_LT(0, spawn(&self->m, code_trap));
	EXPECT_EQ(139, ended(&self->m, "undefined instruction at 0x401000"));
	EXPECT_COUNTS_AS_BEFORE();
}

TEST_F(spawn, interrupt)
{
	ASSERT_LT(0, spawn(&self->m, code_spin));
	ASSERT_EQ(0, tell(&self->m, REMORA_SPAWN_INTERRUPT, NULL, 0));
	EXPECT_EQ(130, ended(&self->m, "interrupted"));
	EXPECT_COUNTS_AS_BEFORE();
}

TEST_F(spawn, kill)
{
	struct remora_spawn_ask ask = { .tag = 3 };
	struct remora_spawn_done done;
	struct message in;
	int domain;

	domain = spawn(&self->m, code_spin);
	ASSERT_LT(0, domain);
	for (ask.domain = domain + 1; ask.domain + 1 > domain; ask.domain--) {
		ASSERT_EQ(0, tell(&self->ask, REMORA_SPAWN_KILL, &ask, sizeof(ask)));
		ASSERT_EQ(0, hear(&self->ask, &in));
		EXPECT_EQ(REMORA_SPAWN_DONE, in.type);
		memcpy(&done, in.data, sizeof(done));
		EXPECT_EQ(3, done.tag);
		EXPECT_EQ(ask.domain == domain ? 0 : ENOENT, done.error);
	}
	EXPECT_EQ(137, ended(&self->m, "killed"));
	EXPECT_COUNTS_AS_BEFORE();
}

TEST_F(spawn, close_kills)
{
	struct remora_spawn_counts now;

	ASSERT_LT(0, spawn(&self->m, code_spin));
	ASSERT_EQ(0, counts(&self->ask, &now));
	EXPECT_EQ(1, now.domains);
	rt_unmap(&self->m);
	ASSERT_EQ(0, rt_map(self->fd, 1, REMORA_SERVICE_SPAWN, SLOTS, &self->m));
	EXPECT_COUNTS_AS_BEFORE();
}

TEST_F(spawn, refused)
{
	struct remora_spawn_refused refused;
	struct message in;
	struct file f;

	for (unsigned int i = 0; i < 3; i++) {
		make(&f, code_exit);
		f.segment.p_flags |= i == 0 ? PF_W : 0;
		f.header.e_machine = i == 1 ? EM_AARCH64 : EM_X86_64;
		f.segment.p_filesz += i == 2 ? 1 : 0;
		ASSERT_EQ(0, spawn_file(&self->m, &f));
		ASSERT_EQ(0, hear(&self->m, &in));
		EXPECT_EQ(REMORA_SPAWN_REFUSED, in.type);
		memcpy(&refused, in.data, sizeof(refused));
		EXPECT_EQ(ENOEXEC, refused.error);
		EXPECT_NE(0, in.data[sizeof(refused)]);
		rt_unmap(&self->m);
		ASSERT_EQ(0, rt_map(self->fd, 1, REMORA_SERVICE_SPAWN, SLOTS, &self->m));
		EXPECT_COUNTS_AS_BEFORE();
	}
}

/* Spinning programs, and one that ends beside them. */
TEST_F(spawn, several)
{
	struct rt_mapped more[4];
	struct remora_spawn_counts now;

	for (unsigned int i = 0; i < 4; i++) {
		ASSERT_EQ(0, rt_map(self->fd, 1, REMORA_SERVICE_SPAWN, SLOTS, &more[i]));
		ASSERT_LT(0, spawn(&more[i], code_spin));
	}
	ASSERT_LT(0, spawn(&self->m, code_exit));
	EXPECT_EQ(7, ended(&self->m, NULL));
	EXPECT_EQ(0, rt_ping(self->fd, 1, 3));
	ASSERT_EQ(0, counts(&self->ask, &now));
	EXPECT_EQ(4, now.domains);
	for (unsigned int i = 0; i < 4; i++)
		rt_unmap(&more[i]);
	EXPECT_COUNTS_AS_BEFORE();
}

/* Anything at all in any order; then it still starts programs. */
TEST_F(spawn, flood)
{
	unsigned char data[300];
	unsigned int seed = 1;

	for (unsigned int round = 0; round < 20; round++) {
		struct message in;

		for (unsigned int i = 0; i < 100; i++) {
			size_t bytes = (size_t)rand_r(&seed) % sizeof(data);

			for (size_t n = 0; n < bytes; n++)
				data[n] = (unsigned char)rand_r(&seed);
			urpc_send_long(&self->m.chan, (uint16_t)(rand_r(&seed) % 9), data, bytes);
			rt_notify(&self->m);
			urpc_recv_long(&self->m.chan, &in.type, in.data, URPC_LONG_BYTES, &in.bytes);
		}
		rt_unmap(&self->m);
		ASSERT_EQ(0, rt_map(self->fd, 1, REMORA_SERVICE_SPAWN, SLOTS, &self->m));
	}
	EXPECT_COUNTS_AS_BEFORE();
	ASSERT_LT(0, spawn(&self->m, code_exit));
	EXPECT_EQ(7, ended(&self->m, NULL));
}

TEST_F(spawn, stop_while_it_runs)
{
	struct message in;

	ASSERT_LT(0, spawn(&self->m, code_spin));
	ASSERT_EQ(0, rt_stop(self->fd, REMORA_FORCE, 0, NULL));
	EXPECT_EQ(-EHOSTDOWN, hear(&self->m, &in));
}

TEST_F(spawn, polite_stop_while_it_runs)
{
	struct message in;

	ASSERT_LT(0, spawn(&self->m, code_spin));
	ASSERT_EQ(0, rt_stop(self->fd, 0, 0, NULL));
	EXPECT_EQ(-EHOSTDOWN, hear(&self->m, &in));
}

/* Left running, with its channel open, until the fixture destroys the partition by force. */
TEST_F(spawn, destroy_while_it_runs)
{
	ASSERT_LT(0, spawn(&self->m, code_spin));
	EXPECT_EQ(0, rt_destroy(self->s.c.name, REMORA_FORCE, NULL));
}

TEST(crash_while_it_runs)
{
	struct rt_mapped m;
	struct message in;
	struct rt_spec s;
	int fd;

	RT_SKIP_UNLESS_CPUS(1);
	rt_sweep();
	/* Those of these tests allow faults. */
	ASSERT_EQ(0, rt_begin(&s, "spawn", 0, 1, &fd));
	ASSERT_EQ(0, rt_map(fd, 1, REMORA_SERVICE_SPAWN, SLOTS, &m));
	ASSERT_LT(0, spawn(&m, code_spin));
	ASSERT_EQ(0, rt_inject(fd, 1, REMORA_FAULT_OPCODE, NULL));
	EXPECT_EQ(-EHOSTDOWN, hear(&m, &in));
	rt_unmap(&m);
	close(fd);
	rt_sweep();
	RT_EXPECT_LEDGER_ZERO();
}

TEST_HARNESS_MAIN
