// SPDX-License-Identifier: GPL-2.0-only
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "guest.h"

#define TIMEOUT_S 300 /* of a host that has other work */
#define MAP_WRITE (1ull << 1)
#define MAP_NX (1ull << 63)
#define TABLE_ADDRESS 0x000ffffffffff000ull

unsigned char *guest_ram;
struct abi_boot *guest_boot;
struct abi_host *guest_host;
struct abi_core *guest_core;
struct abi_console *guest_console;
struct urpc_chan guest_control, guest_bound;

static char directory[64], ram_path[80], monitor_path[80], qtest_path[80];
static pid_t qemu;
static int monitor = -1, qtest = -1;
static uint64_t next_table, root;
static uint32_t tag;
static const char *image_path;
static bool icount;
static unsigned char *image;
static size_t image_bytes;
static uint64_t module_at;

/* ---- boot page tables, small pages only ---- */

static uint64_t new_table(void)
{
	next_table += ABI_PAGE_SIZE;
	return next_table - ABI_PAGE_SIZE;
}

static void map(uint64_t va, uint64_t pa, uint64_t bytes, uint64_t rights)
{
	for (uint64_t done = 0; done < bytes; done += ABI_PAGE_SIZE) {
		uint64_t table = root;

		for (int level = 4; level > 1; level--) {
			uint64_t *entry = guest_at(table);

			entry += (va + done) >> (3 + 9 * level) & 511;
			if (!*entry)
				*entry = new_table() | MAP_WRITE | 1;
			table = *entry & TABLE_ADDRESS;
		}
		((uint64_t *)guest_at(table))[(va + done) >> 12 & 511] = (pa + done) | rights | 1;
	}
}

/* ---- the image ---- */

static void image_read(void)
{
	const char *path = image_path ? image_path : getenv("IMAGE");
	struct stat st;
	int fd = open(path ? path : "", O_RDONLY);

	if (fd < 0 || fstat(fd, &st)) {
		fprintf(stderr, "IMAGE='%s': %s\n", path ? path : "", strerror(errno));
		exit(1);
	}
	image_bytes = (size_t)st.st_size;
	image = mmap(NULL, image_bytes, PROT_READ, MAP_PRIVATE, fd, 0);
	close(fd);
}

static void image_place(void)
{
	const Elf64_Ehdr *e = (const void *)image;
	const Elf64_Phdr *p = (const void *)(image + e->e_phoff);

	for (int i = 0; i < e->e_phnum; i++) {
		uint64_t pa = GUEST_IMAGE + p[i].p_vaddr - ABI_IMAGE_VA, rights = 0;

		if (p[i].p_type != PT_LOAD)
			continue;
		memcpy(guest_at(pa), image + p[i].p_offset, p[i].p_filesz);
		rights |= p[i].p_flags & PF_W ? MAP_WRITE : 0;
		rights |= p[i].p_flags & PF_X ? 0 : MAP_NX;
		map(p[i].p_vaddr, pa, p[i].p_memsz, rights);
	}
	((uint64_t *)guest_at(LOADER_ARGS))[1] = e->e_entry;
}

uint64_t guest_symbol(const char *name)
{
	const Elf64_Ehdr *e = (const void *)image;
	const Elf64_Shdr *s = (const void *)(image + e->e_shoff);

	for (int i = 0; i < e->e_shnum; i++) {
		const Elf64_Sym *symbol = (const void *)(image + s[i].sh_offset);
		const char *names = (const char *)image + s[s[i].sh_link].sh_offset;

		if (s[i].sh_type != SHT_SYMTAB)
			continue;
		for (uint64_t n = 0; n < s[i].sh_size / sizeof(*symbol); n++) {
			if (!strcmp(names + symbol[n].st_name, name))
				return symbol[n].st_value;
		}
	}
	fail_msg("the image has no symbol %s", name);
	return 0;
}

/* ---- boot information ---- */

void guest_extent(uint64_t base, uint64_t size, uint32_t kind)
{
	guest_boot->extents[guest_boot->extent_count++] =
		(struct abi_extent){ .base = base, .size = size, .kind = kind };
	map(ABI_WINDOW_VA + base, base, size, MAP_WRITE | MAP_NX);
}

static void fill(void)
{
	uint64_t *args = guest_at(LOADER_ARGS);

	next_table = GUEST_TABLES;
	root = new_table();
	map(LOADER_AT, LOADER_AT, ABI_PAGE_SIZE, MAP_WRITE);
	map(LOADER_ARGS, LOADER_ARGS, ABI_PAGE_SIZE, MAP_WRITE);
	map(ABI_WINDOW_VA + GUEST_PAGES, GUEST_PAGES, 0x40000, MAP_WRITE | MAP_NX);
	image_place();
	args[0] = root;
	args[2] = ABI_WINDOW_VA + GUEST_PAGES;
	*guest_boot = (struct abi_boot){
		.magic = ABI_MAGIC,
		.revision = ABI_REVISION,
		.size = sizeof(*guest_boot),
		.node = 1,
		.nodes = 2,
		.flags = ABI_BOOT_FAULTS | ABI_BOOT_NO_SLEEP,
		.tsc_khz = 2000000,
		.partition = "bare",
		.linux_cpu = 5,
		.host_page = GUEST_PAGES + ABI_PAGE_SIZE,
		.core_page = GUEST_PAGES + 2 * ABI_PAGE_SIZE,
		.console = GUEST_CONSOLE,
		.console_size = sizeof(struct abi_console) +
				GUEST_RECORDS * sizeof(struct abi_console_line),
		.image_phys = GUEST_IMAGE,
		.image_size = GUEST_IMAGE_BYTES,
		.control = { GUEST_RING(0), GUEST_RING(1), GUEST_SLOTS, 0 },
	};
	guest_extent(GUEST_IMAGE, GUEST_IMAGE_BYTES, ABI_EXTENT_IMAGE);
	guest_extent(GUEST_KERNEL, GUEST_KERNEL_BYTES, ABI_EXTENT_KERNEL);
	guest_extent(GUEST_OWN, GUEST_OWN_BYTES, ABI_EXTENT_RAM);
	guest_extent(GUEST_SHARED, GUEST_SHARED_BYTES, ABI_EXTENT_SHARED);
	guest_console->records = GUEST_RECORDS;
	urpc_chan_init(&guest_control, guest_at(GUEST_RING(1)), guest_at(GUEST_RING(0)),
		       GUEST_SLOTS);
}

void guest_image(const char *path)
{
	munmap(image, image_bytes);
	image_path = path;
	image_read();
	memset(guest_at(GUEST_TABLES), 0, next_table - GUEST_TABLES);
	fill();
}

int guest_setup(void **state)
{
	int fd;

	(void)state;
	if (!image)
		image_read();
	snprintf(directory, sizeof(directory), "%s/cpudrv-XXXXXX",
		 access("/dev/shm", W_OK) ? "/tmp" : "/dev/shm");
	if (!mkdtemp(directory))
		return -1;
	snprintf(ram_path, sizeof(ram_path), "%s/ram", directory);
	snprintf(monitor_path, sizeof(monitor_path), "%s/monitor", directory);
	snprintf(qtest_path, sizeof(qtest_path), "%s/qtest", directory);
	module_at = GUEST_OWN + GUEST_OWN_BYTES;
	if (image_path) {
		munmap(image, image_bytes);
		image_path = NULL;
		image_read();
	}
	fd = open(ram_path, O_RDWR | O_CREAT | O_EXCL, 0600);
	if (fd < 0 || ftruncate(fd, GUEST_RAM))
		return -1;
	guest_ram = mmap(NULL, GUEST_RAM, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	if (guest_ram == MAP_FAILED)
		return -1;
	guest_boot = guest_at(GUEST_PAGES);
	guest_host = guest_at(GUEST_PAGES + ABI_PAGE_SIZE);
	guest_core = guest_at(GUEST_PAGES + 2 * ABI_PAGE_SIZE);
	guest_console = guest_at(GUEST_CONSOLE);
	fill();
	return 0;
}

int guest_teardown(void **state)
{
	(void)state;
	if (qemu > 0) {
		kill(qemu, SIGKILL);
		waitpid(qemu, NULL, 0);
	}
	if (monitor >= 0)
		close(monitor);
	if (qtest >= 0)
		close(qtest);
	qemu = 0;
	monitor = qtest = -1;
	icount = false;
	munmap(guest_ram, GUEST_RAM);
	unlink(ram_path);
	unlink(monitor_path);
	unlink(qtest_path);
	rmdir(directory);
	return 0;
}

/* ---- QEMU ---- */

void guest_counts(void)
{
	icount = true;
}

static void become_qemu(void)
{
	char object[160], monitor_option[120], qtest_option[120];

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	snprintf(object, sizeof(object),
		 "memory-backend-file,id=ram,size=%luM,mem-path=%s,share=on", GUEST_RAM >> 20,
		 ram_path);
	snprintf(monitor_option, sizeof(monitor_option), "unix:%s,server,nowait", monitor_path);
	snprintf(qtest_option, sizeof(qtest_option), "unix:%s,server,nowait", qtest_path);
	execlp("./qemu", "./qemu", "-object", object, "-machine", "q35,memory-backend=ram",
	       "-m", "2112M", "-accel", "tcg,thread=single", "-cpu", "max", "-nodefaults",
	       "-no-user-config", "-display", "none", "-no-reboot", "-monitor", monitor_option,
	       "-qtest", qtest_option, "-qtest-log", "none",
	       "-kernel", "build/loader", icount ? "-icount" : (char *)NULL, "shift=0,sleep=off",
	       (char *)NULL);
	_exit(127);
}

static void pause_briefly(void)
{
	nanosleep(&(struct timespec){ .tv_nsec = 200000 }, NULL);
}

static bool connected_to(const char *path, int *to)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	if (*to >= 0)
		return true;
	strncpy(address.sun_path, path, sizeof(address.sun_path) - 1);
	*to = socket(AF_UNIX, SOCK_STREAM, 0);
	if (!connect(*to, (struct sockaddr *)&address, sizeof(address)))
		return true;
	close(*to);
	*to = -1;
	return false;
}

static bool connected(void)
{
	return connected_to(monitor_path, &monitor) && connected_to(qtest_path, &qtest);
}

void guest_start(void)
{
	qemu = fork();
	assert_true(qemu >= 0);
	if (!qemu)
		become_qemu();
	guest_wait(connected, "QEMU's monitor");
	guest_monitor(""); /* its greeting */
}

static bool runs(void)
{
	return guest_core->state >= ABI_CORE_RUNNING;
}

void guest_running(void)
{
	guest_start();
	guest_wait(runs, "the core's start");
	if (guest_core->state != ABI_CORE_RUNNING)
		guest_show_console();
	assert_int_equal(guest_core->state, ABI_CORE_RUNNING);
}

/* Each answer ends with a prompt; the commands sent here print no prompt of their own. */
const char *guest_monitor(const char *command)
{
	static char answer[16384];
	size_t length = 0;

	if (*command)
		dprintf(monitor, "%s\n", command);
	answer[0] = 0;
	while (!strstr(answer, "(qemu) ") && length < sizeof(answer) - 1) {
		struct pollfd p = { .fd = monitor, .events = POLLIN };
		ssize_t n;

		assert_int_equal(poll(&p, 1, TIMEOUT_S * 1000), 1);
		n = read(monitor, answer + length, sizeof(answer) - 1 - length);
		assert_true(n > 0);
		length += (size_t)n;
		answer[length] = 0;
	}
	return answer;
}

/* A write to the page of interrupt messages, SDM volume 3, 11.11. Any answer is one line. */
static void message(uint32_t data)
{
	char answer[80];

	dprintf(qtest, "writel 0xfee00000 0x%x\n", data);
	assert_true(read(qtest, answer, sizeof(answer)) > 0);
	assert_memory_equal(answer, "OK", 2);
}

void guest_interrupt(uint8_t vector)
{
	message(vector);
}

void guest_nmi(void)
{
	message(0x400);
}

void guest_bell(void)
{
	guest_interrupt(ABI_VECTOR_DOORBELL);
}

void guest_wait(bool (*done)(void), const char *what)
{
	time_t start = time(NULL);

	while (!done()) {
		pause_briefly();
		if (qemu > 0 && waitpid(qemu, NULL, WNOHANG) == qemu) {
			qemu = 0;
			guest_show_console();
			fail_msg("QEMU ended while the test waited for %s", what);
		}
		if (time(NULL) - start > TIMEOUT_S) {
			guest_show_console();
			fail_msg("waited in vain for %s; state %u, %lu turns", what,
				 guest_core->state, guest_core->heartbeat);
		}
	}
}

/* Modules lie at the end of the memory for programs, each before the one before. */
void *guest_module(const char *path, const char *name, uint64_t *bytes)
{
	struct abi_module *m = &guest_boot->modules[guest_boot->module_count++];
	int fd = open(path, O_RDONLY);
	struct stat st;

	assert_true(fd >= 0 && !fstat(fd, &st));
	module_at -= ((uint64_t)st.st_size + ABI_PAGE_SIZE - 1) & ~(ABI_PAGE_SIZE - 1);
	*m = (struct abi_module){ .base = module_at, .size = (uint64_t)st.st_size };
	strncpy(m->name, name, sizeof(m->name) - 1);
	assert_int_equal(read(fd, guest_at(module_at), m->size), m->size);
	close(fd);
	if (bytes)
		*bytes = m->size;
	return guest_at(module_at);
}

/* ---- console ---- */

uint64_t guest_line(uint64_t from, const char *text)
{
	for (uint64_t n = from; n <= guest_console->written; n++) {
		const struct abi_console_line *l = &guest_console->line[n % GUEST_RECORDS];

		if (l->number == n && l->length <= ABI_CONSOLE_TEXT &&
		    memmem(l->text, l->length, text, strlen(text)))
			return n;
	}
	return 0;
}

void guest_show_console(void)
{
	for (uint64_t n = 1; n <= guest_console->written && n <= GUEST_RECORDS; n++) {
		const struct abi_console_line *l = &guest_console->line[n % GUEST_RECORDS];

		if (l->length <= ABI_CONSOLE_TEXT)
			print_message("# | %.*s\n", l->length, l->text);
	}
}

/* ---- messages ---- */

void guest_send(uint16_t type, void *request, size_t bytes)
{
	memcpy(request, &(uint32_t){ ++tag }, sizeof(tag));
	assert_int_equal(urpc_send(&guest_control, type, request, bytes), 0);
	if (urpc_notify_needed(&guest_control) && qtest >= 0)
		guest_bell();
}

static bool answered(void)
{
	return urpc_can_recv(&guest_control);
}

int guest_ask(uint16_t type, void *request, size_t bytes)
{
	struct abi_ctl_status status;
	struct urpc_msg msg;

	guest_send(type, request, bytes);
	guest_wait(answered, "an answer on the control channel");
	assert_int_equal(urpc_recv(&guest_control, &msg), 0);
	memcpy(&status, msg.payload, sizeof(status));
	assert_int_equal(msg.type, ABI_CTL_REPLY | type);
	assert_int_equal(status.tag, tag);
	return status.status;
}

struct abi_ctl_bind guest_bind(uint32_t service)
{
	memset(guest_at(GUEST_RING(2)), 0, 2 * urpc_ring_bytes(GUEST_SLOTS));
	urpc_chan_init(&guest_bound, guest_at(GUEST_RING(3)), guest_at(GUEST_RING(2)),
		       GUEST_SLOTS);
	return (struct abi_ctl_bind){
		.channel = GUEST_CHANNEL,
		.tx = GUEST_RING(2),
		.rx = GUEST_RING(3),
		.slots = GUEST_SLOTS,
		.service = service,
	};
}

static bool received(void)
{
	return urpc_can_recv(&guest_bound);
}

struct urpc_msg guest_receive(void)
{
	struct urpc_msg msg;

	guest_wait(received, "a message on the bound channel");
	assert_int_equal(urpc_recv(&guest_bound, &msg), 0);
	return msg;
}
