// SPDX-License-Identifier: Apache-2.0
/* Finds the Node and the bundle that were installed with this binary, and executes them. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "launcher.h"

static int find_in(const char *dir, struct node *node)
{
	free_node(node);
	if (asprintf(&node->program, "%s/node", dir) < 0)
		node->program = NULL;
	if (asprintf(&node->script, "%s/tsrunc.cjs", dir) < 0)
		node->script = NULL;
	return node->program == NULL || node->script == NULL ? -1 : access(node->script, R_OK);
}

/* Beside this binary (a build tree), or in ../libexec/tsrunc (installed). */
int find_node(struct node *node, struct failure *why)
{
	char exe[PATH_MAX];
	CLEANUP_FREE char *libexec = NULL;
	ssize_t length = readlink("/proc/self/exe", exe, sizeof(exe) - 1);

	*node = (struct node){NULL, NULL};
	if (length <= 0)
		return fail(why, "/proc/self/exe: %s", strerror(errno));
	exe[length] = '\0';
	*strrchr(exe, '/') = '\0';
	if (find_in(exe, node) == 0)
		return 0;
	if (asprintf(&libexec, "%s/../libexec/tsrunc", exe) < 0)
		return fail(why, "out of memory");
	if (find_in(libexec, node) == 0)
		return 0;
	free_node(node);
	return fail(why, "tsrunc.cjs is neither in \"%s\" nor in \"%s\"", exe, libexec);
}

void free_node(struct node *node)
{
	free(node->program);
	free(node->script);
	*node = (struct node){NULL, NULL};
}

/* What comes before the arguments of the program `name`. */
void node_arguments(const struct node *node, const char *name, char *argv[NODE_ARGUMENTS])
{
	static char semi_space[] =
		"--max-semi-space-size=1";		  /* MiB: a daemon with little garbage */
	static char no_warnings[] = "--no-warnings";	  /* stderr belongs to containerd */
	static char no_inspector[] = "--disable-sigusr1"; /* else the signal opens a debugger */
	static char shim_name[] = SHIM_NAME;
	static char cli_name[] = CLI_NAME;

	argv[0] = node->program;
	argv[1] = semi_space;
	argv[2] = no_warnings;
	argv[3] = no_inspector;
	argv[4] = node->script;
	argv[5] = strcmp(name, CLI_NAME) == 0 ? cli_name : shim_name;
}

/* Becomes Node with the arguments of this process; returns only when that fails. */
int exec_node(const char *name, int argc, char **argv, struct environment *env, struct failure *why)
{
	struct node node;

	if (find_node(&node, why) < 0)
		return -1;
	CLEANUP_FREE char **arguments = calloc((size_t)argc + NODE_ARGUMENTS, sizeof(char *));
	if (arguments == NULL)
		return fail(why, "out of memory");
	node_arguments(&node, name, arguments);
	for (int i = 1; i < argc; i++)
		arguments[NODE_ARGUMENTS + i - 1] = argv[i];
	(void)execve(node.program, arguments, env->entries);
	(void)fail(why, "execute \"%s\": %s", node.program, strerror(errno));
	free_node(&node);
	return -1;
}
