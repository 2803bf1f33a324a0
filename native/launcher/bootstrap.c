// SPDX-License-Identifier: Apache-2.0
/*
 * The stdin of `start`: nothing, an Any with the runtime's options (containerd up to 2.2), or
 * BootstrapParams (2.3 and later). Only what the launcher itself needs is taken; the daemon gets
 * the bytes as they came. Field numbers: protos/bootstrap.proto. Reference: src/shim/bootstrap.ts.
 */
#include <string.h>

#include "launcher.h"

/* LogLevel DEBUG; TRACE is -8. */
#define LOG_LEVEL_DEBUG (-4)

static bool same_text(struct span span, const char *text)
{
	return span.size == strlen(text) &&
	       (span.size == 0 || memcmp(span.data, text, span.size) == 0);
}

static bool is_clean(struct span text)
{
	return text.size == 0 || memchr(text.data, '\0', text.size) == NULL;
}

/* Whether `url` names `type`, with or without a host before it. */
static bool names_type(struct span url, const char *type)
{
	const uint8_t *slash = url.size == 0 ? NULL : memrchr(url.data, '/', url.size);

	if (slash != NULL) {
		size_t skipped = (size_t)(slash + 1 - url.data);

		url.data += skipped;
		url.size -= skipped;
	}
	return same_text(url, type);
}

static int parse_options(struct span any, struct bootstrap *out)
{
	struct span url = {NULL, 0};
	struct span value = {NULL, 0};
	struct field field;
	int more;

	while ((more = next_field(&any, &field)) > 0) {
		if (field.wire == 2 && field.number == 1)
			url = field.bytes;
		if (field.wire == 2 && field.number == 2)
			value = field.bytes;
	}
	if (more < 0 || !names_type(url, "containerd.runc.v1.Options"))
		return more;
	while ((more = next_field(&value, &field)) > 0) {
		if (field.wire == 2 && field.number == 3)
			out->shim_cgroup = field.bytes;
	}
	return more;
}

/* An Extension holds one Any. */
static int parse_extension(struct span extension, struct bootstrap *out)
{
	struct field field;
	int more;

	while ((more = next_field(&extension, &field)) > 0) {
		if (field.wire == 2 && field.number == 1 && parse_options(field.bytes, out) < 0)
			return -1;
	}
	return more;
}

static int take_params_field(const struct field *field, struct bootstrap *out)
{
	if (field->wire == 0 && field->number == 3)
		out->debug = (int32_t)(uint32_t)field->value <= LOG_LEVEL_DEBUG;
	if (field->wire != 2)
		return 0;
	switch (field->number) {
	case 5:
		out->ttrpc_address = field->bytes;
		return 0;
	case 6:
		out->grpc_address = field->bytes;
		return 0;
	case 8:
		return parse_extension(field->bytes, out);
	case 9:
		out->socket_dir = field->bytes;
		return 0;
	default:
		return 0;
	}
}

/* The new form names the container and the namespace of the command line; an Any has a type URL in
 * the first place. */
static bool is_params(struct span input, const struct flags *flags)
{
	bool id = false;
	bool namespace = false;
	struct field field;
	int more;

	while ((more = next_field(&input, &field)) > 0) {
		if (field.wire == 2 && field.number == 1)
			id = same_text(field.bytes, flags->id);
		if (field.wire == 2 && field.number == 2)
		namespace = same_text(field.bytes, flags->namespace);
	}
	return more == 0 && id && namespace;
}

static int parse_params(struct span input, struct bootstrap *out)
{
	struct field field;
	int more;

	while ((more = next_field(&input, &field)) > 0) {
		if (take_params_field(&field, out) < 0)
			return -1;
	}
	return more;
}

int parse_bootstrap(struct span input, const struct flags *flags, struct bootstrap *out,
		    struct failure *why)
{
	*out = (struct bootstrap){.is_params = is_params(input, flags)};
	if ((out->is_params ? parse_params(input, out) : parse_options(input, out)) < 0)
		return fail(why, "malformed bootstrap parameters on stdin");
	if (!is_clean(out->ttrpc_address) || !is_clean(out->grpc_address) ||
	    !is_clean(out->socket_dir) || !is_clean(out->shim_cgroup))
		return fail(why, "NUL byte in the bootstrap parameters on stdin");
	return 0;
}
