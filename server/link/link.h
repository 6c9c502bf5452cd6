/* link.h - the messages between sluice-front and sluiced, over a socket pair
 *
 * Fixed structures with explicit lengths, a version byte, a number for each request; never a
 * serialised object. Sealed bodies pass unopened. Either side ends when the other is gone.
 *
 *   byte 0     version, 1
 *   byte 1     kind
 *   bytes 2-3  value: HTTP status, kind of request
 *   bytes 4-7  size of what follows the 16 bytes of head
 *   bytes 8-15 number of the request
 *
 * Numbers are in the machine's own order: both ends are on one machine.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "catalog/base/error.h"

typedef enum {
	SL_LINK_HELLO = 1, /* front: it serves */
	SL_LINK_SWITCH,	   /* core: "CHANNEL NUL SERIAL NUL" is current now */
	SL_LINK_SWITCHED,  /* front: it serves that; number as in SWITCH, value 0 or 1 for failed */
	SL_LINK_REQUEST,   /* front: "ADDRESS NUL body"; value is an SlLinkRequest */
	SL_LINK_ANSWER, /* core: value is the status; 4 bytes of Retry-After seconds, then body */
	SL_LINK_PING,	/* core: are you there? */
	SL_LINK_PONG,	/* front: yes */
} SlLinkKind;

typedef enum {
	SL_LINK_ENROLL = 1,
	SL_LINK_CHECKIN
} SlLinkRequest;

typedef struct {
	uint8_t version;
	uint8_t kind;
	uint16_t value;
	uint32_t size;
	uint64_t number;
} SlLinkHead;

/** Sends one message whole; callers serialise. @param parts  two pieces of what follows */
bool sl_link_send(int fd, SlLinkKind kind, uint16_t value, uint64_t number, const void *first,
		  size_t first_size, const void *second, size_t second_size, GError **error);

/**
 * Receives one message.
 *
 * @param ret_body  owned
 * @param error     SL_ERROR_IO when the other side is gone or said something impossible
 */
bool sl_link_receive(int fd, SlLinkHead *ret_head, GBytes **ret_body, GError **error);
