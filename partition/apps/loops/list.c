// SPDX-License-Identifier: GPL-2.0-only
/* A linked list: built in shuffled memory, sorted by merging, reversed, searched. */
#include "loops.h"

#define NODES 512u

struct node {
	struct node *next;
	uint32_t key, value;
};

/* Every node once, in an order that depends on the seed: 5 and NODES have no common factor. */
static struct node *build(struct node *pool, uint32_t seed)
{
	struct node *head = NULL;
	uint32_t at = seed % NODES;

	for (unsigned int i = 0; i < NODES; i++) {
		struct node *n = &pool[at];

		n->key = next_random(&seed) % 1000;
		n->value = i;
		n->next = head;
		head = n;
		at = (at + 5) % NODES;
	}
	return head;
}

/* Equal keys keep their order. */
static struct node *merge(struct node *a, struct node *b)
{
	struct node *head = NULL, **tail = &head;

	while (a && b) {
		struct node **from = a->key <= b->key ? &a : &b;

		*tail = *from;
		tail = &(*from)->next;
		*from = (*from)->next;
	}
	*tail = a ? a : b;
	return head;
}

static struct node *sort(struct node *list)
{
	struct node *slow = list, *fast, *half;

	if (!list || !list->next)
		return list;
	for (fast = list->next; fast && fast->next; fast = fast->next->next)
		slow = slow->next;
	half = slow->next;
	slow->next = NULL;
	return merge(sort(list), sort(half));
}

static struct node *reverse(struct node *list)
{
	struct node *done = NULL, *next;

	for (; list; list = next) {
		next = list->next;
		list->next = done;
		done = list;
	}
	return done;
}

static uint32_t walk(const struct node *list, uint32_t sum)
{
	for (; list; list = list->next) {
		const uint32_t words[2] = { list->key, list->value };

		sum = sum_bytes(sum, words, sizeof(words));
	}
	return sum;
}

uint32_t loop_list(uint32_t seed, uint32_t sum)
{
	static struct node pool[NODES];
	struct node *list = build(pool, seed);

	for (unsigned int i = 0; i < 16; i++) {
		const uint32_t key = next_random(&seed) % 1000;
		const struct node *n = list;

		while (n && n->key != key)
			n = n->next;
		sum = sum_bytes(sum, n ? &n->value : &key, sizeof(key));
	}
	list = sort(list);
	sum = walk(list, sum);
	return walk(reverse(list), sum);
}
