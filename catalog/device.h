/* device.h - browsers that people signed in with before
 *
 * Who guesses a person's password makes that person wait, in every browser but those: each keeps a
 * text of ours, and wrong passwords that come with it are counted for it alone. The text lets
 * nobody in. It has a random number, until when it is good, and a MAC of both and the name under
 * the hash of the person's password: nobody else can make one, to another person it is worth
 * nothing, and neither is it once the password changed.
 */
#pragma once

#include <glib.h>
#include <stdint.h>

#include "catalog/person.h"

#define SL_DEVICE_LIVES_S (INT64_C(180) * 86400)

/** The text of a browser that is new to a person. Owned. */
char *sl_device_new(const SlPerson *person, int64_t now_at);
/** What to count a browser's wrong passwords by; NULL where it is none of the person's. Owned. */
char *sl_device_find(const SlPerson *person, const char *text, int64_t now_at);
