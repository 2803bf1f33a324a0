// SPDX-License-Identifier: Apache-2.0
/*
 * Which containers share a shim: config.json may say so in an annotation, else each container has
 * its own. The daemon and `create` read config.json properly; this takes two strings out of it.
 * Reference: src/shim/group.ts.
 */
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "launcher.h"

/* In this order; the second is the pod that CRI puts on each of its containers. */
static const char *const labels[] = {
	"io.containerd.runc.v2.group",
	"io.kubernetes.cri.sandbox-id",
};

static char *group_of(const json_t *config, const char *id, struct failure *why)
{
	const json_t *annotations = json_object_get(config, "annotations");

	if (!json_is_object(config) ||
	    (annotations != NULL && !json_is_object(annotations) && !json_is_null(annotations))) {
		(void)fail(why, "config.json: annotations is not an object");
		return NULL;
	}
	for (size_t i = 0; i < sizeof(labels) / sizeof(labels[0]); i++) {
		const json_t *label = json_object_get(annotations, labels[i]);
		const char *text = json_string_value(label);

		if (label == NULL)
			continue;
		if (text != NULL && strlen(text) == json_string_length(label))
			return strdup(text);
		(void)fail(why, "config.json: annotation \"%s\" is not a plain string", labels[i]);
		return NULL;
	}
	return strdup(id);
}

/* The key, on the heap. A bundle without config.json (a sandbox that is no container) is a group of
 * its own. */
char *read_grouping_key(const char *config_path, const char *id, struct failure *why)
{
	CLEANUP_CLOSE int fd = open(config_path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct buffer text;
	json_error_t error;

	if (fd < 0 && errno == ENOENT)
		return strdup(id);
	if (fd < 0) {
		(void)fail(why, "config.json: %s", strerror(errno));
		return NULL;
	}
	if (read_all(fd, MAX_CONFIG_BYTES, &text, why) < 0) {
		struct failure inner = *why;

		free(text.data);
		(void)fail(why, "config.json: %.400s", inner.text);
		return NULL;
	}
	/* Integers as doubles: an rlimit of 2^64-1 is no error here. */
	json_t *config = json_loadb((const char *)text.data, text.size,
				    JSON_DECODE_INT_AS_REAL | JSON_ALLOW_NUL, &error);
	free(text.data);
	if (config == NULL) {
		(void)fail(why, "config.json: line %d: %s", error.line, error.text);
		return NULL;
	}
	char *group = group_of(config, id, why);
	json_decref(config);
	return group;
}
