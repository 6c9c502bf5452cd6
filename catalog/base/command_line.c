#include "catalog/base/command_line.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <termios.h>
#include <unistd.h>

#include "catalog/base/fs.h"
#include "catalog/base/text.h"

#define SIMILAR	   2	/* edits that somebody may mistype by */
#define HIDDEN_MAX 4096 /* bytes of a line */

static const int endings[] = {SIGINT, SIGTERM, SIGQUIT, SIGHUP};

bool
sl_check_line(int argc, char **argv, GError **error)
{
	for (int i = 1; i < argc; i++) {
		g_autofree char *shown = sl_text_escape(argv[i]);

		if (!g_utf8_validate(argv[i], -1, NULL))
			return sl_error_set(error, SL_ERROR_INVALID, "'%s' is not in UTF-8", shown);
	}
	return true;
}

SlOptionKind
sl_option_find(const char *list, const char *name)
{
	g_auto(GStrv) options = g_strsplit(list, " ", -1);
	g_autofree char *with_value = g_strconcat(name, "=", NULL);

	if (*name && g_strv_contains((const char *const *)options, name))
		return SL_OPTION_SWITCH;
	return g_strv_contains((const char *const *)options, with_value) ? SL_OPTION_VALUE
									 : SL_OPTION_UNKNOWN;
}

void
sl_option_add_names(GPtrArray *names, const char *list)
{
	g_auto(GStrv) options = g_strsplit(list, " ", -1);

	for (char **option = options; *option; option++) {
		g_autofree char *name = g_strconcat("--", *option, NULL);

		name[strcspn(name, "=")] = '\0';
		if (!g_ptr_array_find_with_equal_func(names, name, g_str_equal, NULL))
			g_ptr_array_add(names, g_steal_pointer(&name));
	}
}

/* Of short names less may be mistyped: any two of three letters are two edits apart, nearly. */
static unsigned
most_edits(const char *typed, const char *name)
{
	size_t longer = MAX(strlen(typed) - strspn(typed, "-"), strlen(name) - strspn(name, "-"));

	return (unsigned)MIN(SIMILAR, longer / 2);
}

char *
sl_suggest(const char *typed, const GPtrArray *names)
{
	const char *nearest = NULL;
	unsigned fewest = SIMILAR + 1;

	for (guint i = 0; i < names->len; i++) {
		unsigned edits = sl_text_edits(typed, names->pdata[i], SIMILAR);

		if (edits < fewest && edits <= most_edits(typed, names->pdata[i])) {
			fewest = edits;
			nearest = names->pdata[i];
		}
	}
	return nearest ? g_strdup_printf("; did you mean %s?", nearest) : g_strdup("");
}

void
sl_say_error(const char *program, const GError *error)
{
	g_autofree char *shown = sl_text_escape_message(error->message);

	fprintf(stderr, "%s: %s\n", program, shown);
}

bool
sl_confirm(const char *question, GError **error)
{
	g_autofree char *shown = sl_text_escape_message(question);
	char answer[16] = "";

	if (!isatty(STDIN_FILENO))
		return sl_error_set(error, SL_ERROR_DENIED,
				    "nobody is there to ask: give --yes to do it");
	printf("%s [y/N] ", shown);
	fflush(stdout);
	if (fgets(answer, sizeof answer, stdin) && (answer[0] == 'y' || answer[0] == 'Y'))
		return true;
	return sl_error_set(error, SL_ERROR_CANCELLED, "nothing was changed");
}

/* Until a line was typed; false when something ends us first. */
static bool
wait_for_line(const sigset_t *ending)
{
	sl_autofd int fd = signalfd(-1, ending, SFD_CLOEXEC);
	struct pollfd polled[] = {{STDIN_FILENO, POLLIN, 0}, {fd, POLLIN, 0}};

	while (poll(polled, G_N_ELEMENTS(polled), -1) < 0 && errno == EINTR)
		continue;
	return polled[1].revents == 0;
}

/* Who gives up with Ctrl-C gets a terminal back that shows what is typed: what would end us waits
 * until then. */
static char *
read_hidden(const char *prompt, char *line, const struct termios *shown)
{
	struct termios hidden = *shown;
	sigset_t ending, before;
	char *end;

	sigemptyset(&ending);
	for (size_t i = 0; i < G_N_ELEMENTS(endings); i++)
		sigaddset(&ending, endings[i]);
	sigprocmask(SIG_BLOCK, &ending, &before);
	hidden.c_lflag &= ~(tcflag_t)ECHO;
	tcsetattr(STDIN_FILENO, TCSADRAIN, &hidden);
	fputs(prompt, stderr);
	end = wait_for_line(&ending) ? fgets(line, HIDDEN_MAX, stdin) : NULL;
	tcsetattr(STDIN_FILENO, TCSADRAIN, shown);
	fputc('\n', stderr);
	sigprocmask(SIG_SETMASK, &before, NULL);
	return end;
}

char *
sl_read_hidden(const char *prompt)
{
	g_autofree char *line = g_malloc(HIDDEN_MAX);
	struct termios shown;
	char *end;

	if (tcgetattr(STDIN_FILENO, &shown) == 0)
		end = read_hidden(prompt, line, &shown);
	else
		end = fgets(line, HIDDEN_MAX, stdin);
	if (!end)
		return NULL;
	line[strcspn(line, "\n")] = '\0';
	return g_steal_pointer(&line);
}
