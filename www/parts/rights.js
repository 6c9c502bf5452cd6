/* rights.js - who may do what: for leaving out what the server would refuse
 *
 * may(session, "approve"): rights are read, certify, approve, own; roles contain each other.
 */

const ROLES = ["viewer", "certifier", "approver", "owner"];
const NEEDED = { public: -1, read: 0, certify: 1, approve: 2, own: 3 };

export function may(session, right) {
	return ROLES.indexOf(session?.role) >= NEEDED[right];
}

/** [value, text] of each role, with what it may do. */
export const ROLE_CHOICES = [
	["viewer", "Viewer: sees everything, changes nothing"],
	["certifier", "Certifier: approves for certification"],
	["approver", "Approver: approves for production"],
	["owner", "Owner: everything, people and settings too"],
];
