#include "server/front_process.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "catalog/base/fs.h"
#include "server/link/sender.h"

#define LISTEN_FD   3 /* in the front */
#define LINK_FD	    4
#define PAUSE_US    (G_USEC_PER_SEC / 5) /* before it is started again */
#define PAUSES	    8			 /* doublings at most: of one that does not come to serve */
#define SWITCH_S    30
#define GENERATION  48		       /* bits of a request's number below the front's generation */
#define SENDING_MAX (64 * 1024 * 1024) /* bytes; a front that takes none of them hangs */
/* It is asked whether it is there. What counts are beats, not time: a machine that slept does not
 * blame the front. */
#define BEAT_US	    (2 * G_USEC_PER_SEC)
#define BEATS_START 30 /* it may take to serve */
#define BEATS	    5  /* it may be silent from then on */

extern char **environ;

struct SlFrontProcess {
	char *program;
	int listen_fd; /* the caller's */
	SlFrontRequest handler;
	gpointer data;
	GThread *thread;
	GMutex mutex; /* for everything below */
	GCond changed;
	GPtrArray *arguments; /* (owned, element-type utf8): for the next start */
	int link_fd;	      /* -1: not running */
	SlSender *sender;     /* NULL: not running */
	pid_t pid;	      /* the thread's own */
	unsigned starts;
	unsigned beats; /* without a word of it */
	bool serves;
	bool served;   /* it did once */
	char *failure; /* how the first one ended; NULL: it did not, or had served */
	bool ended;    /* its link is closed */
	bool closing;
	uint64_t next_switch;
	uint64_t switched; /* newest switch it confirmed */
	bool switch_failed;
};

static void
add_number(GPtrArray *arguments, const char *option, int64_t value)
{
	g_ptr_array_add(arguments, g_strdup_printf("--%s=%" PRId64, option, value));
}

static GPtrArray *
make_arguments(const SlConfig *config)
{
	GPtrArray *arguments = g_ptr_array_new_with_free_func(g_free);

	g_ptr_array_add(arguments, g_strdup("sluice-front"));
	g_ptr_array_add(arguments, g_strdup_printf("--state=%s", config->state));
	add_number(arguments, "listen-fd", LISTEN_FD);
	add_number(arguments, "link-fd", LINK_FD);
	add_number(arguments, "max-connections", config->connections);
	add_number(arguments, "max-per-address", config->per_address);
	add_number(arguments, "rate", config->rate);
	add_number(arguments, "header-timeout", config->header_s);
	add_number(arguments, "body-timeout", config->body_s);
	add_number(arguments, "idle-timeout", config->idle_s);
	add_number(arguments, "slow-bytes", config->slow_bytes);
	add_number(arguments, "answer-timeout", config->answer_s);
	if (config->threads > 0)
		add_number(arguments, "threads", config->threads);
	if (config->require_fences)
		g_ptr_array_add(arguments, g_strdup("--require-fences"));
	g_ptr_array_add(arguments, NULL);
	return arguments;
}

/* Starts the program with its two descriptors and nothing else of ours. */
static bool
spawn(SlFrontProcess *front, int link_fd, pid_t *ret_pid, GError **error)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t none, defaults;
	int result;
	/* above 4, so that one dup2 cannot overwrite what the next needs */
	sl_autofd int listen_copy = fcntl(front->listen_fd, F_DUPFD_CLOEXEC, 10);
	sl_autofd int link_copy = fcntl(link_fd, F_DUPFD_CLOEXEC, 10);

	sigemptyset(&none);
	sigfillset(&defaults);
	posix_spawn_file_actions_init(&actions);
	posix_spawnattr_init(&attributes);
	posix_spawn_file_actions_adddup2(&actions, listen_copy, LISTEN_FD);
	posix_spawn_file_actions_adddup2(&actions, link_copy, LINK_FD);
	posix_spawnattr_setsigmask(&attributes, &none);
	posix_spawnattr_setsigdefault(&attributes, &defaults);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	result = posix_spawn(ret_pid, front->program, &actions, &attributes,
			     (char **)front->arguments->pdata, environ);
	posix_spawn_file_actions_destroy(&actions);
	posix_spawnattr_destroy(&attributes);
	errno = result;
	return result == 0 || sl_error_errno(error, "start %s", front->program);
}

static bool
start(SlFrontProcess *front, GError **error)
{
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		return sl_error_errno(error, "make the link");
	if (!spawn(front, pair[1], &front->pid, error)) {
		close(pair[0]);
		close(pair[1]);
		return false;
	}
	close(pair[1]);
	front->link_fd = pair[0];
	front->sender = sl_sender_new(front->link_fd, SENDING_MAX);
	front->starts++;
	front->beats = 0;
	front->ended = false;
	return true;
}

/* Hands the message over whole: whoever works on it is the last to hold it. */
static void
take_request(SlFrontProcess *front, const SlLinkHead *head, GBytes *message)
{
	gsize size;
	const char *bytes = g_bytes_get_data(message, &size);
	gsize address_size = strnlen(bytes, size);
	g_autofree char *address = g_strndup(bytes, address_size);
	/* starts only changes while nobody reads */
	uint64_t number = head->number | (uint64_t)front->starts << GENERATION;
	GBytes *body = NULL;

	if (address_size < size)
		body = g_bytes_new_from_bytes(message, address_size + 1, size - address_size - 1);
	g_bytes_unref(message);
	if (body)
		front->handler(number, head->value, address, body, front->data);
}

/* A word of who reads the link in the front; requests come from others, and prove nothing. */
static void
take_word(SlFrontProcess *front, const SlLinkHead *head)
{
	g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&front->mutex);

	front->beats = 0;
	if (head->kind == SL_LINK_HELLO)
		front->serves = front->served = true;
	if (head->kind == SL_LINK_SWITCHED) {
		front->switched = head->number;
		front->switch_failed = head->value != 0;
	}
	g_cond_broadcast(&front->changed);
}

static gpointer
read_link(gpointer data)
{
	SlFrontProcess *front = data;
	SlLinkHead head;
	GBytes *message = NULL;

	while (sl_link_receive(front->link_fd, &head, &message, NULL)) {
		if (head.kind == SL_LINK_REQUEST) {
			take_request(front, &head, message);
			continue;
		}
		take_word(front, &head);
		g_bytes_unref(message);
	}
	g_mutex_lock(&front->mutex);
	front->ended = true;
	g_cond_broadcast(&front->changed);
	g_mutex_unlock(&front->mutex);
	return NULL;
}

/* Makes the running front end: its link closes, and what is left of it is killed. */
static void
hang_up(SlFrontProcess *front)
{
	if (front->link_fd >= 0)
		shutdown(front->link_fd, SHUT_RDWR);
}

/* Asks for a word; false when too many times in vain. */
static bool
ask(SlFrontProcess *front)
{
	if (++front->beats > (front->serves ? BEATS : BEATS_START))
		return false;
	return !front->serves || sl_sender_add(front->sender, SL_LINK_PING, 0, 0, NULL, 0, NULL, 0);
}

/* Waits until its link is closed, and closes it when the front hangs. */
static void
watch(SlFrontProcess *front)
{
	gint64 next_us = g_get_monotonic_time() + BEAT_US;

	while (!front->ended) {
		if (g_cond_wait_until(&front->changed, &front->mutex, next_us))
			continue;
		next_us = g_get_monotonic_time() + BEAT_US;
		if (!ask(front)) {
			g_warning("sluice-front does not answer");
			hang_up(front);
		}
	}
}

/* Notes that it is gone. Returns how it ended; owned. */
static char *
reap(SlFrontProcess *front)
{
	int status = 0;

	g_clear_pointer(&front->sender, sl_sender_free);
	sl_fs_clear_fd(&front->link_fd);
	front->link_fd = -1;
	front->serves = false;
	g_cond_broadcast(&front->changed);
	/* nobody else knows the process any more, and its end may take a while */
	g_mutex_unlock(&front->mutex);
	kill(front->pid, SIGKILL);
	while (waitpid(front->pid, &status, 0) < 0 && errno == EINTR)
		continue;
	g_mutex_lock(&front->mutex);
	return g_strdup_printf("sluice-front ended (%s %d)",
			       WIFSIGNALED(status) ? "signal" : "exit",
			       WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
}

/* From its start to its end, about which it returns words; owned. */
static char *
live(SlFrontProcess *front, bool *ret_served)
{
	g_autoptr(GError) error = NULL;
	GThread *reader;

	*ret_served = false;
	if (!start(front, &error))
		return g_strdup(error->message);
	reader = g_thread_new("front link", read_link, front);
	watch(front);
	g_thread_join(reader);
	*ret_served = front->serves;
	return reap(front);
}

/* Waits before the next start; after one that did not come to serve longer than before. */
static void
pause_start(SlFrontProcess *front, unsigned failures)
{
	gint64 pause_us = PAUSE_US << MIN(failures, PAUSES);
	gint64 until_us = g_get_monotonic_time() + pause_us;

	while (!front->closing && g_cond_wait_until(&front->changed, &front->mutex, until_us))
		continue;
}

static gpointer
supervise(gpointer data)
{
	SlFrontProcess *front = data;
	unsigned failures = 0; /* in a row */

	g_mutex_lock(&front->mutex);
	while (!front->closing) {
		bool served;
		g_autofree char *end = live(front, &served);

		if (front->closing)
			break;
		if (!front->served) {
			front->failure = g_steal_pointer(&end);
			g_cond_broadcast(&front->changed);
			break;
		}
		g_warning("%s, starting it again", end);
		failures = served ? 0 : failures + 1;
		pause_start(front, failures);
	}
	g_mutex_unlock(&front->mutex);
	return NULL;
}

SlFrontProcess *
sl_front_process_new(const char *program, int listen_fd, const SlConfig *config,
		     SlFrontRequest handler, gpointer data, GError **error)
{
	SlFrontProcess *front;

	if (access(program, X_OK) < 0) {
		sl_error_errno(error, "%s", program);
		return NULL;
	}
	front = g_new0(SlFrontProcess, 1);
	front->program = g_strdup(program);
	front->listen_fd = listen_fd;
	front->handler = handler;
	front->data = data;
	front->link_fd = -1;
	front->arguments = make_arguments(config);
	g_mutex_init(&front->mutex);
	g_cond_init(&front->changed);
	front->thread = g_thread_new("front", supervise, front);
	return front;
}

bool
sl_front_process_wait(SlFrontProcess *front, GError **error)
{
	g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&front->mutex);

	while (!front->served && !front->failure)
		g_cond_wait(&front->changed, &front->mutex);
	return front->served ||
	       sl_error_set(error, SL_ERROR_IO, "%s before it served", front->failure);
}

void
sl_front_process_answer(SlFrontProcess *front, uint64_t number, unsigned status, uint32_t retry_s,
			GBytes *body)
{
	g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&front->mutex);
	gsize size = 0;
	const char *bytes = body ? g_bytes_get_data(body, &size) : "";

	/* a front that was started since knows nothing of this request */
	if (!front->sender || number >> GENERATION != front->starts)
		return;
	if (!sl_sender_add(front->sender, SL_LINK_ANSWER, (uint16_t)status,
			   number & ((UINT64_C(1) << GENERATION) - 1), &retry_s, sizeof retry_s,
			   bytes, size))
		hang_up(front);
}

bool
sl_front_process_switch(SlFrontProcess *front, const char *channel, const char *serial,
			GError **error)
{
	gint64 until = g_get_monotonic_time() + SWITCH_S * G_USEC_PER_SEC;
	g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&front->mutex);
	unsigned started = 0;
	uint64_t number = 0;

	while (g_get_monotonic_time() < until && !front->closing) {
		/* a front that starts now reads by itself what is current */
		if (front->serves && started != front->starts) {
			if (started != 0)
				return true;
			started = front->starts;
			number = ++front->next_switch;
			if (!sl_sender_add(front->sender, SL_LINK_SWITCH, 0, number, channel,
					   strlen(channel) + 1, serial, strlen(serial) + 1))
				hang_up(front);
		}
		if (number != 0 && front->switched >= number)
			return !front->switch_failed ||
			       sl_error_set(error, SL_ERROR_IO,
					    "the front cannot read publication %s of %s", serial,
					    channel);
		g_cond_wait_until(&front->changed, &front->mutex, until);
	}
	return sl_error_set(error, SL_ERROR_BUSY,
			    "the front did not confirm publication %s of %s within %d seconds",
			    serial, channel, SWITCH_S);
}

bool
sl_front_process_serves(SlFrontProcess *front)
{
	g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&front->mutex);

	return front->serves;
}

unsigned
sl_front_process_starts(SlFrontProcess *front)
{
	g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&front->mutex);

	return front->starts;
}

void
sl_front_process_limit(SlFrontProcess *front, const SlConfig *config)
{
	g_autoptr(GPtrArray) arguments = make_arguments(config);
	g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&front->mutex);

	if (g_strv_equal((const char *const *)arguments->pdata,
			 (const char *const *)front->arguments->pdata))
		return;
	g_ptr_array_unref(front->arguments);
	front->arguments = g_steal_pointer(&arguments);
	hang_up(front);
}

void
sl_front_process_free(SlFrontProcess *front)
{
	if (!front)
		return;
	g_mutex_lock(&front->mutex);
	front->closing = true;
	hang_up(front);
	g_cond_broadcast(&front->changed);
	g_mutex_unlock(&front->mutex);
	g_thread_join(front->thread);
	g_ptr_array_unref(front->arguments);
	g_mutex_clear(&front->mutex);
	g_cond_clear(&front->changed);
	g_free(front->failure);
	g_free(front->program);
	g_free(front);
}
