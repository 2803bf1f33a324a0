// SPDX-License-Identifier: Apache-2.0
/* Walks the fields of one protobuf message without knowing its type. Every length is checked
 * against what is left. */
#include "launcher.h"

#define MAX_GROUP_DEPTH 32
#define MAX_FIELD_NUMBER 0x1fffffffU

static int take_varint(struct span *rest, uint64_t *value)
{
	*value = 0;
	for (unsigned int shift = 0; shift < 70; shift += 7) {
		if (rest->size == 0)
			return -1;
		uint8_t byte = *rest->data++;
		rest->size--;
		if (shift < 64)
			*value |= (uint64_t)(byte & 0x7f) << shift;
		if ((byte & 0x80) == 0)
			return 0;
	}
	return -1;
}

static int take_bytes(struct span *rest, uint64_t size, struct span *bytes)
{
	if (size > rest->size)
		return -1;
	*bytes = (struct span){rest->data, (size_t)size};
	rest->data += size;
	rest->size -= (size_t)size;
	return 0;
}

static int take_field(struct span *rest, struct field *field)
{
	uint64_t tag;
	uint64_t size;

	if (take_varint(rest, &tag) < 0 || tag >> 3 == 0 || tag >> 3 > MAX_FIELD_NUMBER)
		return -1;
	*field = (struct field){(uint32_t)(tag >> 3), (uint32_t)(tag & 7), 0, {rest->data, 0}};
	switch (field->wire) {
	case 0:
		return take_varint(rest, &field->value);
	case 1:
		return take_bytes(rest, 8, &field->bytes);
	case 2:
		return take_varint(rest, &size) < 0 ? -1 : take_bytes(rest, size, &field->bytes);
	case 3:
	case 4:
		return 0;
	case 5:
		return take_bytes(rest, 4, &field->bytes);
	default:
		return -1;
	}
}

/* Skips to behind the end of group `number`, with the groups inside it. */
static int skip_group(struct span *rest, uint32_t number)
{
	uint32_t open[MAX_GROUP_DEPTH] = {number};
	unsigned int depth = 1;
	struct field field;

	while (depth > 0) {
		if (take_field(rest, &field) < 0)
			return -1;
		if (field.wire == 3) {
			if (depth == MAX_GROUP_DEPTH)
				return -1;
			open[depth++] = field.number;
		}
		if (field.wire == 4 && field.number != open[--depth])
			return -1;
	}
	return 0;
}

/* 1: the next field; 0: the message has ended; -1: it is malformed. */
int next_field(struct span *rest, struct field *field)
{
	if (rest->size == 0)
		return 0;
	if (take_field(rest, field) < 0 || field->wire == 4)
		return -1;
	if (field->wire == 3 && skip_group(rest, field->number) < 0)
		return -1;
	return 1;
}

/* Writes a varint, at most 10 bytes; how many. */
size_t put_varint(uint8_t *out, uint64_t value)
{
	size_t size = 0;

	while (value >= 0x80) {
		out[size++] = (uint8_t)(value | 0x80);
		value >>= 7;
	}
	out[size++] = (uint8_t)value;
	return size;
}
