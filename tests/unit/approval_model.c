#include "tests/unit/approval_model.h"

#include <string.h>

#include "catalog/version.h"

const char *const model_states[] = {"none", "approved", "recalled", "returned"};
const char *const model_channels[CHANNELS] = {"certification", "production"};

const ModelUpdate model_updates[UPDATES] = {
	{"test", "s", "a", "1.9"},    {"test", "s", "a", "1.10~rc1"}, {"test", "s", "a", "1.10"},
	{"test", "s", "a", "1:0.1"},  {"test", "s", "b", "2"},	      {"test", "s", "b", "2+b1"},
	{"test", "s", "b", "2-1"},    {"test", "s", "c", "3"},	      {"other", "t", "b", "1"},
	{"other", "t", "b", "2.0"},   {"other", "t", "b", "10"},      {"other", "t", "c", "0.1"},
	{"other", "t", "c", "0.1.1"}, {"other", "t", "d", "5"},	      {"other", "t", "d", "5~"},
	{"other", "t", "d", "6"},
};

bool
model_same_name(int a, int b)
{
	return strcmp(model_updates[a].upstream, model_updates[b].upstream) == 0 &&
	       strcmp(model_updates[a].name, model_updates[b].name) == 0;
}

static bool
is_newer(int a, int b)
{
	return b < 0 || sl_version_compare(model_updates[a].version, model_updates[b].version) > 0;
}

/* The newest update called as one is, of those that are approved in a channel; -1: none. */
static int
newest_approved(const Model *model, int channel, int like, bool only_stored)
{
	int newest = -1;

	for (int i = 0; i < UPDATES; i++)
		if (model_same_name(i, like) && model->state[channel][i] == APPROVED &&
		    (!only_stored || model->stored[i]) && is_newer(i, newest))
			newest = i;
	return newest;
}

/* The newest known one, of those its upstream still has if there are any. */
static int
newest_known(const Model *model, int like)
{
	int newest = -1;

	for (int i = 0; i < UPDATES; i++) {
		bool better = newest >= 0 && model->withdrawn[newest] != model->withdrawn[i]
				      ? model->withdrawn[newest]
				      : is_newer(i, newest);

		if (model_same_name(i, like) && better)
			newest = i;
	}
	return newest;
}

Content
model_content(const Model *model, int channel)
{
	Content content = {0};

	for (int i = 0; i < UPDATES; i++)
		content.has[i] = newest_approved(model, channel, i, true) == i;
	return content;
}

bool
model_approve(Model *model, int channel, int update, bool exact, bool emergency)
{
	int meant = exact			 ? update
		    : channel == 1 && !emergency ? newest_approved(model, 0, update, false)
						 : newest_known(model, update);

	if (meant < 0 || (channel == 1 && !emergency && model->state[0][meant] != APPROVED))
		return false;
	model->state[channel][meant] = APPROVED;
	return true;
}

/* channel -1: every channel. */
bool
model_recall(Model *model, int channel, int update, bool exact)
{
	bool found = false;

	for (int i = 0; i < CHANNELS; i++) {
		int meant = exact ? update : newest_approved(model, i, update, false);

		if ((channel >= 0 && channel != i) || meant < 0 ||
		    model->state[i][meant] != APPROVED)
			continue;
		model->state[i][meant] = RECALLED;
		found = true;
	}
	return found;
}

/* Out goes what is newer than the target's version; what was recalled stays recalled. What had left
 * production comes back as it came at first: certification has it. */
bool
model_return(Model *model, int channel, const Content *target)
{
	for (int i = 0; channel == 1 && i < UPDATES; i++)
		if (target->has[i] && model->state[1][i] == RETURNED &&
		    model->state[0][i] != APPROVED)
			return false;
	for (int i = 0; i < UPDATES; i++) {
		int kept = -1;

		for (int j = 0; j < UPDATES; j++)
			if (model_same_name(i, j) && target->has[j])
				kept = j;
		if (model->state[channel][i] == APPROVED && (kept < 0 || is_newer(i, kept)))
			model->state[channel][i] = RETURNED;
	}
	for (int i = 0; i < UPDATES; i++)
		if (target->has[i] && model->state[channel][i] != RECALLED)
			model->state[channel][i] = APPROVED;
	return true;
}
