// SPDX-License-Identifier: Apache-2.0
/*
 * The environment that Node gets: an allow list. Whatever configures Node, libuv, OpenSSL or the
 * dynamic linker in containerd's environment must not configure a root daemon. Reference:
 * src/shim/environment.ts.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "launcher.h"

static const char *const shared_names[] = {"PATH", NULL};
static const char *const shim_names[] = {
	"TTRPC_ADDRESS", "GRPC_ADDRESS", "NAMESPACE", "MAX_SHIM_VERSION", "SCHED_CORE", NULL,
};
static const char *const command_line_names[] = {
	"HOME", "LANG", "TERM", "NO_COLOR", "NOTIFY_SOCKET", "XDG_RUNTIME_DIR", NULL,
};

static bool is_named(const char *entry, const char *const *names)
{
	size_t length = strcspn(entry, "=");

	for (; *names != NULL; names++) {
		if (strlen(*names) == length && memcmp(*names, entry, length) == 0)
			return true;
	}
	return false;
}

static void add_entry(struct environment *env, char *entry)
{
	size_t last = sizeof(env->entries) / sizeof(env->entries[0]) - 1;

	if (entry == NULL || env->count == last) {
		free(entry);
		return;
	}
	env->entries[env->count++] = entry;
	env->entries[env->count] = NULL;
}

/* Sets a variable, also over one that is there. */
void add_variable(struct environment *env, const char *name, const char *value)
{
	const char *const names[] = {name, NULL};
	size_t size = strlen(name) + strlen(value) + 2;
	char *entry = malloc(size);

	if (entry == NULL)
		return;
	(void)snprintf(entry, size, "%s=%s", name, value);
	for (size_t i = 0; i < env->count; i++) {
		if (is_named(env->entries[i], names)) {
			free(env->entries[i]);
			env->entries[i] = entry;
			return;
		}
	}
	add_entry(env, entry);
}

/*
 * Node raises the soft limit of descriptors for itself and for everything below it: containers
 * without rlimits must get the one that containerd had.
 */
static void add_descriptor_limit(struct environment *env)
{
	struct rlimit limit;
	char text[64];

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return;
	(void)snprintf(text, sizeof(text), "%" PRIu64 ":%" PRIu64, (uint64_t)limit.rlim_cur,
		       (uint64_t)limit.rlim_max);
	add_variable(env, "TSRUNC_NOFILE", text);
}

void scrub_environment(struct environment *env, bool command_line)
{
	const char *const *own_names = command_line ? command_line_names : shim_names;

	*env = (struct environment){.count = 0};
	add_descriptor_limit(env);
	for (char **entry = environ; *entry != NULL; entry++) {
		if (is_named(*entry, shared_names) || is_named(*entry, own_names) ||
		    strncmp(*entry, "OTEL_", 5) == 0)
			add_entry(env, strdup(*entry));
	}
}

void free_environment(struct environment *env)
{
	for (size_t i = 0; i < env->count; i++)
		free(env->entries[i]);
	env->count = 0;
}
