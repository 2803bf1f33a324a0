/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The plan as received, and the check after which its offsets and slot numbers may be used without
 * looking again.
 */
#ifndef CHECK_H
#define CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "plan_ops.h"

/* Views of a checked plan's parts, all inside its bytes. */
struct plan {
	const struct plan_header *header;
	const struct plan_record *records; /* ops, then alternatives */
	const char *pool;
};

/*
 * 0, or the check that failed. `bytes` must be aligned to 8 and stay as they are while the plan is
 * in use.
 */
int plan_check(struct plan *plan, const unsigned char *bytes, size_t length);

static inline const char *plan_string(const struct plan *plan, struct arg_str string)
{
	return plan->pool + string.offset;
}

static inline const char *plan_bytes(const struct plan *plan, struct arg_bytes bytes)
{
	return plan->pool + bytes.offset;
}

uint32_t plan_list_length(const struct plan *plan, struct arg_strs list);

/* String number `index`, which is below the length. */
const char *plan_list_item(const struct plan *plan, struct arg_strs list, uint32_t index);

#endif
