// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
#include <abi/protocol/agree_types.h>
#include <base/string.h>
#include <lib/share.h>

#include "memory_priv.h"

RT_MONITOR_CALL(cap_agreed)
RT_MONITOR_CALL(cap_give)
RT_MONITOR_CALL(cap_take)

static const char *const cap_sentences[ABI_CAP_ERROR_COUNT] = {
#define SENTENCE(name, sentence) [ABI_CAP_E_##name] = sentence,
	ABI_CAP_ERRORS(SENTENCE)
#undef SENTENCE
};

static const char *const agree_sentences[] = {
#define SENTENCE(name, sentence) [AGREE_E_##name - AGREE_ERROR_FIRST] = sentence,
	AGREE_ERRORS(SENTENCE)
#undef SENTENCE
};

const char *rt_share_sentence(int error)
{
	const char *found = NULL;

	if (!error)
		return "well";
	if (error == MONITOR_REFUSAL_PENDING)
		return "too many of this program's requests have no answer yet";
	if (error > 0 && error < ABI_CAP_ERROR_COUNT)
		found = cap_sentences[error];
	else if (error >= AGREE_ERROR_FIRST && error < AGREE_ERROR_END)
		found = agree_sentences[error - AGREE_ERROR_FIRST];
	if (found)
		return found;
	return error == -RT_EOPNOTSUPP ? "this program has no monitor that could be asked" :
					 "the monitor's answer cannot be understood";
}

/* ---- operations that may need the other nodes ---- */

static int agreed(const uint64_t word[6])
{
	struct monitor_cap_agreed question = { .word_count = 6 };
	struct monitor_cap_agreed_reply answer;
	int rc;

	memcpy(question.word, word, sizeof(question.word));
	rc = rt_monitor_call(send_cap_agreed, &question, &answer);
	return rc ? rc : (int)answer.error;
}

static bool needs_others(int64_t rc)
{
	return rc == -ABI_CAP_E_REMOTE || rc == -ABI_CAP_E_FOREIGN;
}

static int operate(const uint64_t word[6])
{
	int64_t rc = rt_invoke(word[0], word[1], word[2], word[3], word[4], word[5], NULL);

	return needs_others(rc) ? agreed(word) : (int)-rc;
}

/* Who is disabled cannot wait. */
static int64_t make_agreed(const uint64_t word[6])
{
	uint32_t was = rt_disable();
	int rc;

	rt_enable(was);
	if (was)
		return -ABI_CAP_E_REMOTE;
	rc = agreed(word);
	return rc < 0 ? -ABI_CAP_E_REMOTE : -rc;
}

int rt_share_delete(struct abi_cap_at at)
{
	return operate((const uint64_t[6]){ ABI_INVOKE_WORD(ABI_CAP_DO_DELETE, 0, 0, at.depth, 0, 0, 0),
					    at.address });
}

int rt_share_revoke(struct abi_cap_at at)
{
	return operate((const uint64_t[6]){ ABI_INVOKE_WORD(ABI_CAP_DO_REVOKE, 0, 0, at.depth, 0, 0, 0),
					    at.address });
}

int rt_share_retype(struct abi_cap_at from, struct abi_cap_at to, uint32_t type, uint64_t offset,
		    uint64_t bytes, uint64_t count)
{
	return operate((const uint64_t[6]){ ABI_INVOKE_WORD(ABI_CAP_DO_RETYPE, 0, type, from.depth,
							    to.depth, 0, count),
					    from.address, to.address, 0, offset, bytes });
}

int rt_share_end(struct rt_piece *piece)
{
	int rc = piece->slot ? rt_share_revoke(rt_slot_at(piece->slot)) : 0;

	if (!rc && piece->slot)
		rc = rt_share_delete(rt_slot_at(piece->slot));
	if (rc || !piece->slot)
		return rc;
	rt_slot_free(piece->slot);
	rt_ram_free(&piece->ram);
	*piece = (struct rt_piece){ 0 };
	return 0;
}

/* ---- giving ---- */

int rt_share_give(struct abi_cap_at frame, uint32_t node, uint32_t domain, uint32_t rights)
{
	struct monitor_cap_give question = { .address = frame.address, .depth = frame.depth, .node = node,
					     .domain = domain, .rights = rights };
	struct monitor_cap_give_reply answer;
	int rc;

	ram_agreed = make_agreed;
	rc = rt_monitor_call(send_cap_give, &question, &answer);
	return rc ? rc : (int)answer.error;
}

int rt_share_take(struct abi_cap_at to, struct rt_share_taken *taken)
{
	struct monitor_cap_take question = { .address = to.address, .depth = to.depth };
	struct monitor_cap_take_reply answer;
	int rc = rt_monitor_call(send_cap_take, &question, &answer);

	if (rc)
		return rc;
	*taken = (struct rt_share_taken){ answer.node, answer.domain, answer.rights, answer.bytes };
	return (int)answer.error;
}
