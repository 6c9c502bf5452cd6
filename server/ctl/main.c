/* main.c - sluicectl: how commands are typed */
#include <locale.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "catalog/base/command_line.h"
#include "catalog/base/fs.h"
#include "catalog/base/keyfile.h"
#include "server/ctl/commands.h"

#define CONFIG		 "/etc/sluice/sluice.conf"
#define INSTALLED_SOCKET "/run/sluice/admin.sock"

static bool
refuse_command(const GPtrArray *words, GError **error)
{
	const char *first = words->pdata[0];
	g_autoptr(GPtrArray) names = g_ptr_array_new();
	g_autofree char *second = sl_command_second_words(first);
	g_autofree char *both = NULL;
	g_autofree char *nearest = NULL;
	size_t count;
	const SlCommand *commands = sl_commands(&count);

	if (second && words->len == 1)
		return sl_error_set(error, SL_ERROR_INVALID, "%s what? One of: %s", first, second);
	for (size_t i = 0; i < count; i++)
		g_ptr_array_add(names, (char *)commands[i].words);
	both = words->len > 1 ? g_strconcat(first, " ", words->pdata[1], NULL) : g_strdup(first);
	nearest = sl_suggest(both, names);
	if (!*nearest) {
		g_free(nearest);
		nearest = sl_suggest(first, names);
	}
	if (!*nearest && second)
		return sl_error_set(error, SL_ERROR_INVALID, "unknown command '%s'; %s has: %s",
				    both, first, second);
	return sl_error_set(error, SL_ERROR_INVALID, "unknown command '%s'%s", both,
			    *nearest ? nearest : "; sluicectl help lists them");
}

const char *
sl_ctl_option(const SlCtl *ctl, const char *name)
{
	const GPtrArray *values = g_hash_table_lookup(ctl->options, name);

	return values ? values->pdata[values->len - 1] : NULL;
}

GPtrArray *
sl_ctl_options(const SlCtl *ctl, const char *name)
{
	return g_hash_table_lookup(ctl->options, name);
}

json_t *
sl_ctl_option_array(const SlCtl *ctl, const char *name)
{
	const GPtrArray *values = sl_ctl_options(ctl, name);
	json_t *array = json_array();

	for (guint i = 0; values && i < values->len; i++)
		json_array_append_new(array, json_string(values->pdata[i]));
	return array;
}

static void
keep_option(SlCtl *ctl, const char *name, const char *value)
{
	GPtrArray *values = g_hash_table_lookup(ctl->options, name);

	if (!values) {
		values = g_ptr_array_new_with_free_func(g_free);
		g_hash_table_insert(ctl->options, g_strdup(name), values);
	}
	g_ptr_array_add(values, g_strdup(value));
}

/* Options may stand anywhere on the line, so any command's is taken at first. */
static SlOptionKind
find_anywhere(const char *name)
{
	SlOptionKind kind = sl_option_find(SL_COMMON_OPTIONS, name);
	size_t count;
	const SlCommand *commands = sl_commands(&count);

	for (size_t i = 0; kind == SL_OPTION_UNKNOWN && i < count; i++)
		kind = sl_option_find(commands[i].options, name);
	return kind;
}

/* Suggests one of the command's own where it was typed before. */
static bool
refuse_option(const char *typed, const GPtrArray *words, GError **error)
{
	g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
	g_autofree char *nearest = NULL;
	size_t count;
	const SlCommand *commands = sl_commands(&count);
	int matched;
	const SlCommand *own = sl_command_find((char **)words->pdata, (int)words->len, &matched);

	sl_option_add_names(names, SL_COMMON_OPTIONS);
	for (size_t i = 0; i < count; i++)
		if (!own || own == &commands[i])
			sl_option_add_names(names, commands[i].options);
	nearest = sl_suggest(typed, names);
	return sl_error_set(error, SL_ERROR_INVALID, "unknown option '%s'%s", typed, nearest);
}

/* "-" alone is standard input; "-h" is what people type first. */
static bool
is_option(const char *word)
{
	return word[0] == '-' && word[1] != '\0';
}

/* Splits the line into words and options. */
static bool
read_line(SlCtl *ctl, int argc, char **argv, GPtrArray *words, GError **error)
{
	bool only_words = false;

	for (int i = 1; i < argc; i++) {
		const char *equals = strchr(argv[i], '=');
		g_autofree char *name = NULL;
		SlOptionKind kind;

		if (only_words || !is_option(argv[i])) {
			g_ptr_array_add(words, argv[i]);
			continue;
		}
		only_words = strcmp(argv[i], "--") == 0;
		if (only_words)
			continue;
		if (strcmp(argv[i], "-h") == 0) {
			keep_option(ctl, "help", "");
			continue;
		}
		if (argv[i][1] != '-')
			return refuse_option(argv[i], words, error);
		name = equals ? g_strndup(argv[i] + 2, (gsize)(equals - argv[i] - 2))
			      : g_strdup(argv[i] + 2);
		kind = find_anywhere(name);
		if (kind == SL_OPTION_UNKNOWN)
			return refuse_option(argv[i], words, error);
		if (kind == SL_OPTION_SWITCH && equals)
			return sl_error_set(error, SL_ERROR_INVALID, "--%s takes no value", name);
		if (kind == SL_OPTION_VALUE && !equals && i + 1 == argc)
			return sl_error_set(error, SL_ERROR_INVALID, "--%s needs a value", name);
		keep_option(ctl,
			    strcmp(name, "state") == 0 && words->len == 0 ? SL_CTL_SERVER_STATE
									  : name,
			    kind == SL_OPTION_SWITCH ? ""
			    : equals		     ? equals + 1
						     : argv[++i]);
	}
	return true;
}

static bool
check_options(const SlCtl *ctl, const SlCommand *command, GError **error)
{
	GHashTableIter iter;
	gpointer name;

	g_hash_table_iter_init(&iter, ctl->options);
	while (g_hash_table_iter_next(&iter, &name, NULL))
		if (strcmp(name, SL_CTL_SERVER_STATE) != 0 &&
		    !sl_option_find(SL_COMMON_OPTIONS, name) &&
		    !sl_option_find(command->options, name))
			return sl_error_set(error, SL_ERROR_INVALID,
					    "'%s' has no option --%s; see: sluicectl help %s",
					    command->words, (char *)name, command->words);
	if (sl_ctl_option(ctl, "csv") && !sl_command_is_listing(command))
		return sl_error_set(error, SL_ERROR_INVALID,
				    "'%s' is no listing, which alone --csv is for", command->words);
	if (sl_ctl_option(ctl, "json") && sl_ctl_option(ctl, "csv"))
		return sl_error_set(error, SL_ERROR_INVALID, "--json or --csv, not both");
	return true;
}

/* Where the server's socket is: --socket, --state, the configuration, the unit's, the state's. */
static char *
find_socket(const SlCtl *ctl)
{
	const char *state = sl_ctl_option(ctl, SL_CTL_SERVER_STATE);
	g_autoptr(SlKeyfile) file = NULL;
	g_autofree char *directory = NULL;
	char *socket;

	if (sl_ctl_option(ctl, "socket"))
		return g_strdup(sl_ctl_option(ctl, "socket"));
	if (state)
		return g_build_filename(state, "admin.sock", NULL);
	/* the file may be readable to the server alone */
	file = sl_keyfile_load(CONFIG, NULL);
	if (!file)
		file = sl_keyfile_new();
	socket = sl_keyfile_text(file, "admin", "socket", NULL);
	if (socket)
		return socket;
	if (access(INSTALLED_SOCKET, F_OK) == 0)
		return g_strdup(INSTALLED_SOCKET);
	directory = sl_keyfile_text(file, "state", "directory", "/var/lib/sluice");
	return g_build_filename(directory, "admin.sock", NULL);
}

GBytes *
sl_ctl_read_file(const char *path, size_t limit, GError **error)
{
	return sl_fs_read_path(strcmp(path, "-") == 0 ? "/dev/stdin" : path, limit, error);
}

static void
tell_states_apart(SlCtl *ctl, const SlCommand *command)
{
	const char *state = sl_ctl_option(ctl, "state");

	if (!state || sl_option_find(command->options, "state"))
		return;
	keep_option(ctl, SL_CTL_SERVER_STATE, state);
	g_hash_table_remove(ctl->options, "state");
}

/* Words that are missing, or that the command does not take. */
static bool
refuse_count(const SlCommand *command, const GPtrArray *words, int matched, GError **error)
{
	int count = (int)words->len - matched;
	g_autofree char *surplus =
		command->most >= 0 && count > command->most
			? g_strdup_printf("sluicectl %s takes no '%s'; ", command->words,
					  (char *)words->pdata[matched + command->most])
			: g_strdup("");

	return sl_error_set(error, SL_ERROR_INVALID, "%swrite: sluicectl %s%s%s", surplus,
			    command->words, *command->arguments ? " " : "", command->arguments);
}

static bool
run_command(SlCtl *ctl, const SlCommand *command, GPtrArray *words, int matched, GError **error)
{
	int count = (int)words->len - matched;

	tell_states_apart(ctl, command);
	if (!check_options(ctl, command, error))
		return false;
	if (count < command->least || (command->most >= 0 && count > command->most))
		return refuse_count(command, words, matched, error);
	g_ptr_array_add(words, NULL);
	ctl->names = (char **)words->pdata + matched;
	ctl->json = sl_ctl_option(ctl, "json") != NULL;
	ctl->csv = sl_ctl_option(ctl, "csv") != NULL;
	ctl->yes = sl_ctl_option(ctl, "yes") != NULL;
	ctl->dry_run = sl_ctl_option(ctl, "dry-run") != NULL;
	ctl->no_wait = sl_ctl_option(ctl, "no-wait") != NULL;
	ctl->socket = find_socket(ctl);
	return command->run(ctl, error);
}

static bool
run(SlCtl *ctl, int argc, char **argv, GError **error)
{
	g_autoptr(GPtrArray) words = g_ptr_array_new();
	const SlCommand *command;
	int matched = 0;
	bool help;

	if (!sl_check_line(argc, argv, error) || !read_line(ctl, argc, argv, words, error))
		return false;
	if (sl_ctl_option(ctl, "version"))
		return puts("sluicectl " SL_VERSION) >= 0;
	help = words->len > 0 && strcmp(words->pdata[0], "help") == 0;
	if (help)
		g_ptr_array_remove_index(words, 0);
	help = help || sl_ctl_option(ctl, "help");
	if (words->len == 0) {
		sl_help_print();
		return help || sl_error_set(error, SL_ERROR_INVALID, "no command is given");
	}
	command = sl_command_find((char **)words->pdata, (int)words->len, &matched);
	if (!command)
		return (help && words->len == 1 && sl_help_print_family(words->pdata[0])) ||
		       refuse_command(words, error);
	if (help) {
		sl_help_print_command(command);
		return true;
	}
	return run_command(ctl, command, words, matched, error);
}

int
main(int argc, char **argv)
{
	SlCtl ctl = {.options = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
						      (GDestroyNotify)g_ptr_array_unref)};
	g_autoptr(GError) error = NULL;
	bool ok;

	setlocale(LC_ALL, "C.UTF-8");
	ok = run(&ctl, argc, argv, &error);
	g_hash_table_unref(ctl.options);
	g_free(ctl.socket);
	if (ok)
		return 0;
	fflush(stdout); /* first what was shown, then why it went no further */
	sl_say_error("sluicectl", error);
	return error && error->code == SL_ERROR_INVALID ? 2 : 1;
}
