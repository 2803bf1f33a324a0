// SPDX-License-Identifier: Apache-2.0
/*
 * Fuzzes the check of plans: whatever it accepts must be safe to execute. Nothing is executed;
 * instead of an op, everything is read that an op may read. Each input is tried as it is and,
 * because a mutated header says nothing interesting most of the time, with the header repaired.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t read_list(const struct plan *plan, struct arg_strs list)
{
	uint32_t count = plan_list_length(plan, list);
	size_t sum = count;

	for (uint32_t i = 0; i < count; i++)
		sum += strlen(plan_list_item(plan, list, i));
	return sum;
}

static size_t read_bytes(const struct plan *plan, struct arg_bytes bytes)
{
	const char *from = plan_bytes(plan, bytes);
	size_t sum = 0;

	for (uint32_t i = 0; i < bytes.length; i++)
		sum += (unsigned char)from[i];
	return sum;
}

static size_t read_slot(uint64_t arg)
{
	int slots[PLAN_SLOTS] = {0};
	struct arg_slot slot = {(uint32_t)arg};

	if (slot.number == PLAN_CWD || slot.number == PLAN_NO_SLOT)
		return 0;
	return (size_t)slots[slot.number];
}

static size_t read_arg(const struct plan *plan, enum plan_arg kind, uint64_t arg)
{
	switch (kind) {
	case ARG_NONE:
	case ARG_U32:
	case ARG_U64:
		return 0;
	case ARG_FD:
	case ARG_FD_OPTIONAL:
	case ARG_OUT:
	case ARG_INOUT:
		return read_slot(arg);
	case ARG_STR:
		return strlen(plan_string(plan, (struct arg_str){arg}));
	case ARG_STRS:
		return read_list(plan, (struct arg_strs){arg});
	case ARG_BYTES:
		return read_bytes(plan, (struct arg_bytes){(uint32_t)arg, (uint32_t)(arg >> 32)});
	}
	abort();
}

static size_t read_plan(const struct plan *plan)
{
	size_t sum = 0;

	for (uint32_t i = 0; i < plan->header->inputs; i++)
		sum += read_slot(plan->header->input_slots[i]);
	for (uint32_t i = 0; i < plan->header->ops + plan->header->alternatives; i++) {
		const struct plan_record *record = &plan->records[i];

		for (size_t a = 0; a < PLAN_ARGS; a++)
			sum += read_arg(plan, (enum plan_arg)plan_args[record->opcode][a],
					record->args[a]);
		if ((record->flags & PLAN_HAS_OTHERWISE) != 0)
			sum += plan->records[plan->header->ops + record->otherwise].opcode;
	}
	return sum;
}

/* All but the counts, if there is room for what they count. */
static void repair(unsigned char *bytes, size_t size)
{
	struct plan_header header;
	uint64_t pool;

	memcpy(&header, bytes, sizeof(header));
	pool = sizeof(header) +
	       ((uint64_t)header.ops + header.alternatives) * sizeof(struct plan_record);
	if (pool > size)
		return;
	header.magic = PLAN_MAGIC;
	header.version = PLAN_VERSION;
	header.length = (uint32_t)size;
	header.pool = (uint32_t)pool;
	header.pool_length = (uint32_t)(size - pool);
	memcpy(bytes, &header, sizeof(header));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* Of exactly this size, so that a byte too far is noticed. */
	unsigned char *bytes = malloc(size == 0 ? 1 : size);
	static volatile size_t sink;
	struct plan plan;

	if (bytes == NULL)
		abort();
	if (size > 0)
		memcpy(bytes, data, size);
	if (plan_check(&plan, bytes, size) == 0)
		sink = read_plan(&plan);
	if (size >= sizeof(struct plan_header)) {
		repair(bytes, size);
		if (plan_check(&plan, bytes, size) == 0)
			sink = read_plan(&plan);
	}
	(void)sink;
	free(bytes);
	return 0;
}
