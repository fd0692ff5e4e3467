package main

import (
	"strconv"
	"time"

	"github.com/corsengine/corsengine/preflightcache"
)

// What goes over the wire, in bytes of the application protocol: neither TLS nor TCP,
// IP and the opening of connections are counted, so that nothing depends on how much of
// it a pipeline shares. Preflights are counted as in HTTP/1.1; HTTP/2 compresses their
// headers, to a size that depends on the requests before.
//
// Operations of the shared store are those of package valkeycache, in RESP3: see
// https://valkey.io/topics/protocol/. A command is an array of bulk strings. The name
// of a key is a namespace, a version and a digest, of constant length.

// keyName has the length of the name of a key on the server: the default namespace, the
// version of the format, and the 43 base64 digits of a SHA-256.
const keyName = len("corsengine:pf1:") + 43

// A traffic is bytes to and from the shared store.
type traffic struct{ to, from int64 }

func (t *traffic) add(o traffic) {
	t.to += o.to
	t.from += o.from
}

// bulk is the length of a bulk string of n bytes: $n, line end, the bytes, line end.
func bulk(n int) int64 { return int64(1 + digits(n) + 2 + n + 2) }

// array is the length of the head of an array, or a push message, of n elements.
func array(n int) int64 { return int64(1 + digits(n) + 2) }

func digits(n int) int { return len(strconv.Itoa(n)) }

// evalsha is the length of the command that runs a script with a key, and with arguments
// of the given lengths.
func evalsha(arguments ...int) int64 {
	n := array(4+len(arguments)) + bulk(len("EVALSHA")) + bulk(40) + bulk(len("1")) + bulk(keyName)
	for _, a := range arguments {
		n += bulk(a)
	}
	return n
}

// reply is the length of what a script answers: the server's time in milliseconds, which
// has 13 digits until the year 2286, and a value.
func reply(value int) int64 { return array(2) + (1 + 13 + 2) + bulk(value) }

// valueLen is the length of the value of a key: a tag, an entry for each name and a
// checksum; 0 for a key without value.
func (t *target) valueLen(present bool) int {
	if !present {
		return 0
	}
	n := 16 + 16
	for _, names := range [][]string{t.grant.Methods, t.grant.Headers} {
		for _, name := range names {
			n += 14 + len(name)
		}
	}
	return n
}

// lookup is the traffic of asking for t, which has a value if present.
func (t *target) lookup(present bool) traffic {
	return traffic{evalsha(), reply(t.valueLen(present))}
}

// store is the traffic of storing t's grant, after which it has a value if present.
func (t *target) store(present bool) traffic {
	n := 6 + 6 + 2 + 1
	for _, names := range [][]string{t.grant.Methods, t.grant.Headers} {
		for _, name := range names {
			n += 2 + len(name)
		}
	}
	return traffic{evalsha(n), reply(t.valueLen(present))}
}

// clearTraffic is the traffic of clearing a key: DEL and the number of keys removed.
var clearTraffic = traffic{array(2) + bulk(len("DEL")) + bulk(keyName), int64(len(":1\r\n"))}

// notice is the length of the server's notice that a key has changed.
var notice = array(2) + bulk(len("invalidate")) + array(1) + bulk(keyName)

// preflightLen is the length of a preflight for t, request and response, which is what
// the engine and net/http send, and what a server says that answers no more than it must.
func (t *target) preflightLen() int64 {
	api := len(originOf(t.key.URL))
	n := len("OPTIONS  HTTP/1.1\r\n") + len(t.key.URL) - api +
		field("Host", api-len("https://")) +
		field("User-Agent", len("Go-http-client/1.1")) +
		field("Accept", len("*/*")) +
		field("Accept-Encoding", len("gzip, deflate")) +
		field("Access-Control-Request-Headers", joined(t.unsafe, len(","))) +
		field("Access-Control-Request-Method", len(t.asked)) +
		field("Origin", len(t.key.Origin)) +
		field("Referer", len(t.key.Origin)+len("/")) +
		field("Sec-Fetch-Dest", len("empty")) +
		field("Sec-Fetch-Mode", len("cors")) +
		field("Sec-Fetch-Site", len("cross-site")) +
		len("\r\n")
	return int64(n + t.preflightAnswer())
}

func (t *target) preflightAnswer() int {
	date := field("Date", len("Sun, 06 Nov 1994 08:49:37 GMT"))
	if t.refused {
		return len("HTTP/1.1 403 Forbidden\r\n") + date + field("Content-Length", 1) + len("\r\n")
	}
	n := len("HTTP/1.1 204 No Content\r\n") + date +
		field("Access-Control-Allow-Origin", len(t.key.Origin)) +
		field("Access-Control-Allow-Methods", joined(t.grant.Methods, len(", "))) +
		field("Access-Control-Allow-Headers", joined(t.grant.Headers, len(", "))) +
		field("Vary", len("Origin")) +
		len("\r\n")
	if t.credentials {
		n += field("Access-Control-Allow-Credentials", len("true"))
	}
	if t.grant.MaxAge >= 0 {
		n += field("Access-Control-Max-Age", digits(int(t.grant.MaxAge/time.Second)))
	}
	return n
}

// field is the length of a header field with a value of n bytes.
func field(name string, n int) int { return len(name) + len(": ") + n + len("\r\n") }

// joined is the length of names with separators between them.
func joined(names []string, separator int) int {
	n := separator * max(len(names)-1, 0)
	for _, name := range names {
		n += len(name)
	}
	return n
}

// lifetime is how long the grant of t is kept.
func (t *target) lifetime(limit time.Duration) time.Duration {
	age := t.grant.MaxAge
	if age < 0 {
		age = preflightcache.DefaultMaxAge
	}
	return min(age, limit)
}
