// SPDX-License-Identifier: Apache-2.0
/* Finds the Node and the bundle that were installed with this binary, and executes them. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "launcher.h"

static bool find_in(const char *dir, struct node *node)
{
	int program = snprintf(node->program, sizeof(node->program), "%s/node", dir);
	int script = snprintf(node->script, sizeof(node->script), "%s/tsrunc.cjs", dir);

	return program < PATH_MAX && script < PATH_MAX && access(node->script, R_OK) == 0;
}

/* Beside this binary (a build tree), or in ../libexec/tsrunc (installed). */
int find_node(struct node *node, struct failure *why)
{
	static const char below[] = "/../libexec/tsrunc";
	char dir[PATH_MAX];
	ssize_t length = readlink("/proc/self/exe", dir, sizeof(dir) - sizeof(below));

	if (length <= 0)
		return fail(why, "/proc/self/exe: %s", strerror(errno));
	dir[length] = '\0';
	char *slash = strrchr(dir, '/');
	if (slash == NULL)
		return fail(why, "/proc/self/exe is \"%s\"", dir);
	*slash = '\0';
	if (find_in(dir, node))
		return 0;
	(void)strcpy(slash, below);
	if (find_in(dir, node))
		return 0;
	*slash = '\0';
	return fail(why, "tsrunc.cjs is neither in \"%.200s\" nor in \"%.200s%s\"", dir, dir,
		    below);
}

/* What comes before the arguments of the program `name`. */
void node_arguments(struct node *node, const char *name, char *argv[NODE_ARGUMENTS])
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
	return -1;
}
