// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* From the runtime's main thread to the C library's _start: the stack that Linux would have made. */
#include <base/string.h>

#include "libc_core.h"

#define AUX_WORDS 40u /* room for pairs of them */
#define CLOCK_TICKS 100

/* A program whose headers are not mapped has at least its thread-local storage told. */
static struct linux_phdr tls;

struct builder {
	uint64_t *word; /* the next one of argc, argv, environ, auxv */
	char *text;     /* the next string */
};

static void aux(struct builder *b, uint64_t key, uint64_t value)
{
	*b->word++ = key;
	*b->word++ = value;
}

static void string(struct builder *b, const char *from)
{
	size_t bytes = base_strlen(from, ABI_DOMAIN_STARTUP_BYTES) + 1;

	*b->word++ = (uint64_t)b->text;
	memcpy(b->text, from, bytes);
	b->text += bytes;
}

static uint32_t features(void)
{
	uint32_t a = 1, b, c = 0, d;

	__asm__("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
	return d;
}

static void headers(struct builder *b, const struct abi_startup *s)
{
	if (s->phdr) {
		aux(b, AUX_PHDR, s->phdr);
		aux(b, AUX_PHNUM, s->phdr_count);
	} else if (s->tls) {
		tls = (struct linux_phdr){ .type = PHDR_TLS, .va = s->tls,
					   .file_bytes = s->tls_file_bytes,
					   .bytes = s->tls_bytes, .align = s->tls_align };
		aux(b, AUX_PHDR, (uint64_t)&tls);
		aux(b, AUX_PHNUM, 1);
	}
	aux(b, AUX_PHENT, sizeof(tls));
}

static void auxv(struct builder *b, const struct abi_startup *s, uint64_t name)
{
	headers(b, s);
	aux(b, AUX_PAGESZ, 4096);
	aux(b, AUX_ENTRY, s->entry);
	aux(b, AUX_UID, 0);
	aux(b, AUX_EUID, 0);
	aux(b, AUX_GID, 0);
	aux(b, AUX_EGID, 0);
	aux(b, AUX_HWCAP, features());
	aux(b, AUX_CLKTCK, CLOCK_TICKS);
	aux(b, AUX_SECURE, 0);
	memcpy(b->text, s->seed, sizeof(s->seed));
	aux(b, AUX_RANDOM, (uint64_t)b->text);
	b->text += sizeof(s->seed);
	aux(b, AUX_EXECFN, name);
	aux(b, AUX_END, 0);
}

int rt_main(const struct abi_startup *s)
{
	size_t words = 1 + s->argc + 1 + s->environ_count + 1 + AUX_WORDS;
	size_t bytes = words * sizeof(uint64_t) + s->bytes + sizeof(s->seed);
	uint64_t *stack = __builtin_alloca_with_align((bytes + 15) & ~15ull, 128);
	struct builder b = { .word = stack, .text = (char *)(stack + words) };
	const char *next;

	*b.word++ = s->argc;
	for (unsigned int i = 0; (next = rt_argument(i)); i++)
		string(&b, next);
	*b.word++ = 0;
	for (unsigned int i = 0; (next = rt_environment(i)); i++)
		string(&b, next);
	*b.word++ = 0;
	auxv(&b, s, s->argc ? stack[1] : 0);
	linux_begin(stack);
}
