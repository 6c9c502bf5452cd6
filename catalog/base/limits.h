/* limits.h - every limit on what comes from outside, with its unit and its reason
 *
 * What an administrator may want to change is a key of the configuration instead.
 */
#pragma once

/* requests on the public listener */
#define SL_LIMIT_TARGET	    2048 /* bytes of a request target; apt's longest is under 300 */
#define SL_LIMIT_CHECKIN    (256 * 1024 + 48)  /* bytes of a sealed message: 6,000 packages fit */
#define SL_LIMIT_ANSWER	    (64 * 1024)	       /* bytes of a sealed answer */
#define SL_LIMIT_ADMIN_BODY (16 * 1024 * 1024) /* bytes: an advisory list is posted whole */

/* what a computer reports */
#define SL_LIMIT_INVENTORY	 20000 /* packages; a full desktop has 5,000 */
#define SL_LIMIT_NEW_INVENTORIES 24    /* sets nobody has that a computer may bring at once, */
#define SL_LIMIT_NEW_INVENTORY_S 3600  /* then one in so many seconds: as often as it checks in */
#define SL_LIMIT_RESULTS	 500   /* results in one check-in */
#define SL_LIMIT_MESSAGE	 4000  /* bytes of a package manager's own words */
#define SL_LIMIT_HOST_NAME	 255   /* bytes; DNS allows 253 */

/* what an upstream sends */
#define SL_LIMIT_RELEASE      (16 * 1024 * 1024) /* bytes of InRelease; Debian's is 0.2 MB */
#define SL_LIMIT_INDEX	      (1024LL * 1024 * 1024) /* bytes of one plain Packages; Debian's is 50 MB */
#define SL_LIMIT_STANZA	      (1024 * 1024) /* bytes of one stanza; the largest known is 60 KB */
#define SL_LIMIT_PAYLOAD      (16LL * 1024 * 1024 * 1024) /* bytes of one payload */
#define SL_LIMIT_DICTIONARY   (68 * 1024 * 1024) /* bytes a decoder may use; xz -9 needs 65 MiB */
#define SL_LIMIT_KEYRING      (4 * 1024 * 1024)	 /* bytes of a keyring */
#define SL_LIMIT_REDIRECTS    3
#define SL_LIMIT_FILE_NAME    200 /* bytes of a payload's file name */
#define SL_LIMIT_PACKAGE_NAME 200 /* bytes */
#define SL_LIMIT_VERSION      200 /* bytes */

/* what people type */
#define SL_LIMIT_REASON 4000 /* bytes */
#define SL_LIMIT_NAME	100  /* bytes of a group's, upstream's or person's name */
