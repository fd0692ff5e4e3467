// Package badport knows the ports that HTTP requests must not go to, because
// the server of another protocol might understand enough of the request to be
// abused by it.
package badport

// Blocked reports whether port is a bad port. It does not allocate.
//
// It is meant for URLs whose scheme is "http" or "https", after parsing: for the
// port that a URL with a default port has not written down, the answer is false
// either way.
//
// See https://fetch.spec.whatwg.org/#bad-port.
func Blocked(port int) bool {
	switch port {
	case 0, // not a port a server can listen on
		1,                                            // tcpmux
		7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, // echo to smtp
		37, 42, 43, 53, 69, 77, 79, 87, 95, // time to supdup
		101, 102, 103, 104, 109, 110, 111, 113, 115, 117, // hostname to uucp-path
		119, 123, 135, 137, 139, 143, 161, 179, // nntp to bgp
		389, 427, 465, // ldap, svrloc, submissions
		512, 513, 514, 515, 526, 530, 531, 532, 540, 548, // exec to afp
		554, 556, 563, 587, // rtsp to submission
		601, 636, 989, 990, 993, 995, // syslog-conn to pop3s
		1719, 1720, 1723, // H.323, pptp
		2049, 3659, 4045, 4190, // nfs, apple-sasl, npp, sieve
		5060, 5061, // sip, sips
		6000, 6566, // x11, sane-port
		6665, 6666, 6667, 6668, 6669, 6679, 6697, // IRC
		10080: // amanda
		return true
	}
	return false
}
