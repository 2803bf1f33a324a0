// SPDX-License-Identifier: Apache-2.0
/*
 * The program that containerd (as containerd-shim-tsrunc-v1) and people (as tsrunc) execute;
 * argv[0] decides. Before anything else it drops the descriptors it inherited: whoever keeps the
 * pipe of `start` open hangs containerd.
 *
 * Links with: -l:libjansson.a -l:libmd.a
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "launcher.h"

/* Closes what was inherited, and makes sure that nothing we open becomes stdin, stdout or stderr.
 */
static int clean_descriptors(struct failure *why)
{
	int fd;

	if (close_range(3, ~0U, 0) < 0)
		return fail(why, "close_range: %s", strerror(errno));
	do {
		fd = open("/dev/null", O_RDWR);
	} while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd < 0)
		return fail(why, "/dev/null: %s", strerror(errno));
	(void)close(fd);
	return 0;
}

/* A stop of the service must not abort a start or a clean-up half way; a reader that left is an
 * error of write. */
static void ignore_signals(void)
{
	(void)signal(SIGTERM, SIG_IGN);
	(void)signal(SIGINT, SIG_IGN);
	(void)signal(SIGPIPE, SIG_IGN);
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash == NULL ? path : slash + 1;
}

static int run_version(const char *name)
{
	(void)printf("%s:\n  Version:  %s\n  Revision: %s\n\n", name, TSRUNC_VERSION,
		     TSRUNC_REVISION);
	return fflush(stdout) == 0 ? 0 : -1;
}

static int run_node(const char *name, int argc, char **argv, struct failure *why)
{
	struct environment env;

	scrub_environment(&env, strcmp(name, CLI_NAME) == 0);
	return exec_node(name, argc, argv, &env, why);
}

static int run_shim(int argc, char **argv, struct failure *why)
{
	struct flags flags;

	if (parse_flags(argc, argv, &flags, why) < 0)
		return -1;
	if (flags.version)
		return run_version(base_name(argv[0]));
	if (flags.info)
		return run_info(argc, argv, why);
	if (flags.namespace[0] == '\0')
		return fail(why, "shim namespace cannot be empty");
	if (!valid_identifier(flags.namespace))
		return fail(why, "invalid namespace \"%s\"", flags.namespace);
	if (flags.action[0] == '\0')
		return run_node(SHIM_NAME, argc, argv, why);
	if (!valid_identifier(flags.id))
		return fail(why, "invalid id \"%s\"", flags.id);
	ignore_signals();
	if (strcmp(flags.action, "start") == 0)
		return run_start(&flags, why);
	if (strcmp(flags.action, "delete") == 0)
		return run_delete(&flags, argc, argv, why);
	return fail(why, "unknown action \"%s\"", flags.action);
}

int main(int argc, char **argv)
{
	const char *name = argc < 1 ? SHIM_NAME : base_name(argv[0]);
	bool command_line = strcmp(name, CLI_NAME) == 0;
	struct failure why = {""};
	int result = clean_descriptors(&why);

	if (result == 0 && argc < 1)
		result = fail(&why, "no arguments, not even a name");
	if (result == 0)
		result = command_line ? run_node(CLI_NAME, argc, argv, &why)
				      : run_shim(argc, argv, &why);
	if (result >= 0)
		return result;
	(void)fprintf(stderr, "%s: %s\n", name, why.text);
	return 1;
}
