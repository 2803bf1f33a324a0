// SPDX-License-Identifier: Apache-2.0
/*
 * The check of a whole plan before its first op runs. Whoever sends plans is trusted to be the
 * runtime, not to be free of mistakes: nothing that it sends makes init read outside of the plan.
 * No system call in here; fuzzed by fuzz_check.c.
 */
#include "check.h"

#include <string.h>

static uint32_t read_u32(const char *from)
{
	uint32_t value;

	memcpy(&value, from, sizeof(value));
	return value;
}

uint32_t plan_list_length(const struct plan *plan, struct arg_strs list)
{
	return read_u32(plan->pool + list.offset);
}

const char *plan_list_item(const struct plan *plan, struct arg_strs list, uint32_t index)
{
	return plan->pool + read_u32(plan->pool + list.offset + 4 + 4 * (size_t)index);
}

static bool string_ok(const struct plan *plan, uint64_t offset)
{
	uint32_t length = plan->header->pool_length;

	if (offset >= length)
		return false;
#ifdef PLANTED_BUG /* only to see that the fuzzer finds what it must find */
	return true;
#else
	return memchr(plan->pool + offset, 0, length - (size_t)offset) != NULL;
#endif
}

static bool list_ok(const struct plan *plan, struct arg_strs list)
{
	uint32_t length = plan->header->pool_length;
	uint32_t count;

	if (list.offset > length || length - list.offset < 4)
		return false;
	count = plan_list_length(plan, list);
	if (count > PLAN_MAX_LIST || count > (length - list.offset - 4) / 4)
		return false;
	for (uint32_t i = 0; i < count; i++) {
		if (!string_ok(plan, read_u32(plan->pool + list.offset + 4 + 4 * (size_t)i)))
			return false;
	}
	return true;
}

static bool bytes_ok(const struct plan *plan, uint64_t arg)
{
	uint32_t offset = (uint32_t)arg;
	uint32_t count = (uint32_t)(arg >> 32);
	uint32_t length = plan->header->pool_length;

	return offset <= length && count <= length - offset;
}

static int check_arg(const struct plan *plan, enum plan_arg kind, uint64_t arg)
{
	switch (kind) {
	case ARG_NONE:
		return arg == 0 ? 0 : CHECK_UNUSED;
	case ARG_FD:
		return arg < PLAN_SLOTS || arg == PLAN_CWD ? 0 : CHECK_SLOT;
	case ARG_FD_OPTIONAL:
		return arg < PLAN_SLOTS || arg == PLAN_NO_SLOT ? 0 : CHECK_SLOT;
	case ARG_OUT:
	case ARG_INOUT:
		return arg < PLAN_SLOTS ? 0 : CHECK_SLOT;
	case ARG_STR:
		return string_ok(plan, arg) ? 0 : CHECK_STRING;
	case ARG_STRS:
		return list_ok(plan, (struct arg_strs){arg}) ? 0 : CHECK_LIST;
	case ARG_BYTES:
		return bytes_ok(plan, arg) ? 0 : CHECK_BYTES;
	case ARG_U32:
		return arg <= UINT32_MAX ? 0 : CHECK_NUMBER;
	case ARG_U64:
		return 0;
	}
	return CHECK_RECORD;
}

static int check_record(const struct plan *plan, uint32_t index)
{
	const struct plan_record *record = &plan->records[index];
	bool is_alternative = index >= plan->header->ops;

	if (record->opcode == 0 || record->opcode > PLAN_OPS)
		return CHECK_OPCODE;
	if (record->flags == PLAN_HAS_OTHERWISE) {
		if (is_alternative || record->otherwise >= plan->header->alternatives)
			return CHECK_RECORD;
	} else if (record->flags != 0 || record->otherwise != 0) {
		return CHECK_RECORD;
	}
	for (size_t i = 0; i < PLAN_ARGS; i++) {
		enum plan_arg kind = (enum plan_arg)plan_args[record->opcode][i];
		int failed = check_arg(plan, kind, record->args[i]);

		if (failed != 0)
			return failed;
	}
	return 0;
}

static int check_header(const struct plan_header *header, size_t length)
{
	uint64_t records = (uint64_t)header->ops + header->alternatives;
	uint64_t pool = sizeof(struct plan_header) + records * sizeof(struct plan_record);

	if (header->magic != PLAN_MAGIC || header->version != PLAN_VERSION)
		return CHECK_HEADER;
	if (header->length != length || records > PLAN_MAX_RECORDS || header->pool != pool)
		return CHECK_HEADER;
	if (pool + header->pool_length != length)
		return CHECK_HEADER;
	if (header->inputs > PLAN_SLOTS)
		return CHECK_INPUTS;
	for (uint32_t i = 0; i < header->inputs; i++) {
		if (header->input_slots[i] >= PLAN_SLOTS)
			return CHECK_INPUTS;
	}
	return 0;
}

int plan_check(struct plan *plan, const unsigned char *bytes, size_t length)
{
	const struct plan_header *header = (const void *)bytes;
	int failed;

	if (length < sizeof(*header) || length > PLAN_MAX_BYTES)
		return CHECK_SIZE;
	failed = check_header(header, length);
	if (failed != 0)
		return failed;
	plan->header = header;
	plan->records = (const void *)(bytes + sizeof(*header));
	plan->pool = (const char *)bytes + header->pool;
	for (uint32_t i = 0; i < header->ops + header->alternatives; i++) {
		failed = check_record(plan, i);
		if (failed != 0)
			return failed;
	}
	return 0;
}
