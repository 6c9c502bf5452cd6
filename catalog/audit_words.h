/* audit_words.h - what stands beside a deed in the audit log, in words */
#pragma once

/**
 * "channel: production; emergency: yes", "allow: 7d -> 5d" of an audit row's detail. Left out are
 * its reason, which people read by itself, ids of ours, what is empty, and what a change left as it
 * was. A detail that is no JSON object is given back as it is. Owned; "" where there is nothing to
 * say.
 */
char *sl_audit_words(const char *detail);

/** The reason in a detail; "" where none was given. Owned. */
char *sl_audit_reason(const char *detail);
