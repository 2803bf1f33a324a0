// SPDX-License-Identifier: Apache-2.0
/*
 * The command line as Go's flag package reads it, because that is what containerd writes: `-name
 * value`, `--name value`,
 * `-name=value`; flags end at the first argument that is not one. Reference: src/shim/flags.ts.
 */
#include <ctype.h>
#include <string.h>

#include "launcher.h"

#define MAX_IDENTIFIER 76

struct option {
	const char *name;
	bool *boolean;
	const char **text;
};

static int parse_boolean(const char *name, const char *value, bool *out, struct failure *why)
{
	static const char *const yes[] = {"1", "t", "T", "true", "TRUE", "True"};
	static const char *const no[] = {"0", "f", "F", "false", "FALSE", "False"};

	for (size_t i = 0; i < sizeof(yes) / sizeof(yes[0]); i++) {
		if (strcmp(value, yes[i]) == 0) {
			*out = true;
			return 0;
		}
		if (strcmp(value, no[i]) == 0) {
			*out = false;
			return 0;
		}
	}
	return fail(why, "invalid boolean value \"%s\" for -%s", value, name);
}

static const struct option *find_option(const struct option *options, const char *name,
					size_t length)
{
	for (; options->name != NULL; options++) {
		if (strlen(options->name) == length && memcmp(options->name, name, length) == 0)
			return options;
	}
	return NULL;
}

/* Parses one flag at argv[*at] and moves *at behind it. */
static int parse_flag(const struct option *options, char **argv, int *at, struct failure *why)
{
	const char *argument = argv[(*at)++];
	const char *name = argument + (argument[1] == '-' ? 2 : 1);
	size_t length = strcspn(name, "=");

	if (length == 0 || name[0] == '-')
		return fail(why, "bad flag syntax: %s", argument);
	const struct option *option = find_option(options, name, length);
	if (option == NULL)
		return fail(why, "flag provided but not defined: -%.*s", (int)length, name);
	const char *value = name[length] == '=' ? name + length + 1 : NULL;
	if (option->boolean != NULL)
		return parse_boolean(option->name, value == NULL ? "true" : value, option->boolean,
				     why);
	if (value == NULL) {
		if (argv[*at] == NULL)
			return fail(why, "flag needs an argument: -%s", option->name);
		value = argv[(*at)++];
	}
	*option->text = value;
	return 0;
}

int parse_flags(int argc, char **argv, struct flags *flags, struct failure *why)
{
	const struct option options[] = {
		{"debug", &flags->debug, NULL},
		{"v", &flags->version, NULL},
		{"version", &flags->version, NULL},
		{"info", &flags->info, NULL},
		{"namespace", NULL, &flags->namespace},
		{"id", NULL, &flags->id},
		{"socket", NULL, &flags->socket},
		{"debug-socket", NULL, &flags->debug_socket},
		{"bundle", NULL, &flags->bundle},
		{"address", NULL, &flags->address},
		{"publish-binary", NULL, &flags->publish_binary},
		{NULL, NULL, NULL},
	};
	int at = 1;

	*flags = (struct flags){false, false, false, "", "", "", "", "", "", "", ""};
	while (at < argc) {
		const char *argument = argv[at];

		if (argument[0] != '-' || argument[1] == '\0')
			break;
		if (strcmp(argument, "--") == 0) {
			at++;
			break;
		}
		if (parse_flag(options, argv, &at, why) < 0)
			return -1;
	}
	if (at < argc)
		flags->action = argv[at];
	return 0;
}

/* containerd's rule for ids and namespaces: they become names of directories. */
bool valid_identifier(const char *text)
{
	bool separator = true;
	size_t length = strlen(text);

	if (length == 0 || length > MAX_IDENTIFIER)
		return false;
	for (size_t i = 0; i < length; i++) {
		unsigned char c = (unsigned char)text[i];

		if (c < 0x80 && isalnum(c)) {
			separator = false;
			continue;
		}
		if (separator || strchr("._-", c) == NULL)
			return false;
		separator = true;
	}
	return !separator;
}
