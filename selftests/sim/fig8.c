// SPDX-License-Identifier: GPL-2.0-only
/*
 * A node retypes memory that all others know: a two-phase commit among all nodes, by the real machine,
 * whose messages for one node travel together as they do in struct node. Nodes are busy while they send,
 * receive and work, messages take their time on the way: struct model. What is done to the capabilities
 * themselves costs nothing here: it is the same with any protocol.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <abi/if/agree.h>
#include <abi/protocol/agree.h>
#include <abi/protocol/batch.h>

#include "engine.h"
#include "fig8.h"

#define PAGE 4096u
#define ALONE 16u      /* operations, one after the other */
#define PIPELINED 256u /* operations, so many at a time: */
#define OUTSTANDING 32u

/**
 * struct model - a kind of machine, in cycles
 * @package: nodes that share a cache
 * @near, @far: one way, within a package and between two; @step: and for each step of the hops more
 * @line:    for each cache line of a message, once at the sender and once at the receiver
 * @message: to take a message from its link and do what it takes to have a turn
 * @part:    for each message that a machine sends, and each attempt that a message is about
 * @attempt: to begin an attempt of another node's: in addition
 * @ask:     for each operation, at who asks for it
 */
struct model {
	const char *name;
	const char *source;
	uint32_t package;
	uint32_t near;
	uint32_t far;
	uint32_t step;
	uint32_t line;
	uint32_t message;
	uint32_t part;
	uint32_t attempt;
	uint32_t ask;
};

static const struct model models[] = {
	{ "epyc", "EPYC of family 26, 2.6 GHz, measured: bench-urpc-amd-epyc-goals.txt, commit-work.txt;\n"
	  "#   packages of 16", 16, 147, 580, 0, 45, 85, 24, 250, 450 },
	{ "amd-8x4", "8x4 AMD 8350, 2.0 GHz, table 2 of the paper; more than 8 packages by the same figures;\n"
	  "#   the nodes' own work: that of the other model, 10/3 times", 4, 538, 613, 5, 361, 283, 80, 833, 1500 },
};

#define MODELS (sizeof(models) / sizeof(models[0]))

static const char *const kinds[] = {
	[ROUTE_UNICAST] = "unicast",
	[ROUTE_MULTICAST] = "multicast",
	[ROUTE_NUMA] = "numa",
};

/** struct run - one point of a curve */
struct run {
	const struct model *model;
	enum route_kind kind;
	uint32_t nodes;
	uint32_t ops;
	uint32_t outstanding; /* of each coordinator */
	uint32_t coordinators;
	uint32_t started;
	uint32_t done;
	uint32_t open[SIM_NODES_MAX];
	uint64_t end;
	bool wrong;
	struct agree *agree;
	struct node_ctx {
		struct sim *sim;
		uint32_t node;
		struct batcher batcher;
	} *ctx;
	uint16_t *package;
	uint32_t *distance;
};

static struct run run;

static uint32_t packages(void)
{
	return (run.nodes + run.model->package - 1) / run.model->package;
}

static uint32_t latency(const struct sim *sim, uint32_t from, uint32_t to)
{
	uint32_t a = from / run.model->package, b = to / run.model->package;

	(void)sim;
	if (a == b)
		return run.model->near;
	return run.model->far + ((a ^ b) & 2 ? run.model->step : 0);
}

static int vote(void *ctx, const struct agree_request *q, bool mine,
		uint64_t cookie, uint32_t *relations)
{
	(void)ctx;
	(void)q;
	(void)mine;
	(void)cookie;
	(void)cookie;
	*relations = AGREE_HAS_COPY;
	return 0;
}

static int perform(void *ctx, const struct agree_request *q, enum agree_part part, uint64_t cookie)
{
	(void)ctx;
	(void)q;
	(void)part;
	(void)cookie;
	return 0;
}

static void nothing(void *ctx, const struct agree_request *q)
{
	(void)ctx;
	(void)q;
}

static void busy(void *ctx, const struct agree_request *q, bool on)
{
	(void)ctx;
	(void)q;
	(void)on;
}

static void done(void *ctx, uint64_t cookie, int result, uint32_t relations)
{
	struct node_ctx *n = ctx;

	(void)cookie;
	(void)relations;
	run.wrong |= result != 0;
	run.done++;
	run.open[n->node]--;
	if (n->sim->node[n->node].busy > run.end)
		run.end = n->sim->node[n->node].busy;
}

static void port_send(void *ctx, uint32_t to, uint16_t type, const void *payload, uint32_t bytes)
{
	struct node_ctx *n = ctx;

	sim_send(n->sim, n->node, to, type, payload, bytes);
}

/* From the machine to the batch. */
static void put(void *ctx, uint32_t to, uint16_t type, const void *payload, uint32_t bytes)
{
	struct node_ctx *n = ctx;

	n->sim->node[n->node].busy += run.model->part;
	protocol_send(&n->batcher.port, to, type, payload, bytes);
}

static void node_init(struct sim *sim, uint32_t node, const struct route_topology *topology)
{
	const struct agree_local local = { .ctx = &run.ctx[node], .vote = vote, .busy = busy,
					   .perform = perform, .alone = nothing, .done = done };
	const struct protocol_port out = { &run.ctx[node], port_send }, port = { &run.ctx[node], put };
	struct agree_memory memory = { .nodes = run.nodes };
	struct protocol_set members;
	struct agree_merger merger;
	uint8_t blob[AGREE_BLOB_MAX];

	/* One more than a coordinator may have under way: that one is kept for deletions. */
	memory.count = run.nodes * (node < run.coordinators ? run.outstanding + 1 : 2);
	if (memory.count < 2 * OUTSTANDING)
		memory.count = 2 * OUTSTANDING;
	memory.entries = sim_alloc(sim, memory.count * sizeof(*memory.entries));
	memory.heard = sim_alloc(sim, (size_t)memory.count * AGREE_WORDS(run.nodes) * 8);
	memory.peers = sim_alloc(sim, run.nodes * sizeof(*memory.peers));
	memory.room = sim_alloc(sim, ROUTE_ROOM(run.nodes, packages()) * sizeof(*memory.room));
	run.ctx[node].sim = sim;
	run.ctx[node].node = node;
	batch_init(&run.ctx[node].batcher, &out, sim_alloc(sim, run.nodes * sizeof(struct batch_peer)),
		   run.nodes);
	protocol_set_clear(&members);
	for (uint32_t i = 0; i < run.nodes; i++)
		protocol_set_add(&members, i);
	agree_merge_begin(&merger, &members, &members);
	sim_start(sim, node);
	if (agree_init(&run.agree[node], node, &memory, &port, &local, topology, run.kind) ||
	    agree_install(&run.agree[node], 1, &members, blob,
			  agree_outcome(&merger, blob, sizeof(blob))))
		abort();
	agree_thaw(&run.agree[node]);
}

static void begin(struct sim *sim)
{
	struct route_topology topology = { .nodes = run.nodes, .packages = packages() };

	sim_nodes(sim, run.nodes);
	run.agree = sim_alloc(sim, run.nodes * sizeof(*run.agree));
	run.ctx = sim_alloc(sim, run.nodes * sizeof(*run.ctx));
	run.package = sim_alloc(sim, run.nodes * sizeof(*run.package));
	run.distance = sim_alloc(sim, packages() * packages() * sizeof(*run.distance));
	for (uint32_t i = 0; i < run.nodes; i++)
		run.package[i] = (uint16_t)(i / run.model->package);
	for (uint32_t i = 0; i < packages() * packages(); i++)
		run.distance[i] = latency(sim, i / packages() * run.model->package,
					  i % packages() * run.model->package);
	topology.package = run.package;
	topology.distance = run.distance;
	for (uint32_t i = 0; i < run.nodes; i++)
		node_init(sim, i, &topology);
	sim->limit = UINT64_MAX;
	for (uint32_t i = 0; i < run.coordinators; i++)
		sim_plan(sim, 0, i, 0, 0);
}

/* A coordinator keeps as many operations under way as it may, each on memory of its own. */
static void go_on(struct sim *sim, uint32_t node)
{
	while (agree_work(&run.agree[node]))
		;
	while (node < run.coordinators && run.started < run.ops &&
	       run.open[node] < run.outstanding) {
		uint64_t base = (1 + run.started % (4 * OUTSTANDING)) * 16 * PAGE;
		struct agree_request q = { .kind = AGREE_RETYPE, .into = ABI_CAP_FRAME,
					   .object = { base, 16 * PAGE, ABI_CAP_RAM },
					   .piece = base, .piece_bytes = PAGE };

		if (agree_start(&run.agree[node], &q, run.started)) {
			sim_fail(sim, "an operation is refused");
			return;
		}
		run.started++;
		run.open[node]++;
		sim->node[node].busy += run.model->ask;
	}
	while (agree_work(&run.agree[node]))
		;
	batch_flush(&run.ctx[node].batcher);
}

/* Of how many attempts does it tell? */
static uint32_t attempts(uint16_t type, const void *payload, uint32_t bytes)
{
	struct agree_votes v;
	struct agree_outcomes o;
	struct agree_acks a;

	if (type == AGREE_VOTES && !agree_votes_decode(&v, payload, bytes))
		return (uint32_t)__builtin_popcount(v.yes);
	if (type == AGREE_OUTCOMES && !agree_outcomes_decode(&o, payload, bytes))
		return (uint32_t)__builtin_popcount(o.commit | o.abort);
	if (type == AGREE_ACKS && !agree_acks_decode(&a, payload, bytes))
		return (uint32_t)__builtin_popcount(a.done);
	return 1;
}

static void take(struct sim *sim, uint32_t node, uint32_t from, uint16_t type, const void *payload,
		 uint32_t bytes)
{
	sim->node[node].busy += attempts(type, payload, bytes) * run.model->part +
				(type == AGREE_PREPARE ? run.model->attempt : 0);
	if (agree_message(&run.agree[node], from, type, payload, bytes))
		sim_fail(sim, "node %u: a message of node %u is refused", node, from);
}

static void message(struct sim *sim, uint32_t node, const struct sim_message *m)
{
	struct batch_reader r;

	if (m->type != BATCH_MESSAGE)
		take(sim, node, m->from, m->type, m->payload, m->bytes);
	else if (batch_open(&r, m->payload, m->bytes))
		sim_fail(sim, "node %u: a batch of node %u is none", node, m->from);
	else
		while (batch_next(&r))
			take(sim, node, m->from, r.type, r.payload, r.bytes);
	go_on(sim, node);
}

static void event(struct sim *sim, uint32_t node, uint32_t code, uint64_t value)
{
	(void)code;
	(void)value;
	go_on(sim, node);
}

static bool quiet(struct sim *sim)
{
	(void)sim;
	return run.done == run.ops;
}

static void end(struct sim *sim)
{
	if (run.wrong)
		sim_fail(sim, "an operation was not done");
}

static const struct sim_world world = {
	.name = "fig8",
	.begin = begin,
	.message = message,
	.event = event,
	.quiet = quiet,
	.end = end,
};

/* Cycles for each of the operations; 0: it did not work. */
static uint64_t cost_each(const struct model *model, enum route_kind kind, uint32_t nodes,
			  uint32_t ops, uint32_t coordinators, uint32_t outstanding)
{
	const struct sim_cost cost = { .line = model->line, .handle = model->message,
				       .latency = latency };
	struct sim *sim = sim_open(&world);
	uint64_t each = 0;

	if (!sim)
		exit(SIM_EXIT_TROUBLE);
	run = (struct run){ .model = model, .kind = kind, .nodes = nodes, .ops = ops,
			    .coordinators = coordinators, .outstanding = outstanding };
	sim->cost = &cost;
	if (!sim_run(sim, 1))
		each = run.end / ops;
	else
		fprintf(stderr, "sim: %s, %u nodes: %s\n", kinds[kind], nodes, sim->failure);
	sim_close(sim);
	return each;
}

/** struct point - of all three curves of a model and kind */
struct point {
	uint64_t alone;
	uint64_t pipelined;
	uint64_t all;
};

static struct point point(const struct model *model, enum route_kind kind, uint32_t nodes)
{
	uint32_t coordinators = nodes < OUTSTANDING ? nodes : OUTSTANDING;

	return (struct point){
		.alone = cost_each(model, kind, nodes, ALONE, 1, 1),
		.pipelined = cost_each(model, kind, nodes, PIPELINED, 1, OUTSTANDING - 1),
		.all = cost_each(model, kind, nodes, PIPELINED, coordinators,
				 OUTSTANDING / coordinators),
	};
}

static void models_state(void)
{
	printf("# two-phase commit of a retype that all nodes know: simulated, in cycles\n");
	for (size_t m = 0; m < MODELS; m++)
		printf("# %s: %s; one way %u in it, %u between two, %u more for two hops;\n"
		       "#   %u a cache line at the sender and again at the receiver, %u a message taken,\n"
		       "#   %u each that is sent and each attempt told of, %u to begin one, %u to ask for one\n",
		       models[m].name, models[m].source, models[m].near, models[m].far,
		       models[m].step, models[m].line, models[m].message, models[m].part,
		       models[m].attempt, models[m].ask);
	printf("# alone: one after the other, of node 0; pipelined: %u at a time, of node 0;\n"
	       "# all: %u at a time, of %u nodes or as many as there are\n", OUTSTANDING - 1,
	       OUTSTANDING, OUTSTANDING);
}

int fig8(void)
{
	static const uint32_t sizes[] = { 2, 4, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512 };
	bool good = true;

	models_state();
	printf("model,routing,nodes,alone,pipelined,all\n");
	for (size_t m = 0; m < MODELS; m++)
		for (uint32_t kind = ROUTE_UNICAST; kind <= ROUTE_NUMA; kind++)
			for (size_t i = 0; kinds[kind] && i < sizeof(sizes) / sizeof(sizes[0]); i++) {
				struct point p = point(&models[m], kind, sizes[i]);

				good &= p.alone && p.pipelined && p.all;
				printf("%s,%s,%u,%llu,%llu,%llu\n", models[m].name, kinds[kind],
				       sizes[i], (unsigned long long)p.alone,
				       (unsigned long long)p.pipelined, (unsigned long long)p.all);
				fflush(stdout);
			}
	return good ? 0 : SIM_EXIT_FAILED;
}

int fig8_test(void)
{
	uint32_t number = 0;
	int status = 0;

	printf("1..%zu\n", 2 * MODELS);
	for (size_t m = 0; m < MODELS; m++) {
		struct point few = point(&models[m], ROUTE_NUMA, 8);
		struct point flat = point(&models[m], ROUTE_UNICAST, 64);
		struct point tree = point(&models[m], ROUTE_NUMA, 64);
		bool good = few.all && few.pipelined && few.alone >= 3 * few.all &&
			    few.alone >= 3 * few.pipelined;

		printf("# %s, 8 nodes: alone %llu, pipelined by one %llu, by all %llu cycles\n",
		       models[m].name, (unsigned long long)few.alone,
		       (unsigned long long)few.pipelined, (unsigned long long)few.all);
		printf("%sok %u - %s: pipelined by one or by all, an operation on 8 nodes costs a third or less\n",
		       good ? "" : "not ", ++number, models[m].name);
		status |= !good;
		good = tree.alone && tree.alone < flat.alone && tree.pipelined < flat.pipelined;
		printf("%sok %u - %s: on 64 nodes a tree is cheaper than messages to each\n",
		       good ? "" : "not ", ++number, models[m].name);
		status |= !good;
	}
	return status ? SIM_EXIT_FAILED : 0;
}
