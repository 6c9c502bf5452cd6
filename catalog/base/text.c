#include "catalog/base/text.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "catalog/base/limits.h"

#define ESCAPED_MAX 256	 /* bytes of one escaped text */
#define MESSAGE_MAX 8192 /* bytes of an escaped message, which quotes several */

static bool
refuse(GError **error, const char *what, const char *text)
{
	g_autofree char *shown = sl_text_escape(text);

	return sl_error_set(error, SL_ERROR_INVALID, "%s: '%s'", what, shown);
}

bool
sl_text_int(const char *text, int64_t low, int64_t high, int64_t *ret_value, GError **error)
{
	const char *digits = text[0] == '-' ? text + 1 : text;
	char *end = NULL;
	long long value;

	if (!g_ascii_isdigit(digits[0]))
		return refuse(error, "not a number", text);
	errno = 0;
	value = strtoll(text, &end, 10);
	if (*end != '\0')
		return refuse(error, "not a number", text);
	if (errno != 0 || value < low || value > high) {
		g_autofree char *shown = sl_text_escape(text);

		return sl_error_set(error, SL_ERROR_INVALID,
				    "number out of range (%" PRId64 " to %" PRId64 "): '%s'", low,
				    high, shown);
	}
	*ret_value = value;
	return true;
}

/* Reads digits and one optional unit letter whose factor stands at its place in factors. */
static bool
with_unit(const char *text, const char *units, const int64_t *factors, const char *what,
	  int64_t *ret_value, GError **error)
{
	size_t digits = strspn(text, "0123456789");
	g_autofree char *number = g_strndup(text, digits);
	int64_t factor = 1, value;

	if (digits == 0 || digits > 18 || strlen(text) > digits + 1)
		return refuse(error, what, text);
	if (text[digits] != '\0') {
		const char *unit = strchr(units, text[digits]);

		if (!unit)
			return refuse(error, what, text);
		factor = factors[unit - units];
	}
	if (!sl_text_int(number, 0, INT64_MAX / factor, &value, error))
		return false;
	*ret_value = value * factor;
	return true;
}

bool
sl_text_duration(const char *text, int64_t *ret_seconds, GError **error)
{
	static const int64_t factors[] = {1, 60, 3600, 86400, 7 * 86400};

	return with_unit(text, "smhdw", factors, "not a duration (30s, 5m, 2h, 7d, 1w)",
			 ret_seconds, error);
}

char *
sl_text_format_duration(int64_t seconds)
{
	static const struct {
		int64_t s;
		char letter;
	} units[] = {{86400, 'd'}, {3600, 'h'}, {60, 'm'}, {1, 's'}};
	GString *text = g_string_new(NULL);
	size_t first = 0;

	while (first < G_N_ELEMENTS(units) && seconds < units[first].s)
		first++;
	for (size_t i = first; i < MIN(first + 2, G_N_ELEMENTS(units)); i++) {
		if (seconds >= units[i].s)
			g_string_append_printf(text, "%s%" PRId64 "%c", text->len ? " " : "",
					       seconds / units[i].s, units[i].letter);
		seconds %= units[i].s;
	}
	if (text->len == 0)
		g_string_append_c(text, '0');
	return g_string_free(text, FALSE);
}

bool
sl_text_size(const char *text, int64_t *ret_size, GError **error)
{
	static const int64_t factors[] = {1LL << 10, 1LL << 20, 1LL << 30, 1LL << 40};

	return with_unit(text, "KMGT", factors, "not a size (512, 64K, 10M, 2G)", ret_size, error);
}

static int
month_number(const char *name)
{
	static const char names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

	for (int i = 0; i < 12; i++)
		if (strncmp(name, names + (ptrdiff_t)3 * i, 3) == 0 && strlen(name) == 3)
			return i + 1;
	return 0;
}

static bool
utc_time(int year, int month, int day, const char *clock, int64_t *ret_at)
{
	g_auto(GStrv) parts = g_strsplit(clock, ":", 4);
	int64_t value[3] = {0};
	const int64_t high[3] = {23, 59, 60};

	if (g_strv_length(parts) != 3)
		return false;
	for (int i = 0; i < 3; i++)
		if (strlen(parts[i]) > 2 || !sl_text_int(parts[i], 0, high[i], &value[i], NULL))
			return false;
	/* a leap second is the last second before it */
	g_autoptr(GDateTime) time = g_date_time_new_utc(year, month, day, (int)value[0],
							(int)value[1], (double)MIN(value[2], 59));
	if (!time)
		return false;
	*ret_at = g_date_time_to_unix(time);
	return true;
}

bool
sl_text_mail_date(const char *text, int64_t *ret_at, GError **error)
{
	/* "Sun, 22 Nov 2026 19:58:56 UTC"; the day's name is not looked at */
	g_auto(GStrv) raw = g_strsplit(text, " ", 10);
	g_autoptr(GPtrArray) word = g_ptr_array_new();
	int64_t day, year, at;
	const char *zone;

	for (char **part = raw; *part; part++)
		if (**part)
			g_ptr_array_add(word, *part);
	if (word->len == 5 && g_ascii_isdigit(*(char *)word->pdata[0]))
		g_ptr_array_insert(word, 0, (gpointer) "");
	if (word->len != 6)
		return refuse(error, "not a date", text);
	zone = word->pdata[5];
	if (strcmp(zone, "UTC") != 0 && strcmp(zone, "GMT") != 0 && strcmp(zone, "+0000") != 0)
		return refuse(error, "not a date in UTC", text);
	if (!sl_text_int(word->pdata[1], 1, 31, &day, NULL) ||
	    !sl_text_int(word->pdata[3], 1970, 9999, &year, NULL) ||
	    !utc_time((int)year, month_number(word->pdata[2]), (int)day, word->pdata[4], &at))
		return refuse(error, "not a date", text);
	*ret_at = at;
	return true;
}

char *
sl_text_format_mail_date(int64_t at)
{
	static const char days[] = "MonTueWedThuFriSatSun";
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	g_autoptr(GDateTime) time = g_date_time_new_from_unix_utc(at);

	if (!time)
		return g_strdup("");
	/* names in English whatever the locale */
	return g_strdup_printf("%.3s, %02d %.3s %04d %02d:%02d:%02d UTC",
			       days + (ptrdiff_t)3 * (g_date_time_get_day_of_week(time) - 1),
			       g_date_time_get_day_of_month(time),
			       months + (ptrdiff_t)3 * (g_date_time_get_month(time) - 1),
			       g_date_time_get_year(time), g_date_time_get_hour(time),
			       g_date_time_get_minute(time), g_date_time_get_second(time));
}

char *
sl_text_format_time(int64_t at)
{
	g_autoptr(GDateTime) time = g_date_time_new_from_unix_utc(at);

	return time ? g_date_time_format(time, "%Y-%m-%dT%H:%M:%SZ") : g_strdup("");
}

bool
sl_text_time(const char *text, int64_t *ret_at, GError **error)
{
	size_t length = strlen(text);
	int64_t year = 0, month = 0, day = 0, at;

	if ((length != 10 && length != 20) || text[4] != '-' || text[7] != '-' ||
	    (length == 20 && (text[10] != 'T' || text[19] != 'Z')))
		return refuse(error, "not a time (2026-11-22 or 2026-11-22T19:58:56Z)", text);
	g_autofree char *year_text = g_strndup(text, 4);
	g_autofree char *month_text = g_strndup(text + 5, 2);
	g_autofree char *day_text = g_strndup(text + 8, 2);
	g_autofree char *clock = length == 20 ? g_strndup(text + 11, 8) : g_strdup("00:00:00");

	if (!sl_text_int(year_text, 1970, 9999, &year, NULL) ||
	    !sl_text_int(month_text, 1, 12, &month, NULL) ||
	    !sl_text_int(day_text, 1, 31, &day, NULL) ||
	    !utc_time((int)year, (int)month, (int)day, clock, &at))
		return refuse(error, "not a time", text);
	*ret_at = at;
	return true;
}

char *
sl_text_format_size(int64_t size)
{
	static const char *const units[] = {"B", "kB", "MB", "GB", "TB", "PB", "EB"};
	double value = (double)size;
	size_t unit = 0;

	while (value >= 1000 && unit + 1 < G_N_ELEMENTS(units)) {
		value /= 1000;
		unit++;
	}
	return unit == 0 ? g_strdup_printf("%" PRId64 " B", size)
			 : g_strdup_printf("%.1f %s", value, units[unit]);
}

bool
sl_text_is_sha256(const char *text)
{
	return strspn(text, "0123456789abcdef") == 64 && text[64] == '\0';
}

char *
sl_text_hex(const void *bytes, size_t size)
{
	static const char digits[] = "0123456789abcdef";
	const uint8_t *byte = bytes;
	char *text = g_malloc(2 * size + 1);

	for (size_t i = 0; i < size; i++) {
		text[2 * i] = digits[byte[i] >> 4];
		text[2 * i + 1] = digits[byte[i] & 15];
	}
	text[2 * size] = '\0';
	return text;
}

bool
sl_text_unhex(const char *text, void *ret_bytes, size_t size, GError **error)
{
	uint8_t *byte = ret_bytes;

	if (strlen(text) != 2 * size || strspn(text, "0123456789abcdefABCDEF") != 2 * size)
		return refuse(error, "not hexadecimal of the right length", text);
	for (size_t i = 0; i < size; i++)
		byte[i] = (uint8_t)(g_ascii_xdigit_value(text[2 * i]) << 4 |
				    g_ascii_xdigit_value(text[2 * i + 1]));
	return true;
}

static bool
changes_direction(gunichar c)
{
	return c == 0x200e || c == 0x200f || c == 0x061c || (c >= 0x202a && c <= 0x202e) ||
	       (c >= 0x2066 && c <= 0x2069);
}

/* Whether it stands where it was written, in one line. */
static bool
stays_in_line(gunichar c)
{
	return !g_unichar_iscntrl(c) && c != 0x2028 && c != 0x2029 && !changes_direction(c);
}

bool
sl_text_is_title(const char *text)
{
	size_t size = strlen(text);

	if (size == 0 || size > SL_LIMIT_NAME || !g_utf8_validate(text, -1, NULL))
		return false;
	for (const char *c = text; *c; c = g_utf8_next_char(c))
		if (!stays_in_line(g_utf8_get_char(c)))
			return false;
	/* an address that ends in dots leads elsewhere, so nothing called so could be removed */
	return text[0] != ' ' && text[size - 1] != ' ' && text[0] != '-' &&
	       strcmp(text, ".") != 0 && strcmp(text, "..") != 0;
}

bool
sl_text_is_blank(const char *text)
{
	return text[strspn(text, " \t\r\n")] == '\0';
}

bool
sl_text_is_name(const char *text)
{
	static const char allowed[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._+~:%@=-";
	size_t length = strlen(text);

	return length >= 1 && length <= 200 && text[0] != '.' && text[0] != '-' &&
	       strspn(text, allowed) == length;
}

bool
sl_text_glob(const char *pattern, const char *name)
{
	const char *star = NULL, *resume = NULL;

	/* one point of return is enough: the last star may always take more */
	while (*name) {
		if (*pattern == '*') {
			star = pattern++;
			resume = name;
		} else if (*pattern == *name || *pattern == '?') {
			pattern++;
			name++;
		} else if (star) {
			pattern = star + 1;
			name = ++resume;
		} else {
			return false;
		}
	}
	while (*pattern == '*')
		pattern++;
	return *pattern == '\0';
}

/* Whether a character can be shown: no control, no change of direction, nothing invisible. */
static bool
is_shown(gunichar c)
{
	if (changes_direction(c))
		return false;
	switch (g_unichar_type(c)) {
	case G_UNICODE_CONTROL:
	case G_UNICODE_FORMAT:
	case G_UNICODE_UNASSIGNED:
	case G_UNICODE_PRIVATE_USE:
	case G_UNICODE_SURROGATE:
	case G_UNICODE_LINE_SEPARATOR:
	case G_UNICODE_PARAGRAPH_SEPARATOR:
		return false;
	default:
		return true;
	}
}

static char *
escape(const char *text, size_t size, size_t most)
{
	GString *out = g_string_new(NULL);
	const char *end = text + size;

	for (const char *p = text; p < end;) {
		gunichar c = g_utf8_get_char_validated(p, end - p);
		bool valid = c != (gunichar)-1 && c != (gunichar)-2;
		size_t length = valid ? (size_t)(g_utf8_next_char(p) - p) : 1;
		bool shown = valid && is_shown(c);

		if (out->len + (shown ? length : 4 * length) > most - 3) {
			g_string_append(out, "...");
			break;
		}
		if (shown)
			g_string_append_len(out, p, (gssize)length);
		else
			for (size_t i = 0; i < length; i++)
				g_string_append_printf(out, "\\x%02x", (uint8_t)p[i]);
		p += length;
	}
	return g_string_free(out, FALSE);
}

char *
sl_text_escape_bytes(const char *text, size_t size)
{
	return escape(text, size, ESCAPED_MAX);
}

char *
sl_text_escape(const char *text)
{
	return escape(text, strlen(text), ESCAPED_MAX);
}

char *
sl_text_escape_message(const char *text)
{
	return escape(text, strlen(text), MESSAGE_MAX);
}

/* Wagner and Fischer 1974, with Damerau's swap. */
unsigned
sl_text_edits(const char *a, const char *b, unsigned most)
{
	unsigned rows[3][SL_LIMIT_PACKAGE_NAME + 1];
	size_t a_size = strlen(a), b_size = strlen(b);

	if (a_size > SL_LIMIT_PACKAGE_NAME || b_size > SL_LIMIT_PACKAGE_NAME ||
	    (a_size > b_size ? a_size - b_size : b_size - a_size) > most)
		return most + 1;
	for (unsigned j = 0; j <= b_size; j++)
		rows[0][j] = j;
	for (unsigned i = 1; i <= a_size; i++) {
		const unsigned *swap = rows[(i + 1) % 3], *before = rows[(i - 1) % 3];
		unsigned *row = rows[i % 3];

		row[0] = i;
		for (unsigned j = 1; j <= b_size; j++) {
			row[j] = MIN(MIN(before[j], row[j - 1]) + 1,
				     before[j - 1] + (a[i - 1] != b[j - 1]));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				row[j] = MIN(row[j], swap[j - 2] + 1);
		}
	}
	return rows[a_size % 3][b_size];
}

char *
sl_text_like(const char *wanted)
{
	GString *pattern;

	if (!wanted)
		return NULL;
	pattern = g_string_new("%");
	for (; *wanted; wanted++) {
		if (strchr("%_!", *wanted))
			g_string_append_c(pattern, '!');
		g_string_append_c(pattern, *wanted);
	}
	g_string_append_c(pattern, '%');
	return g_string_free(pattern, FALSE);
}
